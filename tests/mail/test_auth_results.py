"""Authentication-Results: our own server's word counts, nobody else's, however it is dressed up."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.mail.auth_results import believed
from worker.mail.authentication import UNKNOWN, Result, Wish
from worker.mail.public_suffixes import read_suffixes

LIST = read_suffixes(["com", "example"])
SERVER = "mx.shop.example"


@pytest.mark.parametrize(
    ("value", "result", "wish", "signed"),
    [
        ("mx.shop.example; dmarc=pass header.from=example.com", Result.PASS, Wish.NONE, False),
        ("MX.Shop.example 1; dmarc=pass header.from=Example.COM", Result.PASS, Wish.NONE, False),
        ("mx.shop.example (Postfix) ; dmarc = pass (p=reject)", Result.PASS, Wish.REJECT, False),
        ('"mx.shop.example"; dmarc/1=pass', Result.PASS, Wish.NONE, False),
        (
            "mx.shop.example; dkim=pass (2048-bit key) header.d=example.com header.i=@example.com header.b=aGk/b+==;\t"
            "spf=pass smtp.mailfrom=ada@example.com; dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.com",
            Result.PASS,
            Wish.NONE,
            True,
        ),
        (
            "mx.shop.example; dmarc=fail (p=REJECT sp=REJECT dis=NONE) header.from=example.com",
            Result.FAIL,
            Wish.REJECT,
            False,
        ),
        (
            "mx.shop.example; dmarc=fail (p=reject sp=none dis=none) header.from=example.com",
            Result.FAIL,
            Wish.NONE,
            False,
        ),
        (
            'mx.shop.example; dmarc=fail reason="x; y" header.from=example.com (policy=quarantine)',
            Result.FAIL,
            Wish.QUARANTINE,
            False,
        ),
        ("mx.shop.example; dmarc=fail policy.dmarc=reject header.from=example.com", Result.FAIL, Wish.REJECT, False),
        ("mx.shop.example; dmarc=fail action=oreject header.from=example.com", Result.FAIL, Wish.REJECT, False),
        ("mx.shop.example; dmarc=temperror header.from=example.com", Result.NONE, Wish.NONE, False),
        ("mx.shop.example; dkim=pass header.i=@mail.example.com", Result.NONE, Wish.NONE, True),
        ("mx.shop.example; dkim=pass header.d=other.com", Result.NONE, Wish.NONE, False),
        ("mx.shop.example; dkim=fail header.d=example.com", Result.NONE, Wish.NONE, False),
        (
            "mx.shop.example; dkim=pass header.d=example.com; dmarc=fail header.from=example.com",
            Result.FAIL,
            Wish.NONE,
            False,
        ),
        ("mx.shop.example; none", Result.NONE, Wish.NONE, False),
    ],
)
def test_what_the_server_in_front_says(value: str, result: Result, wish: Wish, signed: bool) -> None:
    found = believed([value], SERVER, "example.com", LIST)
    assert (found.dmarc, found.wish, found.dkim_aligned) == (result, wish, signed)


HOSTILE = (
    "other.example; dmarc=pass header.from=example.com",
    "mx.shop.example.evil.example; dmarc=pass header.from=example.com",
    "evil.mx.shop.example; dmarc=pass header.from=example.com",
    "(mx.shop.example;) evil.example; dmarc=pass header.from=example.com",
    "mx.shop.example=x; dmarc=pass header.from=example.com",
    "mx.shop.example, evil.example; dmarc=pass header.from=example.com",
    "mx.shop.example 2; dmarc=pass header.from=example.com",
    "mx.shop.example 1 1; dmarc=pass header.from=example.com",
    "mx.shop.example dmarc=pass header.from=example.com",
    "mx.shop.example; dmarc=pass header.from=evil.example",
    "mx.shop.example; dmarc=pass header.from=example.com header.from=evil.example",
    "mx.shop.example; dmarc=fail header.from=example.com; dmarc=pass header.from=example.com",
    "mx.shop.example; spf=pass smtp.mailfrom=\"; dmarc=pass header.from=example.com\"",
    "mx.shop.example; spf=pass (a; dmarc=pass) smtp.mailfrom=x",
    "mx.shop.example; spf=pass (a \\); dmarc=pass header.from=example.com",
    "mx.shop.example; spf=pass \"a; dmarc=pass header.from=example.com",
    "mx.shop.example; x dmarc=pass header.from=example.com",
    "mx.shop.example; dkim=pass header.d=example.com header.d=evil.example",
    "mx.shop.example; dkim=pass header.d=\"example.com.evil.example\"",
    "mx.shop.example; dkim=pass header.i=example.com@evil.example",
    "mx.shop.example; dmarc=pass " + "(" * 50,
    "mx.shop.example; dmarc=pass " + "x" * 9_000,
    "",
    ";;;;=;",
)  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_what_proves_nothing(value: str) -> None:
    assert not believed([value], SERVER, "example.com", LIST).authentic


def test_only_the_topmost_of_our_server_counts() -> None:
    failed = "mx.shop.example; dmarc=fail (p=reject) header.from=example.com"
    forged = "mx.shop.example; dmarc=pass header.from=example.com; dkim=pass header.d=example.com"
    assert believed(["mx.other.example; dmarc=pass", failed, forged], SERVER, "example.com", LIST).forged
    assert not believed(["mx.shop.example; none", forged], SERVER, "example.com", LIST).authentic
    assert not believed(["mx.shop.example; (broken", forged], SERVER, "example.com", LIST).authentic
    assert believed([], SERVER, "example.com", LIST) == UNKNOWN


@given(st.lists(st.text(max_size=300) | st.text(' ();="\\,.@/-ab', max_size=300), max_size=4), st.booleans())
def test_garbage_is_read_without_a_fault_and_believed_by_nobody(values: list[str], named: bool) -> None:
    said = [f"{SERVER};{value}" for value in values] if named else values
    found = believed(said, SERVER, "example.com", LIST)
    assert not found.authentic or "=pass" in "".join(said).replace(" ", "").lower()


@pytest.mark.parametrize("piece", ["(", "((", '"', '\\"', "\\", "a=", ";", " ", "\t(", "()", "a.b=c ", "p=none "])
def test_garbage_takes_no_time(piece: str) -> None:
    value = f"{SERVER}; dmarc=fail (" + piece * (8_100 // len(piece))
    began = time.process_time()
    believed([value[:8_190]] * 100, SERVER, "example.com", LIST)
    assert time.process_time() - began < 0.25
