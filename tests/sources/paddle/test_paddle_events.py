"""What Paddle's events tell, beyond what the golden readings show one by one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sources.goldens import body_of, read
from worker.core.money import EXPONENTS
from worker.core.transaction import Kind, Transaction, fingerprint, sums_match
from worker.sources import GUIDES
from worker.sources.event import Ignored, Reading, Told, Unreadable

SALE = "transaction.completed.json"
Change = Callable[[Any], object]
PAGE = (Path(__file__).parents[3] / "docs" / "sources" / "paddle.md").read_text(encoding="utf-8")


def changed(name: str, change: Change) -> Reading:
    event = json.loads(body_of("paddle", name))
    change(event)
    return read("paddle", json.dumps(event).encode())


def told(name: str, change: Change = lambda event: None) -> Transaction:
    reading = changed(name, change)
    assert isinstance(reading, Told), reading
    (transaction,) = reading.transactions
    return transaction


def of(key: str, value: object) -> Change:
    return lambda event: event["data"].__setitem__(key, value)


def test_two_event_types_for_one_failed_attempt_tell_the_same() -> None:
    failed, overdue = told("transaction.payment_failed.json"), told("transaction.past_due.json")
    assert failed.id == overdue.id
    assert fingerprint(failed) == fingerprint(overdue)
    assert (failed.kind, failed.invoice.url is not None) == (Kind.PAYMENT_FAILED, True)


def test_customers_are_led_to_pay_by_https_alone() -> None:
    def plain(event: Any) -> None:
        event["data"]["checkout"] = {"url": "http://shop.example/pay"}

    assert told("transaction.payment_failed.json").invoice.url is not None
    assert told("transaction.payment_failed.json", plain).invoice.url is None


def test_an_odd_cycle_of_a_failed_payment_is_named() -> None:
    def odd(event: Any) -> None:
        event["data"]["items"][0]["price"]["billing_cycle"]["frequency"] = -2

    reading = changed("transaction.payment_failed.json", odd)
    assert isinstance(reading, Unreadable)
    assert (reading.field, reading.reason.partition(":")[0]) == ("data", "interval_count")


def test_another_attempt_is_another_failure() -> None:
    again = told("transaction.past_due.json", lambda event: event["data"]["payments"][0].update(payment_attempt_id="2"))
    assert again.id != told("transaction.past_due.json").id


def test_a_subscription_is_no_reference_for_it_is_common_to_all_its_payments() -> None:
    first, renewal = told(SALE), told("transaction.completed.renewal.json")
    assert first.subscription is not None
    assert renewal.subscription is not None
    assert first.subscription.ref == renewal.subscription.ref
    assert not set(first.payment.references) & set(renewal.payment.references)
    assert (first.kind, renewal.kind) == (Kind.SALE, Kind.RENEWAL)


def test_a_sale_waits_with_its_customer_ref() -> None:
    sale, customer = told(SALE), told("customer.created.json")
    assert sale.customer.email is None
    assert sale.customer.ref == customer.customer.ref
    assert customer.customer.email == "ada@example.com"


def test_a_refund_finds_its_sale_and_is_told_once_however_many_events_say_so() -> None:
    updated = told("adjustment.updated.approved.json")
    created = told("adjustment.updated.approved.json", lambda event: event.update(event_type="adjustment.created"))
    assert updated.refund_of in told(SALE).payment.references
    assert fingerprint(created) == fingerprint(updated)


def test_the_next_payment_is_what_recurs_of_this_one() -> None:
    sale = told(SALE)
    assert sale.subscription is not None
    assert (sale.total, sale.subscription.next_amount) == (65215, 32662 + 10887)
    prorated = told("transaction.completed.proration_credit.json")
    assert prorated.subscription is not None
    assert prorated.subscription.next_amount is None


@pytest.mark.parametrize("currency", sorted(EXPONENTS))
def test_amounts_are_exact_in_every_currency(currency: str) -> None:
    sale = told(SALE, of("currency_code", currency))
    assert (sale.currency, sale.total, sums_match(sale)) == (currency, 65215, True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda event: event.pop("event_type"), "event_type"),
        (lambda event: event.update(occurred_at="yesterday"), "occurred_at"),
        (lambda event: event.pop("data"), "data.currency_code"),
        (of("id", None), "data.id"),
        (of("currency_code", "XYZ"), "data.currency_code"),
        (of("details", {}), "data.details.totals.total"),
        (of("details", {"totals": {"grand_total": "12.5"}}), "data.details.totals.grand_total"),
        (of("details", {"totals": {"grand_total": True}}), "data.details.totals.grand_total"),
        (of("details", {"totals": {"grand_total": "-5"}}), "data"),
        (
            of("details", {"totals": {"grand_total": "5"}, "line_items": [{}]}),
            "data.details.line_items[0].product.name",
        ),
        (of("payments", [{"status": "captured", "captured_at": "2026"}]), "data.payments[0].captured_at"),
        (of("billing_period", {"ends_at": "2026-12-03T10:18:47"}), "data.billing_period.ends_at"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(change: Change, field: str) -> None:
    reading = changed(SALE, change)
    assert isinstance(reading, Unreadable), reading
    assert reading.field == field
    assert reading.reason


@pytest.mark.parametrize(
    ("name", "change", "field"),
    [
        ("subscription.created.json", of("status", "asleep"), "data.status"),
        ("subscription.created.json", of("scheduled_change", {"action": "cancel", "effective_at": "soon"}),
         "data.scheduled_change.effective_at"),
        ("adjustment.updated.approved.json", of("status", "dreamt"), "data.status"),
        ("adjustment.updated.approved.json", of("transaction_id", None), "data.transaction_id"),
        ("customer.created.json", of("email", "not an address"), "data.email"),
        ("address.created.json", of("customer_id", None), "data.customer_id"),
    ],
)  # fmt: skip
def test_so_it_is_in_other_events(name: str, change: Change, field: str) -> None:
    reading = changed(name, change)
    assert isinstance(reading, Unreadable), reading
    assert reading.field == field


def test_details_of_no_use_are_left_out() -> None:
    def spoil(event: Any) -> None:
        event["data"].update(
            payments=[{"status": "captured", "method_details": 7}], items=None, checkout=[], invoice_number={}
        )

    sale = told(SALE, spoil)
    assert (sale.payment.method, sale.invoice.number) == (None, None)
    assert [line.description for line in sale.lines] == ["AeroEdit Pro", "Analytics addon", "Custom domains"]


def test_an_unknown_event_is_kept_and_ignored() -> None:
    assert isinstance(changed(SALE, lambda event: event.update(event_type="payout.paid")), Ignored)


@pytest.mark.parametrize("name", GUIDES["paddle"].events)
def test_every_event_that_connect_selects_is_read_and_on_the_page(name: str) -> None:
    reading = read("paddle", json.dumps({"event_type": name, "event_id": "evt_1", "data": {}}).encode())
    assert "says nothing" not in getattr(reading, "reason", "")
    family, _, what = name.partition(".")
    row = next(line for line in PAGE.splitlines() if f"| `{family}." in line and f".{what}`" in line)
    assert row.count("|") == 3
