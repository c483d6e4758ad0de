"""A logo is what its bytes are, and nothing else travels with it."""

import base64
import os
from collections.abc import Callable

import pytest

from support.drawings import chunk, gif, jpeg, png, segment
from worker.settings import load_settings
from worker.settings.pictures import LARGEST_BYTES, Picture, picture

SCRIPT = b"<script>alert(1)</script>"
Make = Callable[..., bytes]


@pytest.mark.parametrize(
    ("make", "kind"), [(png, "image/png"), (gif, "image/gif"), (jpeg, "image/jpeg")], ids=["png", "gif", "jpeg"]
)
def test_what_it_is_and_how_large_is_read_off_its_bytes(make: Make, kind: str) -> None:
    found = picture(make(120, 40))
    assert (found.mime_type, found.width, found.height, found.data) == (kind, 120, 40, make(120, 40))


@pytest.mark.parametrize("make", [png, gif, jpeg])
def test_what_lies_behind_a_picture_does_not_travel(make: Make) -> None:
    assert picture(make() + b"PK\x03\x04" + SCRIPT).data == make()


def test_notes_and_places_do_not_travel() -> None:
    assert picture(png(extra=chunk(b"tEXt", b"Comment\0" + SCRIPT) + chunk(b"eXIf", SCRIPT))).data == png()
    assert picture(gif(extra=b"\x21\xfe\x19" + SCRIPT + b"\0")).data == gif()
    assert picture(gif(extra=b"\x21\xff\x0bXMP DataXMP\x19" + SCRIPT + b"\0")).data == gif()
    assert picture(jpeg(extra=segment(0xE1, b"Exif\0\0" + SCRIPT) + segment(0xFE, SCRIPT))).data == jpeg()


def test_what_shows_it_rightly_does() -> None:
    colours, looping = segment(0xE2, b"ICC_PROFILE\0"), b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    assert picture(jpeg(extra=colours)).data == jpeg(extra=colours)
    assert picture(gif(extra=looping)).data == gif(extra=looping)
    assert picture(png(extra=chunk(b"gAMA", b"\0\0\xb1\x8f"))).data == png(extra=chunk(b"gAMA", b"\0\0\xb1\x8f"))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "PNG, JPEG or GIF"),
        (SCRIPT, "PNG, JPEG or GIF"),
        (b"", "PNG, JPEG or GIF"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "PNG, JPEG or GIF"),
        (png(40_000, 1), "40000 × 1 pixels"),
        (gif(0, 3), "0 × 3 pixels"),
        (png() + bytes(LARGEST_BYTES), "travel in every mail"),
        (png()[:-6], "ends early"),
        (gif()[:-3], "ends early"),
        (jpeg()[:-2], "ends early"),
        (png().replace(b"IDAT", b"IDAX"), "ends early"),
        (b"GIF89a" + SCRIPT, "ends early"),
        (b"\xff\xd8\xff" + SCRIPT, "ends early"),
        (b"\x89PNG\r\n\x1a\n" + SCRIPT * 9, "ends early"),
    ],
)
def test_anything_else_is_refused_in_words(data: bytes, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        picture(data)


@pytest.mark.parametrize("make", [png, gif, jpeg])
def test_damage_is_refused_and_never_worse(make: Make) -> None:
    whole = make()
    for at in range(len(whole)):
        for damaged in (whole[:at], whole[:at] + os.urandom(1) + whole[at + 1 :]):
            try:
                found = picture(damaged)
            except ValueError:
                continue
            assert len(found.data) <= len(whole)


def test_a_setting_may_hold_the_picture_itself() -> None:
    url = "data:image/svg+xml;base64," + base64.b64encode(png(7, 5)).decode()
    logo = load_settings(None, {"LETTERKEY_BUSINESS__LOGO": url}).business.logo
    assert isinstance(logo, Picture)
    assert (logo.mime_type, logo.width, logo.height) == ("image/png", 7, 5), "what somebody claims counts for nothing"
