"""What Gumroad's events tell, beyond what the golden readings show one by one."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sources.goldens import RECEIVED_AT, body_of, read
from worker.core.instant import SECOND, parse
from worker.core.transaction import Issuer, Kind, Transaction, fingerprint
from worker.sources import SOURCES
from worker.sources.event import RawEvent, Reading, Told, Unreadable


def only(reading: Reading) -> Transaction:
    assert isinstance(reading, Told), reading
    (transaction,) = reading.transactions
    return transaction


def changed(change: Callable[[Any], object], name: str = "sale.as_json.json") -> Reading:
    event = json.loads(body_of("gumroad", name))
    change(event)
    return read("gumroad", json.dumps(event).encode())


def test_form_and_json_tell_the_same() -> None:
    by_form = only(read("gumroad", body_of("gumroad", "sale.form")))

    assert fingerprint(by_form) == fingerprint(only(changed(lambda event: None)))


def test_gumroad_invoices() -> None:
    assert SOURCES["gumroad"].default_issuer is Issuer.PROVIDER
    assert only(changed(lambda event: None)).invoice.number == "524459935"


@pytest.mark.parametrize("currency", ["usd", "eur", "jpy", "krw", "xxx", None])
def test_the_price_is_in_cents_of_dollars_whatever_the_price_tag_shows(currency: str | None) -> None:
    sale = only(changed(lambda event: event.update(currency=currency)))

    assert (sale.currency, sale.total) == ("USD", 2900)


@pytest.mark.parametrize("price", [2900, "2900", "2900.0", "+2900", "29 00", 29.5, True, "1e5", "null", -2900])
def test_a_price_is_exact_or_set_aside(price: object) -> None:
    reading = changed(lambda event: event.update(price=price))

    if price in (2900, "2900", "2900.0"):
        assert only(reading).total == 2900
    else:
        assert isinstance(reading, Unreadable)


@pytest.mark.parametrize(
    ("recurrence", "every"),
    [
        ("monthly", ("month", 1)),
        ("quarterly", ("month", 3)),
        ("biannually", ("month", 6)),
        ("yearly", ("year", 1)),
        ("every_two_years", ("year", 2)),
        ("fortnightly", (None, 1)),
    ],
)
def test_how_often_it_recurs(recurrence: str, every: tuple[str | None, int]) -> None:
    plan = only(changed(lambda event: event.update(subscription_id="S1", recurrence=recurrence))).subscription

    assert plan is not None
    assert (plan.interval, plan.interval_count, plan.status) == (*every, None)


def test_several_of_one_have_the_price_of_one() -> None:
    (line,) = only(changed(lambda event: event.update(quantity="4"))).lines

    assert (int(line.quantity), line.unit_amount) == (4, 725)


def test_a_refund_gives_back_its_sale_and_is_none_itself() -> None:
    refund = only(read("gumroad", body_of("gumroad", "refund.form")))

    assert (refund.kind, refund.refund_of, refund.payment.references) == (Kind.REFUND, "FO8TXN-dbxYaBdahG97Y-Q==", ())


def test_a_refund_of_all_takes_off_what_an_import_told_before() -> None:
    reading = read("gumroad", body_of("gumroad", "refund.form"))

    assert isinstance(reading, Told)
    assert reading.so_far


def test_an_end_that_lies_behind_is_an_end() -> None:
    body = body_of("gumroad", "cancellation.form")

    plan = only(SOURCES["gumroad"].read(RawEvent({}, body, parse("2026-12-22T10:00:00Z")))).subscription

    assert plan is not None
    assert (plan.status, plan.cancel_at) == ("cancelled", None)


def test_what_has_no_time_of_its_own_happened_when_it_came() -> None:
    assert only(read("gumroad", body_of("gumroad", "cancellation.form"))).occurred_at == RECEIVED_AT
    assert only(read("gumroad", body_of("gumroad", "subscription_updated.form"))).occurred_at % SECOND == 0


def test_the_payers_card_only_where_there_is_one() -> None:
    def by(**card: object) -> Transaction:
        return only(changed(lambda event: event.update(card=card)))

    assert by(visual="**** 12ab", type="visa").payment.last4 is None
    assert by(visual="ada4242", type="paypal").payment.method == "paypal"
    assert by(visual="**** **** **** 0007", type="amex").payment.last4 == "0007"
