"""Amounts, times and words as people and programs write them in tables."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core import instant
from worker.core.money import EXPONENTS, Money
from worker.core.transaction import Kind
from worker.sources.cells import BadCell, Habits, amount_of, is_yes, kind_of, moment_of

PLAIN = Habits()


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("58.31", "EUR", 5831), ("58,31", "EUR", 5831), ("58", "EUR", 5800), ("58,3", "EUR", 5830), (".5", "EUR", 50),
        ("1.234,56", "EUR", 123456), ("1,234.56", "USD", 123456), ("1,234", "USD", 123400),
        ("1.234.567", "EUR", 123456700),
        ("1 234,56 €", "EUR", 123456), ("€58.31", "EUR", 5831), ("EUR 58,31", "EUR", 5831),
        ("$1,234.50", "USD", 123450),
        ("1'234.50", "CHF", 123450), ("1\u202f234,50", "EUR", 123450), ("12,00,000.50", "INR", 120000050),
        ("-58.31", "EUR", -5831), ("−58,31", "EUR", -5831), ("(58.31)", "EUR", -5831), ("58,31-", "EUR", -5831),
        ("100 kr", "SEK", 10000), ("1,234", "JPY", 1234), ("5.83", "KWD", 5830), ("+7", "EUR", 700), ("0", "EUR", 0),
    ],
)  # fmt: skip
def test_an_amount(text: str, currency: str, amount: int) -> None:
    assert amount_of(text, currency, PLAIN) == amount


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "EUR"), ("free", "EUR"), ("58,3x", "EUR"), ("5 or 6", "EUR"), ("58.311", "KWD"), ("1.2.3", "EUR"),
        ("1,2.3,4", "EUR"), ("1.5", "JPY"), ("58.31 USD", "EUR"), ("1e9", "EUR"), ("٣", "EUR"), ("9" * 400, "EUR"),
        ("=58.31", "EUR"), ("12.34.56,7", "EUR"), ("--", "EUR"),
    ],
)  # fmt: skip
def test_what_is_no_amount(text: str, currency: str) -> None:
    with pytest.raises(BadCell):
        amount_of(text, currency, PLAIN)


def test_the_merchant_says_what_could_be_either() -> None:
    assert amount_of("58.311", "KWD", Habits(decimal=".")) == 58311
    assert amount_of("58.311", "KWD", Habits(decimal=",")) == 58311000
    assert amount_of("5831", "EUR", Habits(in_minor_units=True)) == 5831
    with pytest.raises(BadCell):
        amount_of("58.31", "EUR", Habits(in_minor_units=True))


@given(st.integers(0, 10**11), st.sampled_from(sorted(EXPONENTS)), st.sampled_from([",", "."]), st.booleans())
def test_every_amount_of_every_currency_is_read_as_it_was_written(
    amount: int, currency: str, sign: str, grouped: bool
) -> None:
    written = f"{Money(amount, currency).decimal:{',' if grouped else ''}f}"
    if sign == ",":
        written = written.translate(str.maketrans(",.", ".,"))
    decimal = "," if sign == "," else "."
    assert amount_of(written, currency, Habits(decimal=decimal)) == amount  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-31T18:48:00Z", "2024-01-31T18:48:00Z"),
        ("2024-01-31 18:48:00", "2024-01-31T17:48:00Z"),
        ("2024-01-31 18:48", "2024-01-31T17:48:00Z"),
        ("2024-01-31 18:48:00 UTC", "2024-01-31T18:48:00Z"),
        ("2024-01-31 18:48:00 -0500", "2024-01-31T23:48:00Z"),
        ("2024-07-31", "2024-07-30T22:00:00Z"),
        ("2024/01/31", "2024-01-30T23:00:00Z"),
        ("31.01.2024 18:48", "2024-01-31T17:48:00Z"),
        ("05.06.24", "2024-06-04T22:00:00Z"),
        ("31/01/2024, 18:48:59", "2024-01-31T17:48:59Z"),
        ("01/31/2024 6:48 pm", "2024-01-31T17:48:00Z"),
        ("05/05/2024", "2024-05-04T22:00:00Z"),
        ("Jan 31, 2024", "2024-01-30T23:00:00Z"),
        ("January 31, 2024 6:48 PM", "2024-01-31T17:48:00Z"),
        ("31 January 2024", "2024-01-30T23:00:00Z"),
        ("1706726880", "2024-01-31T18:48:00Z"),
    ],
)
def test_a_time(text: str, moment: str) -> None:
    assert instant.iso(moment_of(text, Habits("Europe/Berlin"))) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2024-13-01",
        "32.01.2024",
        "01/02/2024",
        "2024-01-31 25:00",
        "1.1.1",
        "٠١.٠١.٢٠٢٤",
        "0000-00-00",
    ],
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(BadCell):
        moment_of(text, PLAIN)


def test_the_merchant_says_which_comes_first() -> None:
    assert instant.iso(moment_of("01/02/2024", Habits(days="dmy"))) == "2024-02-01T00:00:00Z"
    assert instant.iso(moment_of("01/02/2024", Habits(days="mdy"))) == "2024-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("charge", Kind.SALE), ("order.success", Kind.SALE), ("Verkauf", Kind.SALE), ("Rebill", Kind.RENEWAL),
        ("order.subscription_payment", Kind.RENEWAL), ("order_refund", Kind.REFUND), ("Erstattung", Kind.REFUND),
        ("cancelled", None), ("order.rebill_failed", None),
    ],
)  # fmt: skip
def test_what_happened(text: str, kind: Kind | None) -> None:
    assert kind_of(text) is kind


def test_an_unknown_kind_is_told() -> None:
    with pytest.raises(BadCell, match="sale, renewal or refund"):
        kind_of("zzz")


def test_tests_are_known() -> None:
    assert [is_yes(word) for word in ("test", "TRUE", "live", "", "2")] == [True, True, False, False, False]


@given(st.text(max_size=30))
def test_whatever_a_cell_holds_it_is_read_or_refused(text: str) -> None:
    for read in (lambda: amount_of(text, "EUR", PLAIN), lambda: moment_of(text, PLAIN), lambda: kind_of(text)):
        with suppress(BadCell):
            read()
