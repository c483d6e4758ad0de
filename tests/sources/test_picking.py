"""Odd corners of picking: what is no JSON, and what a reader of ours gets wrong."""

from typing import NoReturn

import pytest

from worker.sources.event import RawEvent, Unreadable
from worker.sources.picking import Amounts, Pick, UnpickableError, from_json, guarded


def test_a_readers_own_mistake_quarantines_the_event() -> None:
    def mistaken(raw: RawEvent) -> NoReturn:
        raise KeyError(raw.body.decode())

    reading = guarded(mistaken)(RawEvent({}, b"ada@example.com", 0))

    assert reading == Unreadable("took the reader by surprise (KeyError)", "")


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "-Infinity", "{", '"\xff"', "1e9999999999999999999"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(UnpickableError, match="no JSON"):
        from_json(text.encode("latin-1"))


def test_an_amount_finer_than_the_smallest_unit_is_refused() -> None:
    with pytest.raises(UnpickableError, match="finer than the smallest unit of JPY"):
        Amounts("JPY", places=2).of(Pick("150", "amount"))


def test_a_path_leads_through_objects_and_lists() -> None:
    pick = from_json(b'{"a": {"b": [{"c": 1}, {"c": "x"}]}}')["a"]["b"].each()[1]["c"]

    assert (pick.value, pick.path) == ("x", "a.b[1].c")


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://provider.example/card?token=1", True),
        ("http://127.0.0.1:4242/card", True),
        ("http://localhost/card", True),
        ("http://[::1]:80", True),
        ("http://provider.example/card", False),
        ("http://localhost.provider.example/card", False),
        ("http://localhost:80@provider.example/card", False),
        ("http://127.0.0.1@provider.example/", False),
        ("javascript:alert(1)", False),
        ("//provider.example/card", False),
        ('https://provider.example/"onclick=', False),
    ],
)
def test_customers_are_led_on_by_https_alone(address: str, good: bool) -> None:
    assert Pick(address).page() == (address if good else None)
