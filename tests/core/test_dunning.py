"""Which mail an announcement brings: each reason against it by itself, and in their order."""

from dataclasses import replace
from typing import Any

import pytest

from worker.core.announcement import ANNOUNCEMENT, Announcement, Matter, of_failed
from worker.core.dunning import FOR_CUSTOMERS, Case, Dunning, Mailed, Outcome, completed, lasts_until, outcome_of
from worker.core.following import Followed
from worker.core.instant import DAY, HOUR, MINUTE
from worker.core.transaction import Customer, ExternalInvoice, Kind, Subscription, Transaction

NOW = 1_795_373_280_000_000
RUNNING = Followed("stripe", "sub_1", "c1", "Club", 2900, "EUR", "month", next_payment_at=NOW + 5 * DAY)
DUE = {
    Matter.UPCOMING_PAYMENT: NOW + 5 * DAY,
    Matter.PAYMENT_FAILED: NOW + 3 * DAY,
    Matter.CARD_EXPIRING: NOW + 30 * DAY,
}


def case(matter: Matter, told: dict[str, Any] | None = None, **changes: Any) -> Case:
    subscription = None if matter is Matter.CARD_EXPIRING else "sub_1"
    said = Announcement("a1", matter, NOW - HOUR, Customer(ref="cus_1"), DUE[matter], subscription=subscription)
    return replace(Case("stripe", replace(said, **(told or {})), True, "ada@example.com", (RUNNING,)), **changes)


def mailed(matter: Matter, at: int, source: str = "stripe", **told: Any) -> tuple[Mailed, ...]:
    """What the customer had: as a rule about the same subscription, by the same source."""
    return (Mailed(source, replace(case(matter).told, **told), at),)


@pytest.fixture(params=sorted(FOR_CUSTOMERS))
def matter(request: pytest.FixtureRequest) -> Matter:
    return Matter(request.param)


def test_it_is_mailed(matter: Matter) -> None:
    assert outcome_of(case(matter), NOW) is Outcome.MAILED


def test_each_reason_against_it(matter: Matter) -> None:
    over = replace(RUNNING, status="cancelled")
    paused = replace(RUNNING, status="paused")
    against: dict[str, tuple[Case, Outcome]] = {
        "switched off": (case(matter, wanted=False), Outcome.OFF),
        "paid": (case(matter, paid=True), Outcome.PAID),
        "to be cancelled": (case(matter, cancelling=True), Outcome.ENDING),
        "over": (case(matter, plans=(over,)), Outcome.ENDING),
        "paid to its end": (case(matter, plans=(replace(RUNNING, status="completed"),)), Outcome.ENDING),
        "paused": (case(matter, plans=(paused,)), Outcome.ENDING),
        "just mailed": (case(matter, mailed=mailed(matter, NOW - 19 * HOUR)), Outcome.REPEATED),
        "no address": (case(matter, email=None), Outcome.NO_ADDRESS),
    }
    assert {why: outcome_of(each, NOW) for why, (each, _) in against.items()} == {
        why: outcome for why, (_, outcome) in against.items()
    }


def test_it_goes_while_it_is_of_use(matter: Matter) -> None:
    told = case(matter)
    ends = lasts_until(told.told)
    assert [outcome_of(told, at) for at in (ends - 1, ends)] == [Outcome.MAILED, Outcome.LATE]
    undated = case(matter, {"due_at": None})
    assert lasts_until(undated.told) > NOW
    assert outcome_of(undated, lasts_until(undated.told)) is Outcome.LATE


def test_a_payment_that_was_to_be_taken_is_told_no_more_but_one_that_failed_still_after_its_next_try() -> None:
    upcoming, failed = (case(each, {"due_at": NOW - HOUR}) for each in (Matter.UPCOMING_PAYMENT, Matter.PAYMENT_FAILED))
    assert [outcome_of(each, NOW) for each in (upcoming, failed)] == [Outcome.LATE, Outcome.MAILED]


def test_an_end_that_comes_after_another_payment(matter: Matter) -> None:
    later = replace(RUNNING, cancel_at=NOW + 90 * DAY)
    assert outcome_of(case(matter, plans=(later,)), NOW) is Outcome.MAILED


@pytest.mark.parametrize(
    ("matter", "outcome"),
    [
        (Matter.UPCOMING_PAYMENT, Outcome.ENDING),
        (Matter.PAYMENT_FAILED, Outcome.MAILED),  # what was due is owed all the same
        (Matter.CARD_EXPIRING, Outcome.ENDING),
    ],
)
def test_an_end_before_the_next_payment(matter: Matter, outcome: Outcome) -> None:
    assert outcome_of(case(matter, plans=(replace(RUNNING, cancel_at=NOW + 5 * DAY),)), NOW) is outcome


def test_one_of_several_that_a_card_pays_is_enough() -> None:
    over = replace(RUNNING, status="cancelled")
    assert outcome_of(case(Matter.CARD_EXPIRING, plans=(over, RUNNING)), NOW) is Outcome.MAILED


def test_what_we_know_nothing_of_may_well_be_charged_but_a_card_for_nothing_need_not_be_changed(matter: Matter) -> None:
    expected = Outcome.ENDING if matter is Matter.CARD_EXPIRING else Outcome.MAILED
    assert outcome_of(case(matter, plans=()), NOW) is expected


@pytest.mark.parametrize(
    ("matter", "ago", "outcome"),
    [
        (Matter.UPCOMING_PAYMENT, 20 * HOUR, Outcome.MAILED),
        (Matter.PAYMENT_FAILED, 20 * HOUR, Outcome.MAILED),
        (Matter.CARD_EXPIRING, 20 * HOUR, Outcome.REPEATED),
        (Matter.CARD_EXPIRING, 20 * DAY, Outcome.MAILED),
    ],
)
def test_the_same_again_after_a_while(matter: Matter, ago: int, outcome: Outcome) -> None:
    assert outcome_of(case(matter, mailed=mailed(matter, NOW - ago)), NOW) is outcome


GROUP = frozenset((("stripe", "sub_1"), ("cart", "7:p")))
SEVERAL = GROUP | {("cart", "7:bump")}
MONEY: dict[str, Any] = {"amount": 2900, "currency": "EUR"}
PAYMENTS = (Matter.UPCOMING_PAYMENT, Matter.PAYMENT_FAILED)


@pytest.mark.parametrize("matter", PAYMENTS)
@pytest.mark.parametrize(
    ("told", "group", "outcome"),
    [
        ({}, GROUP, Outcome.TWIN),
        ({"occurred_at": NOW - 5 * HOUR, "due_at": NOW + 9 * DAY}, GROUP, Outcome.TWIN),  # in a backlog
        ({}, frozenset(), Outcome.MAILED),  # nothing says that they are one
        ({"test": True}, GROUP, Outcome.MAILED),
        (MONEY, frozenset(), Outcome.TWIN),
        (MONEY | {"amount": 2901}, frozenset(), Outcome.MAILED),
        (MONEY | {"currency": "USD"}, frozenset(), Outcome.MAILED),
        (MONEY | {"subscription": None}, frozenset(), Outcome.MAILED),
        (MONEY | {"occurred_at": NOW - 2 * HOUR, "due_at": NOW + 9 * DAY}, frozenset(), Outcome.MAILED),
        # An order that began two subscriptions: told at one time, one of them at least is the same.
        ({}, SEVERAL, Outcome.TWIN),
        ({"occurred_at": NOW - 2 * HOUR, "due_at": NOW + 9 * DAY}, SEVERAL, Outcome.MAILED),
        (MONEY | {"amount": 2901}, SEVERAL, Outcome.MAILED),
    ],
)
def test_what_another_source_told_of_the_same_payment(
    matter: Matter, told: dict[str, Any], group: frozenset[tuple[str, str]], outcome: Outcome
) -> None:
    other = mailed(matter, NOW - MINUTE, "cart", **({"subscription": "7:p"} | told))
    ours = case(matter, MONEY if "amount" in told else {}, mailed=other, group=group)
    assert outcome_of(ours, NOW) is outcome
    assert outcome_of(ours, NOW + 20 * HOUR) is Outcome.MAILED


@pytest.mark.parametrize("matter", PAYMENTS)
def test_two_sources_that_tell_of_two_subscriptions_at_once(matter: Matter) -> None:
    """The two of one source are two, whatever they cost."""
    other = mailed(matter, NOW - MINUTE, subscription="sub_2", **MONEY)
    assert outcome_of(case(matter, MONEY, mailed=other), NOW) is Outcome.MAILED


@pytest.mark.parametrize("matter", PAYMENTS)
def test_a_subscription_that_is_over_at_one_of_its_sources_is_over(matter: Matter) -> None:
    over = Followed("cart", "7:p", "c1", status="cancelled")
    assert outcome_of(case(matter, plans=(RUNNING, over), group=GROUP), NOW) is Outcome.ENDING


def test_what_other_sources_told_besides_is_said_where_one_says_nothing() -> None:
    cart = replace(case(Matter.PAYMENT_FAILED).told, due_at=None)
    paid_at = replace(cart, url="https://pay.example/1", due_at=NOW + DAY, **MONEY)
    assert completed(cart, [paid_at]) == paid_at
    assert completed(cart, []) == cart
    said = replace(cart, amount=100, currency="USD", url="https://cart.example/1", due_at=NOW)
    assert completed(said, [paid_at]) == said
    half = replace(cart, amount=100)
    assert completed(half, [paid_at]).amount == 2900, "an amount without its currency is none"


def test_the_merchants_word_counts_before_all_else(matter: Matter) -> None:
    worst = case(matter, wanted=False, paid=True, cancelling=True, email=None, plans=(), mailed=mailed(matter, NOW))
    assert outcome_of(worst, NOW + 90 * DAY) is Outcome.OFF


def test_what_is_wanted_of_which_source() -> None:
    dunning = Dunning({"stripe": frozenset((Matter.PAYMENT_FAILED,)), "paddle": frozenset()})
    wanted = {
        (source, matter)
        for source in ("stripe", "paddle", "api")
        for matter in FOR_CUSTOMERS
        if dunning.wants(source, matter)
    }
    assert wanted == {("stripe", Matter.PAYMENT_FAILED), *(("api", matter) for matter in FOR_CUSTOMERS)}


def test_a_failed_payment_of_a_subscription_announces_itself() -> None:
    plan = Subscription("sub_1", next_payment_at=NOW + DAY, next_amount=2900)
    told = Transaction(
        "evt_1", Kind.PAYMENT_FAILED, NOW, "EUR", customer=Customer(email="ada@example.com"),
        subscription=plan, invoice=ExternalInvoice(url="https://pay.example/1"), test=True,
    )  # fmt: skip
    found = of_failed(told)
    assert found == Announcement(
        "evt_1", Matter.PAYMENT_FAILED, NOW, told.customer, NOW + DAY, 2900, "EUR", "sub_1",
        url="https://pay.example/1", test=True,
    )  # fmt: skip
    assert of_failed(replace(told, subscription=None)) is None  # who buys sees it fail
    assert of_failed(replace(told, kind=Kind.RENEWAL, total=2900)) is None


def test_an_announcement_is_read_as_it_was_written(matter: Matter) -> None:
    told = case(matter, {"amount": 2900, "currency": "EUR", "reason": "x", "card_last4": "4242", "test": True}).told
    assert ANNOUNCEMENT.validate_json(ANNOUNCEMENT.dump_json(told)) == told
