"""What Lemon Squeezy's events tell, beyond what the golden readings show one by one."""

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

ORDER = "order_created.json"
Change = Callable[[Any], object]
PAGE = (Path(__file__).parents[3] / "docs" / "sources" / "lemonsqueezy.md").read_text(encoding="utf-8")


def changed(name: str, change: Change) -> Reading:
    event = json.loads(body_of("lemonsqueezy", name))
    change(event)
    return read("lemonsqueezy", json.dumps(event).encode())


def told(name: str, change: Change = lambda event: None) -> Transaction:
    reading = changed(name, change)
    assert isinstance(reading, Told), reading
    (transaction,) = reading.transactions
    return transaction


def of(**attributes: object) -> Change:
    return lambda event: event["data"]["attributes"].update(attributes)


def test_the_subscription_joins_its_order_and_its_first_invoice() -> None:
    created = read("lemonsqueezy", body_of("lemonsqueezy", "subscription_created.json"))
    first = told("subscription_payment_success.json")
    assert isinstance(created, Told)
    assert set(created.linked) & set(told(ORDER).payment.references)
    assert set(created.linked) & set(first.payment.references)
    assert first.lines == ()  # so that it waits for its order


def test_a_renewal_joins_nothing() -> None:
    renewal = told("subscription_payment_success.renewal.json")
    assert (renewal.kind, renewal.payment.references) == (Kind.RENEWAL, ("invoice:602",))


def test_the_events_of_one_change_are_one() -> None:
    cancelled, updated = told("subscription_cancelled.json"), told("subscription_updated.cancelled.json")
    assert fingerprint(cancelled) == fingerprint(updated)
    assert cancelled.id != told("subscription_resumed.json").id


def test_success_and_recovery_of_one_invoice_are_one() -> None:
    def success(event: Any) -> None:
        event["meta"]["event_name"] = "subscription_payment_success"
        event["data"]["attributes"]["updated_at"] = "2027-01-08T10:18:53.000000Z"

    recovered = told("subscription_payment_recovered.json")
    assert fingerprint(told("subscription_payment_recovered.json", success)) == fingerprint(recovered)


def test_each_try_that_failed_is_one() -> None:
    again = told("subscription_payment_failed.json", of(updated_at="2027-01-06T10:18:52.000000Z"))
    assert again.id != told("subscription_payment_failed.json").id


def test_what_was_cancelled_ends_with_its_period() -> None:
    running = told("subscription_cancelled.json").subscription
    over = told("subscription_cancelled.json", of(updated_at="2026-12-03T10:18:47.000000Z")).subscription
    assert running is not None
    assert over is not None
    assert (running.status, running.cancel_at is not None, running.next_payment_at) == ("active", True, None)
    assert (over.status, over.cancel_at) == ("cancelled", None)


def test_amounts_in_dollars_are_never_read() -> None:
    assert told(ORDER, of(total_usd=1e300, tax_usd="many", subtotal_usd=None)) == told(ORDER)


@pytest.mark.parametrize("currency", sorted(EXPONENTS))
def test_amounts_are_exact_in_every_currency(currency: str) -> None:
    sale = told(ORDER, of(currency=currency))
    assert (sale.currency, sale.total, sums_match(sale)) == (currency, 5831, True)


@pytest.mark.parametrize(
    ("sums", "inside"),
    [
        ({"subtotal": 4900, "tax": 931, "total": 5831}, False),
        ({"subtotal": 5831, "tax": 931, "total": 5831}, True),
        ({"subtotal": 4900, "setup_fee": 1000, "tax": 931, "total": 6831}, False),
        ({"subtotal": 5831, "setup_fee": 1000, "tax": 1091, "total": 6831}, True),
        ({"subtotal": 5900, "setup_fee": 1000, "tax": 931, "total": 6831}, False),
        ({"subtotal": 4900, "discount_total": 490, "tax": 838, "total": 5248}, False),
        ({"subtotal": 5831, "discount_total": 583, "tax": 838, "total": 5248}, True),
        ({"subtotal": 5831, "tax": 0, "total": 5831}, False),
    ],
)
def test_where_the_tax_and_the_fee_are_the_sums_say(sums: dict[str, int], inside: bool) -> None:
    sale = told(ORDER, of(**sums))
    assert (sums_match(sale), sale.prices_include_tax) == (True, inside)
    assert sum(line.tax_amount for line in sale.lines) == sums["tax"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda event: event.pop("meta"), "meta.event_name"),
        (lambda event: event.pop("data"), "data.attributes.status"),
        (of(status=None), "data.attributes.status"),
        (of(currency="XYZ"), "data.attributes.currency"),
        (of(total=None), "data.attributes.total"),
        (of(total=58.315), "data.attributes.total"),
        (of(total=True), "data.attributes.total"),
        (of(subtotal="many"), "data.attributes.subtotal"),
        (of(user_email="not an address"), "data.attributes.user_email"),
        (of(created_at="2026-11-03"), "data.attributes.created_at"),
        (lambda event: event["data"].update(id=None), "data.id"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(change: Change, field: str) -> None:
    reading = changed(ORDER, change)
    assert isinstance(reading, Unreadable), reading
    assert reading.field == field
    assert reading.reason


def test_an_unknown_status_is_said_too() -> None:
    reading = changed("subscription_created.json", of(status="asleep"))
    assert isinstance(reading, Unreadable)
    assert reading.field == "data.attributes.status"


def test_test_mode_is_told_in_three_places() -> None:
    assert told(ORDER, lambda event: event["meta"].update(test_mode=True)).test
    assert told(ORDER, of(test_mode=True)).test
    assert told(ORDER, lambda event: event["data"]["attributes"]["first_order_item"].update(test_mode=True)).test
    assert not told(ORDER).test


def test_an_unknown_event_is_kept_and_ignored() -> None:
    assert isinstance(changed(ORDER, lambda event: event["meta"].update(event_name="affiliate_activated")), Ignored)


@pytest.mark.parametrize("name", GUIDES["lemonsqueezy"].events)
def test_every_event_that_connect_selects_is_read_and_on_the_page(name: str) -> None:
    reading = read("lemonsqueezy", json.dumps({"meta": {"event_name": name}, "data": {}}).encode())
    assert "says nothing" not in getattr(reading, "reason", "")
    ending = name.removeprefix("subscription").removeprefix("_payment")
    assert f"`{name}`" in PAGE or f"`{ending}`" in PAGE
