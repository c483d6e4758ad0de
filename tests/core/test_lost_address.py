"""What people type of a purchase whose address they lost."""

import pytest

from worker.core.instant import DAY, parse
from worker.core.lost_address import Clue, read_clue

NOON = parse("2026-11-22T12:00:00Z")


def by_payment(amount: str, day: str = "2026-11-22", last4: str = "4242") -> Clue:
    clue = read_clue({"amount": amount, "day": day, "last4": last4})
    assert isinstance(clue, Clue)
    return clue


@pytest.mark.parametrize("typed", ["58.31", "58,31", "58,31 €", "€58.31", "EUR 58.31", "58.31-"])
def test_an_amount_is_read_as_people_write_it(typed: str) -> None:
    clue = by_payment(typed)
    assert clue.fits("EUR", 5831)
    assert not clue.fits("EUR", 58310)
    assert not clue.fits("JPY", 5831)


@pytest.mark.parametrize("typed", ["1.234,50", "1,234.50", "1 234,50 €", "1'234.50", "1\u202f234,50", "1234.5"])
def test_thousands_are_parted_in_every_way(typed: str) -> None:
    assert by_payment(typed).fits("EUR", 123_450)


def test_what_may_mean_two_amounts_means_both() -> None:
    clue = by_payment("1.234")
    assert clue.fits("EUR", 123_400)
    assert clue.fits("KWD", 1_234)
    assert clue.fits("JPY", 1_234)


@pytest.mark.parametrize("typed", ["2026-11-22", "22.11.2026", "22/11/2026", "11/22/2026", "22.11.26"])
def test_a_day_reaches_a_day_further_for_nobody_knows_its_zone(typed: str) -> None:
    [(since, until)] = by_payment("1", typed).spans
    assert since == NOON - 3 * DAY // 2
    assert until == NOON + 3 * DAY // 2


def test_a_day_that_may_be_two_is_both() -> None:
    assert len(by_payment("1", "03/04/2026").spans) == 2


def test_a_number_alone_is_enough_in_any_case() -> None:
    clue = read_clue({"number": " #inv-7 "})
    assert isinstance(clue, Clue)
    assert set(clue.numbers) == {"inv-7", "INV-7"}


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({}, {"number"}),
        ({"amount": "fifty", "day": "2026-11-22", "last4": "4242"}, {"amount"}),
        ({"amount": "58.31"}, {"day", "last4"}),
        ({"amount": "58.31", "day": "2026-02-30", "last4": "42"}, {"day", "last4"}),
        ({"amount": "0", "day": "9999-12-31", "last4": "٤٢٤٢"}, {"amount", "day", "last4"}),
        ({"amount": "9" * 80, "day": "2026-11-22", "last4": "4242"}, {"amount"}),
    ],
)
def test_what_can_not_be_understood_is_named(typed: dict[str, str], wrong: set[str]) -> None:
    assert read_clue(typed) == frozenset(wrong)
