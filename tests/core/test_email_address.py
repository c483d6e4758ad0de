"""An address is one customer's: no two that differ are taken for one another."""

import sys
from collections.abc import Iterable
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.email_address import identity, masked, normalise

SHAPES = ("a{}b@x.example", "a@x{}y.example")
ALL_SHAPES = ("{}@x.example", "{}a@x.example", "a@{}.example", "a@x.{}example", "a@x.example{}", *SHAPES)
EVERY = [chr(number) for number in range(sys.maxunicode + 1)]


def is_mapped(character: str) -> bool:
    """Whether some way of comparing text takes it for another."""
    return any(character != way for way in (character.lower(), character.casefold(), normalize("NFKC", character)))


def normalised(text: str) -> str | None:
    try:
        return normalise(text)
    except ValueError:
        return None


def ascii_folded(text: str) -> str:
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def addresses(shape: str, characters: Iterable[str]) -> int:
    """How many addresses these characters make; fails where two that differ make one."""
    found: dict[str, str] = {}
    for character in characters:
        text = shape.format(character)
        address = normalised(text)
        if address is not None:
            other = found.setdefault(identity(address), text)
            assert (other.lower(), other.upper()) == (text.lower(), text.upper())  # a letter and its own capital
            assert ascii_folded(other) == ascii_folded(text) or other.partition("@")[0] == text.partition("@")[0]
    return len(found)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_two_characters_that_look_alike_to_a_program_make_one_address(shape: str) -> None:
    assert addresses(shape, filter(is_mapped, EVERY)) >= 26
    assert addresses(shape, EVERY[:0x250]) > 36


@pytest.mark.long
@pytest.mark.parametrize("shape", ALL_SHAPES)
def test_no_two_characters_of_unicode_make_one_address(shape: str) -> None:
    assert addresses(shape, EVERY) > 36


@given(st.text(max_size=80) | st.builds("{}@{}".format, st.text(max_size=40), st.text(max_size=40)))
def test_nothing_raises_anything_but_value_error_and_what_is_normal_stays(text: str) -> None:
    address = normalised(text)
    if address is not None:
        assert normalise(address) == address
        assert address.isascii()
        assert len(address) <= 254
        assert "\n" not in address
        assert "\r" not in address


DOMAINS = {
    "ada@BÜCHER.example": "ada@xn--bcher-kva.example",
    "ada@STRAẞE.example": None,
    "ada@ΑΘΉΝΑ.example": "ada@xn--jxafb0a0a.example",
    "ada@İstanbul.example": None,
    "ada@bücher.example": "ada@xn--bcher-kva.example",
    "Ada@Example.COM": "Ada@example.com",
    "ada@faß.example": "ada@xn--fa-hia.example",
    "ada@xn--bcher-kva.example": "ada@xn--bcher-kva.example",
    "o'neil+tag@example.com": "o'neil+tag@example.com",
    "ada@пример.example": "ada@xn--e1afmkfd.example",
    "ada@ai日本.example": "ada@xn--ai-7t7du0c.example",
    "ada@ex\u0430mple.com": None,
    "ada@xn--exmple-4nf.com": None,
    "ada@παypal.example": None,
}


@pytest.mark.parametrize(("text", "address"), DOMAINS.items())
def test_domains_become_lower_case_a_labels_and_local_parts_stay(text: str, address: str | None) -> None:
    assert normalised(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ada",
        "ada@",
        "ada@localhost",
        "@example.com",
        "ada@@example.com",
        "a da@example.com",
        " ada@example.com",
        "ada@example.com ",
        "ada@example.com\n",
        "ada\r\nBcc: eve@example.com",
        "Ada <ada@example.com>",
        '"a b"@example.com',
        "ada@[127.0.0.1]",
        "ada@exam_ple.com",
        "ada@-example.com",
        "ada@example..com",
        "ada@.example.com",
        "ada@example.com.",
        "ádá@example.com",
        "ada@e\u200bxample.com",
        "ada@example。com",
        "a" * 65 + "@example.com",
        "a@" + "b." * 130 + "com",
        "ada@example.com,eve@example.com",
        "ada\x00@example.com",
        "ada@\ud800.com",
        "\ud800@example.com",
    ],
    ids=lambda text: ascii(text[:30]),
)
def test_what_is_no_address_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="is no email address") as raised:
        normalise(text)
    assert "\n" not in str(raised.value)


def test_the_kelvin_sign_is_no_k() -> None:
    assert normalised("ada@\u212aelvin.example") is None
    assert identity("\u212a@x.example") != identity("k@x.example")


@given(st.text())
def test_an_identity_folds_ascii_capitals_alone(text: str) -> None:
    assert identity(text) == ascii_folded(text)
    assert identity(identity(text)) == identity(text)


def test_a_masked_address_shows_the_domain_and_one_letter() -> None:
    assert masked("frieda@customer.example") == "f•••@customer.example"
