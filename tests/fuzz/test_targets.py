"""The fuzz targets over golden mails that were cut, spliced and spoilt; and, long, with atheris as `make fuzz`."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import providers
from fuzz.targets import TARGETS
from mails.golden import golden_mails
from worker.sources import ACTINGS, BACKFILLS, COMPLETINGS, LOOKUPS, SOURCES

_CHECKOUT = Path(__file__).parents[2]
SEEDS = sorted((each.raw for each in golden_mails() if len(each.raw) < 16_000), key=len)
ODD = [
    b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"\0", b"\xff", b"\xf0\x9f\x98\x80", b"=?utf-8?b?", b"?=", b'"', b"(", b"<",
    b";", b"--", b"boundary=", b"charset=utf-7", b"charset=idna", b"name*", b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Type: message/delivery-status\r\n", b"Final-Recipient: ", b"From: ", b"Subject: ", b"\x1b$B", b"=\r\n",
]  # fmt: skip

FOUND = [
    (
        "returned",
        b"Content-Type: message/delivery-status\n\n\nFinal-Recipient: rfc822; a\0@b.example\nAction: failed\n",
    ),
    ("reader", b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/\0plain\n\nx\n--b--\n"),
    ("reader", b"Authentication-Results: mx.shop.example; a\0b=pass\n\n"),
]
"""What once broke a promise."""


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A golden mail with pieces of others, of odd things and of nothing in it."""
    raw = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(raw)))
        end = min(len(raw), at + draw(st.integers(0, 200)))
        piece = draw(st.one_of(st.sampled_from(ODD), st.binary(max_size=20), st.sampled_from(SEEDS)))
        raw = raw[:at] + piece * draw(st.sampled_from([1, 1, 1, 2, 50])) + raw[end:]
    return raw[:200_000]


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # a mail is shown only where it breaks something
@pytest.mark.parametrize("target", sorted(TARGETS.keys() - providers.TARGETS.keys()))
@settings(max_examples=150)
@given(data=spoilt())
def test_no_promise_breaks(target: str, data: bytes) -> None:
    TARGETS[target](data)


@pytest.mark.parametrize("target", providers.TARGETS)
@settings(max_examples=40, deadline=None)
@given(data=st.binary(min_size=3, max_size=60))
def test_no_provider_takes_its_reader_by_surprise(target: str, data: bytes) -> None:
    TARGETS[target](data)


def test_each_source_history_action_and_lookup_has_a_target() -> None:
    registries: dict[str, Mapping[str, object]] = {
        "events": SOURCES, "history": BACKFILLS, "acting": ACTINGS, "lookup": LOOKUPS, "completing": COMPLETINGS,
    }  # fmt: skip
    assert set(providers.TARGETS) == {f"{what}_{name}" for what, found in registries.items() for name in found}


@pytest.mark.parametrize(("target", "data"), FOUND)
def test_what_was_found_once_is_mended(target: str, data: bytes) -> None:
    TARGETS[target](data)


@pytest.mark.long
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.skipif(sys.version_info >= (3, 14), reason="atheris has no release for this Python")
def test_atheris_finds_nothing(target: str, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "tests/fuzz/run.py", "--seconds", "60", target],
        cwd=_CHECKOUT, env={**os.environ, "PYTHONPATH": f"{_CHECKOUT}:{_CHECKOUT / 'tests'}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-2_000:] + ran.stderr[-6_000:]
