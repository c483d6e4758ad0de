"""Money of every ISO 4217 currency, as each provider writes it: exact to the last unit, or refused by its field."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.proving import AT, PROVERS, Prover
from worker.core.instant import SECOND
from worker.core.money import EXPONENTS, Money, minor_units
from worker.core.transaction import Transaction, sums_match
from worker.sources.event import RawEvent, Reading, Told, Unreadable
from worker.sources.picking import Amounts, Pick, UnpickableError

currencies = st.sampled_from(sorted(EXPONENTS))
Places = Callable[[str], int]


def _as_in_iso_4217(code: str) -> int:
    return EXPONENTS[code]


PLACES: Mapping[str, Places] = {
    "lemonsqueezy": _as_in_iso_4217,
    "paddle": _as_in_iso_4217,
    "paypal": lambda _: 0,  # decimals in major units
    "standard": _as_in_iso_4217,
    "stripe": lambda code: {"MGA": 0, "ISK": 2, "UGX": 2}.get(code, EXPONENTS[code]),
    "thrivecart": lambda _: 2,
}
"""How many decimals a provider's number holds. Gumroad is left out: its amounts are cents of US dollars."""
NUMBERS: Mapping[str, str] = {"paypal": "58.31"}
"""What stands in the event where that isn't our own amount of it."""


def read(prover: Prover, code: str) -> Reading:
    """The prover's sale, told in another currency with the same digits."""
    old = _sale(prover.source.read(RawEvent({}, prover.body, AT * SECOND))).currency or ""
    if prover.in_body:
        body = prover.body.replace(f"currency={old}".encode(), f"currency={code}".encode())
    else:
        body = json.dumps(_told_in(json.loads(prover.body), old, code)).encode()
    return prover.source.read(RawEvent({}, body, AT * SECOND))


def _told_in(value: object, old: str, code: str) -> object:
    if isinstance(value, dict):
        return {key: _told_in(each, old, code) for key, each in value.items()}
    if isinstance(value, list):
        return [_told_in(each, old, code) for each in value]
    return {old: code, old.lower(): code.lower()}.get(value, value) if isinstance(value, str) else value


def _sale(reading: Reading) -> Transaction:
    assert isinstance(reading, Told), reading
    return reading.transactions[0]


@pytest.mark.parametrize("kind", sorted(PLACES))
def test_every_currency_is_read_exactly_or_refused(kind: str) -> None:
    prover, places = PROVERS[kind], PLACES[kind]
    usual = _sale(prover.source.read(RawEvent({}, prover.body, AT * SECOND)))
    assert usual.total is not None
    assert usual.currency is not None
    digits = Fraction(NUMBERS[kind]) if kind in NUMBERS else Fraction(usual.total)
    number = digits * (1 if kind in NUMBERS else Fraction(10) ** (places(usual.currency) - EXPONENTS[usual.currency]))
    for code in EXPONENTS:
        exact = number * Fraction(10) ** (EXPONENTS[code] - places(code))
        found = read(prover, code)
        if exact.denominator == 1:
            sale = _sale(found)
            assert type(sale.total) is int
            assert (sale.currency, sale.total) == (code, int(exact)), code
            assert sums_match(sale), code
        else:
            assert isinstance(found, Unreadable), code
            assert found.field, code


@given(code=currencies, places=st.integers(0, 4), number=st.integers(0, 10**14))
def test_no_amount_is_ever_rounded(code: str, places: int, number: int) -> None:
    exact = Fraction(number) * Fraction(10) ** (EXPONENTS[code] - places)
    amounts, told = Amounts(code, places), Pick(number, "amount")
    if exact.denominator == 1:
        assert type(amounts.of(told)) is int
        assert amounts.of(told) == exact
    else:
        with pytest.raises(UnpickableError, match="amount"):
            amounts.of(told)


@given(code=currencies, amount=st.integers(-(10**15), 10**15))
def test_what_is_written_in_major_units_is_read_as_it_was(code: str, amount: int) -> None:
    written = str(Money(amount, code).decimal)
    assert minor_units(written, code) == amount
    assert minor_units(f"{written}{'' if '.' in written else '.'}000", code) == amount


@given(code=currencies, amount=st.integers(0, 10**12))
def test_json_with_a_point_never_becomes_a_float(code: str, amount: int) -> None:
    written = Money(amount, code).decimal
    body = json.loads(f'{{"amount": {written}}}', parse_float=Decimal)
    assert Amounts(code, 0).of(Pick(body["amount"], "amount")) == amount
