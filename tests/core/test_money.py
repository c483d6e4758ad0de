"""Money is exact: minor units in, minor units out, halves away from zero."""

import contextlib
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worker.core.money import EXPONENTS, MAX_AMOUNT, Money, half_up, minor_units, times

amounts = st.integers(-MAX_AMOUNT, MAX_AMOUNT)
quantities = st.decimals("0.000001", 10**9, places=6)
currencies = st.sampled_from(sorted(EXPONENTS))


def rounded(value: Fraction) -> int:
    """Half away from zero, by whole numbers alone."""
    sign = 1 if value >= 0 else -1
    return sign * ((2 * abs(value.numerator) + value.denominator) // (2 * value.denominator))


@given(quantities, amounts)
@example(Decimal("0.5"), 1)
@example(Decimal("0.5"), -1)
@example(Decimal("1.5"), 1)
@example(Decimal("999999999.999999"), MAX_AMOUNT)
def test_a_product_is_rounded_once(quantity: Decimal, amount: int) -> None:
    assert times(quantity, amount) == rounded(Fraction(quantity) * amount)


@given(st.decimals(-(10**18), 10**18, allow_nan=False, allow_infinity=False))
def test_half_up_rounds_halves_away_from_zero(value: Decimal) -> None:
    assert half_up(value) == rounded(Fraction(value))


@given(amounts, currencies)
def test_the_text_of_an_amount_is_read_back(amount: int, currency: str) -> None:
    text = format(Money(amount, currency).decimal, "f")
    assert minor_units(text, currency) == amount
    assert minor_units(text + ("0" if "." in text else ".000"), currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "units"),
    [("58.31", "EUR", 5831), ("58", "EUR", 5800), ("-0.10", "EUR", -10), ("500", "JPY", 500), ("1.005", "KWD", 1005)],
)
def test_major_units_are_read(text: str, currency: str, units: int) -> None:
    assert minor_units(text, currency) == units


def test_a_sender_may_use_its_own_number_of_places() -> None:
    assert minor_units("500.00", "JPY") == 500
    assert minor_units("50000", "JPY", decimals=-2) == 500
    assert minor_units("5.00", "JPY", decimals=2) == 500


NO_AMOUNTS = [
    "",
    "x",
    "1,5",
    "58.311",
    "1.000000000000000000000000000000001",
    "NaN",
    "sNaN",
    "Infinity",
    "1e3",
    "1e999999",
    "1e99999999999999999999",
    "1_000",
    " 1",
    "1 ",
    "١",
    "9" * 100_000,
    "0x1",
    "1.",
    ".5",
    "--1",
    "1\n",
]


@pytest.mark.parametrize("text", NO_AMOUNTS, ids=lambda text: ascii(text[:20]))
def test_what_is_no_plain_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|smallest|large"):
        minor_units(text, "EUR")


@given(st.text(), currencies)
def test_no_text_raises_anything_but_value_error(text: str, currency: str) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(minor_units(text, currency), int)


def test_currencies_have_the_minor_units_of_iso_4217() -> None:
    assert [EXPONENTS[code] for code in ("EUR", "RSD", "JPY", "KWD", "CLF", "HUF")] == [2, 2, 0, 3, 4, 2]
