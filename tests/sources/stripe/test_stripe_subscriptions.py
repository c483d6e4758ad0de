"""What Stripe's subscription events tell, beyond what the golden readings show one by one."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sources.goldens import body_of, read
from worker.core.transaction import Kind, Subscription, Transaction
from worker.sources.event import Ignored, Reading, Told, Unreadable

CREATED = "customer.subscription.created.json"
DAY = 86_400


def changed(name: str, change: Callable[[Any], object]) -> Reading:
    event = json.loads(body_of("stripe", name))
    change(event["data"]["object"])
    return read("stripe", json.dumps(event).encode())


def told(name: str, change: Callable[[Any], object] = lambda subscription: None) -> Transaction:
    reading = changed(name, change)
    assert isinstance(reading, Told), reading
    (transaction,) = reading.transactions
    return transaction


def plan(name: str = CREATED, **fields: object) -> Subscription:
    found = told(name, lambda subscription: subscription.update(fields)).subscription
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("trialing", "trialing"),
        ("active", "active"),
        ("past_due", "past_due"),
        ("unpaid", "past_due"),
        ("paused", "paused"),
        ("canceled", "cancelled"),
    ],
)
def test_every_status_that_stripe_has(theirs: str, ours: str) -> None:
    assert plan(status=theirs).status == ours


@pytest.mark.parametrize("status", ["incomplete", "incomplete_expired"])
def test_what_was_never_paid_never_began(status: str) -> None:
    assert isinstance(changed(CREATED, lambda subscription: subscription.update(status=status)), Ignored)


def test_what_is_deleted_is_over_whatever_it_says_of_itself() -> None:
    ended = plan("customer.subscription.deleted.json", status="active")
    assert (ended.status, ended.cancel_at, ended.next_payment_at) == ("cancelled", None, None)


def test_on_hold_is_paused_but_overdue_stays_overdue() -> None:
    hold = {"behavior": "keep_as_draft", "resumes_at": 1_800_000_000}
    assert plan(pause_collection=hold).status == "paused"
    assert plan(pause_collection=hold, status="past_due").status == "past_due"


def test_the_end_of_a_period_stands_with_the_items_or_before_2025_with_the_subscription() -> None:
    newer, older = plan(), plan("customer.subscription.created.older_shape.json")
    assert newer.next_payment_at == older.next_payment_at is not None


def test_of_several_periods_the_first_to_end_brings_the_next_payment() -> None:
    def longer(subscription: Any) -> None:
        [item] = subscription["items"]["data"]
        later = {**item, "current_period_end": item["current_period_end"] + 300 * DAY}
        subscription["items"]["data"] = [later, item]

    found = told(CREATED, longer).subscription
    assert found is not None
    assert found.next_payment_at == plan().next_payment_at


@pytest.mark.parametrize(
    "more",
    [
        {"automatic_tax": {"enabled": True}},
        {"default_tax_rates": [{"id": "txr_1"}]},
        {"tax_percent": 20},
        {"discount": {"id": "di_1"}},
        {"discounts": ["di_1"]},
    ],
)
def test_a_price_to_which_something_is_added_or_taken_off_is_not_told(more: dict[str, Any]) -> None:
    assert plan().next_amount == 4900
    assert plan(**more).next_amount is None


def test_prices_of_several_intervals_or_by_use_are_no_price() -> None:
    def yearly(subscription: Any) -> None:
        item = json.loads(json.dumps(subscription["items"]["data"][0]))
        item["price"]["recurring"]["interval"] = "year"
        subscription["items"]["data"].append(item)

    def in_steps(subscription: Any) -> None:
        subscription["items"]["data"][0]["price"]["unit_amount"] = None

    for change in (yearly, in_steps):
        found = told(CREATED, change).subscription
        assert found is not None
        assert found.next_amount is None


def test_a_customer_may_be_spelled_out() -> None:
    found = told(CREATED, lambda subscription: subscription.update(customer={"id": "cus_9", "object": "customer"}))
    assert (found.customer.ref, found.customer.email) == ("cus_9", None)


def test_a_payment_that_failed_ends_nothing_and_begins_nothing() -> None:
    failed, first = told("invoice.payment_failed.json"), told("invoice.payment_failed.first.json")
    assert failed.kind is first.kind is Kind.PAYMENT_FAILED
    assert failed.subscription is not None
    assert failed.subscription.status is None
    assert first.subscription is None


def test_test_mode_is_told() -> None:
    assert told("customer.subscription.deleted.test_mode.json").test
    assert not told("customer.subscription.deleted.json").test


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"status": "asleep"}, "data.object.status"),
        ({"status": None}, "data.object.status"),
        ({"id": None}, "data.object.id"),
        ({"cancel_at": "soon"}, "data.object.cancel_at"),
        ({"currency": "xxl"}, "data.object.currency"),
        ({"cancel_at_period_end": True, "items": None}, "data.object.current_period_end"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(fields: dict[str, object], field: str) -> None:
    reading = changed(CREATED, lambda subscription: subscription.update(fields))
    assert isinstance(reading, Unreadable)
    assert reading.field == field
