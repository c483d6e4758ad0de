"""Subscriptions as they stand: the newest telling counts, and a cart and its processor tell of one."""

from dataclasses import replace
from decimal import Decimal

from worker.core.instant import DAY
from worker.core.plans import Plan, Telling, plans_of
from worker.core.transaction import Customer, Kind, Line, Subscription, Transaction


def telling(day: int, source: str = "stripe", payment: str = "", **changes: object) -> Telling:
    told = Transaction(
        id=f"T-{day}",
        kind=Kind.SALE,
        occurred_at=day * DAY,
        currency="EUR",
        total=4900,
        customer=Customer(email="ada@example.com"),
        lines=(Line("Membership", Decimal(1), 4900),),
        subscription=Subscription("sub_1", "month"),
    )
    return Telling(source, payment or f"p{day}", replace(told, **changes))  # type: ignore[arg-type]


def newest_first(*told: Telling) -> tuple[Plan, ...]:
    return plans_of(sorted(told, key=lambda each: -each.told.occurred_at))


def test_the_newest_telling_says_how_it_stands_and_the_last_price_stays() -> None:
    cancelled = Subscription("sub_1", "month", status="cancelled")
    changed = telling(2, kind=Kind.SUBSCRIPTION_CHANGED, currency=None, total=None, lines=(), subscription=cancelled)

    [plan] = newest_first(telling(1), changed)

    assert plan == Plan(cancelled, "Membership", 4900, "EUR")
    assert plan.ended


def test_what_comes_next_is_the_price() -> None:
    dearer = Subscription("sub_1", "month", next_amount=5900)
    [plan] = newest_first(telling(1), telling(2, subscription=dearer))
    assert plan.amount == 5900


def test_two_sources_that_tell_of_one_payment_tell_of_one_subscription() -> None:
    cart = Subscription("S-7", "month")
    told = [
        telling(1, payment="p1"),
        telling(1, source="thrivecart", payment="p1", subscription=cart),
        telling(2, payment="p2"),
        telling(3, source="thrivecart", payment="p3", subscription=cart),
    ]
    for order in (told, told[::-1], [told[3], told[2], told[0], told[1]]):
        assert [plan.name for plan in plans_of(order)] == ["Membership"]


def test_two_subscriptions_stay_two_and_ended_ones_come_last() -> None:
    ended = telling(5, subscription=Subscription("sub_2", "year", status="completed"))
    plans = newest_first(telling(1), ended, telling(2, source="shop", subscription=Subscription("sub_1", "week")))
    assert [plan.subscription.interval for plan in plans] == ["week", "month", "year"]


def test_nothing_told_is_nothing() -> None:
    assert plans_of([]) == ()
