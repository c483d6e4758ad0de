"""How a subscription stands after all that was told of it: the same in whatever order it was told."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest

from worker.core.following import Followed, Report, comes_next, follow, followed
from worker.core.instant import DAY, SECOND
from worker.core.transaction import Customer, ExternalInvoice, Kind, Line, Subscription, Transaction

BUYER = Customer(ref="cus_1")
PLAN = Subscription("sub_1", "month", status=None)


def change(day: float, status: str = "active", **plan: object) -> Transaction:
    subscription = replace(PLAN, status=status, **plan)  # type: ignore[arg-type]
    return Transaction(f"ev-{day}-{status}", Kind.SUBSCRIPTION_CHANGED, int(day * DAY), subscription=subscription)


def payment(day: float, kind: Kind = Kind.RENEWAL, total: int = 4900, name: str = "Course") -> Transaction:
    return Transaction(
        f"in-{day}",
        kind,
        int(day * DAY),
        currency="EUR",
        total=total,
        lines=(Line(name, Decimal(1), total),),
        subscription=replace(PLAN, next_payment_at=int((day + 30) * DAY)),
    )


def failure(day: float, url: str | None = None) -> Transaction:
    page = ExternalInvoice(url=url)
    return Transaction(f"failed-{day}", Kind.PAYMENT_FAILED, int(day * DAY), subscription=PLAN, invoice=page)


def told(*transactions: Transaction) -> Followed:
    return followed("stripe", "sub_1", [Report("c-1", each) for each in transactions])


SIX = (
    change(0, next_payment_at=30 * DAY, next_amount=4900),
    payment(0, Kind.SALE, 6900),
    failure(30, "https://pay.example/1"),
    change(30, "past_due"),
    payment(31),
    change(40, cancel_at=61 * DAY, next_payment_at=61 * DAY),
)


def test_a_telling_that_comes_next_makes_of_it_what_all_together_make() -> None:
    for order in (random.Random(seed).sample(SIX, 6) for seed in range(100)):
        row = Followed("stripe", "sub_1")
        for number, each in enumerate(order):
            known = told(*order[: number + 1])
            row = follow(row, Report("c-1", each)) if comes_next(row, each) else known
            assert row == known
        assert row == told(*SIX)
    assert (row.status, row.cancel_at, row.amount, row.name) == ("active", 61 * DAY, 4900, "Course")


def test_it_can_be_paid_where_it_failed_until_money_comes_or_it_ends() -> None:
    overdue = (payment(0), failure(30, "https://pay.example/1"))
    assert told(*overdue).pay_url == "https://pay.example/1"
    assert told(*overdue, change(30.1, "past_due"), failure(33)).pay_url == "https://pay.example/1"
    assert told(*overdue, failure(33, "https://pay.example/2")).pay_url == "https://pay.example/2"
    for after in (payment(34), change(34), change(34, "cancelled")):
        assert told(*overdue, after).pay_url is None


@pytest.mark.parametrize("end", ["cancelled", "completed"])
def test_no_trailing_payment_undoes_an_end_and_no_failure_does(end: str) -> None:
    assert told(payment(0), change(1, end), payment(2)).status == end
    assert told(payment(0), change(1, end), failure(2)).status == end
    assert told(payment(0), change(1, end), change(2)).status == "active"


def test_a_payment_leaves_an_end_that_is_set() -> None:
    assert told(change(1, cancel_at=30 * DAY), payment(2, Kind.SALE, 300)).cancel_at == 30 * DAY
    assert told(change(1, cancel_at=30 * DAY), change(2)).cancel_at is None


def test_who_says_how_it_stands_beside_a_payment_is_believed() -> None:
    renewed = replace(payment(2), subscription=replace(PLAN, status="active"))
    assert told(change(1, "cancelled"), renewed).status == "active"
    failed = replace(failure(2), subscription=replace(PLAN, status="active"))
    assert told(payment(1), failed).status == "past_due"


def test_a_payment_that_failed_is_overdue_until_one_comes() -> None:
    assert told(payment(0), failure(30)).status == "past_due"
    assert told(payment(0), failure(30), payment(31)).status == "active"
    assert told(change(0, "paused"), failure(1)).status == "paused"


def test_of_one_second_the_more_final_counts_in_either_order() -> None:
    pairs = [
        (change(1, "trialing"), change(1)),
        (change(1), change(1, "past_due")),
        (payment(1), change(1, "past_due")),
        (failure(1), change(1)),
        (replace(change(1), id="other"), change(1, cancel_at=9 * DAY)),
        (change(1, "paused"), change(1, "cancelled")),
        (change(1), replace(payment(1), subscription=replace(PLAN, status="completed"))),
    ]
    for first, last in pairs:
        assert told(first, last) == told(last, first)
        expected = last.subscription
        assert expected is not None
        assert (told(first, last).status, told(first, last).cancel_at) == (expected.status, expected.cancel_at)


def test_a_fee_or_a_part_of_a_period_is_not_the_price() -> None:
    begun = payment(0, Kind.SALE, 6900, "Course and set-up")
    assert told(begun).amount == 6900
    assert (told(begun, payment(30)).amount, told(begun, payment(30)).name) == (4900, "Course")
    part = payment(35, Kind.SALE, 327, "Remaining time on Course")
    assert (told(begun, payment(30), part).amount, told(begun, payment(30), part).name) == (4900, "Course")


def test_a_test_touches_nothing_that_is_live() -> None:
    test = replace(change(5, "cancelled"), test=True)
    assert told(payment(0), test) == told(payment(0))
    assert told(test).test
    assert told(test).status == "cancelled"
    assert not comes_next(told(payment(0)), test)


def test_what_is_not_told_stays() -> None:
    row = told(change(0, next_payment_at=30 * DAY, next_amount=4900, payments_made=1, payments_total=6), change(1))
    assert (row.next_payment_at, row.amount, row.payments_made, row.payments_total) == (30 * DAY, 4900, 1, 6)
    assert row.told_at == DAY
    assert row.term.told_at == DAY
    assert told(change(0), change(SECOND / DAY)).told_at == SECOND


def test_a_change_of_plan_that_names_it_changes_the_name() -> None:
    named = replace(change(2), lines=(Line("Course · Yearly", Decimal(1), 0),), total=0)
    assert told(payment(1, Kind.SALE), named).name == "Course · Yearly"
    assert told(payment(1, Kind.SALE), named, change(3)).name == "Course · Yearly"
