"""A token opens what it was signed for, with a key that is still held, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.tokens import MOST_CHARACTERS, read, sign

OLD, NEW = "k" * 32, "n" * 32
LINK = "01m829car0000000000000000h"


def test_a_token_is_read_back() -> None:
    token = sign(LINK, "document", [OLD])
    assert read(token, "document", [OLD]) == LINK
    assert token.isascii()
    assert all(c.isalnum() or c in "-._~" for c in token)


def test_a_token_for_one_thing_opens_no_other() -> None:
    assert read(sign(LINK, "foot", [OLD]), "document", [OLD]) is None


def test_keys_rotate_and_a_dropped_one_opens_nothing() -> None:
    old, new = sign(LINK, "foot", [OLD]), sign(LINK, "foot", [OLD, NEW])
    assert old != new
    assert [read(token, "foot", [OLD, NEW]) for token in (old, new)] == [LINK, LINK]
    assert [read(token, "foot", [NEW]) for token in (old, new)] == [None, LINK]
    assert read(new, "foot", [OLD]) is None


@given(st.integers(0, 7), st.data())
def test_one_flipped_bit_spoils_it(bit: int, data: st.DataObject) -> None:
    token = sign(LINK, "foot", [OLD])
    place = data.draw(st.integers(0, len(token) - 1))  # the last one too, whose low bits hold nothing
    flipped = token[:place] + chr(ord(token[place]) ^ (1 << bit)) + token[place + 1 :]
    assert read(flipped, "foot", [OLD]) is None


@pytest.mark.parametrize("token", ["", ".", LINK, f"{LINK}.", f".{LINK}", "é", "a.\ud800", "\x00.\x00"], ids=ascii)
def test_what_is_no_token_opens_nothing(token: str) -> None:
    assert read(token, "foot", [OLD]) is None


def test_what_is_too_long_is_not_even_looked_at() -> None:
    long = sign("x" * MOST_CHARACTERS, "foot", [OLD])
    assert read(long, "foot", [OLD]) is None


@given(st.text(max_size=300))
def test_no_text_raises(token: str) -> None:
    assert read(token, "foot", [OLD]) is None
