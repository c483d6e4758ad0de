"""What Stripe's own events say of a subscription: in any order, told twice, before or after the merchant's word."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from sources.goldens import body_of, read
from support.databases import START
from support.desk import Desk
from worker.actions.accept_transaction import Answer
from worker.actions.cancel_subscription import CancelAnswer, CancelPolicy, cancel_subscription
from worker.actions.settle_action import confirm_by_link
from worker.core.following import Followed
from worker.core.instant import DAY
from worker.core.transaction import Transaction
from worker.sources.event import Told
from worker.store import provider_actions, subscriptions
from worker.store.provider_actions import ActionRow
from worker.web.own_plans import own_plans

LIFE = (
    "customer.subscription.created.json",
    "invoice.paid.json",
    "customer.updated.json",
    "invoice.payment_failed.json",
    "customer.subscription.updated.cancel_at_period_end.json",
    "customer.subscription.deleted.json",
)
NEXT = START + 30 * DAY
POLICY = CancelPolicy(merchant=("merchant@shop.example",), message_domain="shop.example")
both = pytest.mark.parametrize("database", ["sqlite-inline", "postgres"], indirect=True)


def told(name: str, number: int = 0) -> Transaction:
    """What Stripe's event tells, of customer and subscription `number`."""
    body = body_of("stripe", name).decode()
    for theirs in ("sub_1SVsub", "in_1SVpaid", "cus_TbAda", "evt_"):
        body = body.replace(theirs, f"{theirs.replace('_', f'_{number}x', 1)}")
    body = body.replace("cus_TbLate", f"cus_{number}xTbAda").replace("late@example.org", "ada@example.com")
    reading = read("stripe", body.replace("ada@example.com", f"ada{number}@example.com").encode())
    assert isinstance(reading, Told)
    (transaction,) = reading.transactions
    return transaction


async def standing(desk: Desk, number: int) -> tuple[Followed, list[str]]:
    customer = await desk.customer(f"ada{number}@example.com")
    [row] = await desk.store.read(lambda tx: subscriptions.of_customer(tx, customer.id))
    shown = await desk.store.read(lambda tx: own_plans(tx, customer, POLICY, desk.clock.now()))
    return replace(row, ref="", customer_id=""), [each.own.standing.value for each in shown]


async def live_through(desk: Desk, orders: Sequence[Sequence[str]]) -> None:
    for number, order in enumerate(orders):
        twice = [*order, *random.Random(number).sample(order, len(order))]
        answers = await desk.tell(*(told(name, number) for name in twice))
        assert answers == [Answer.ACCEPTED] * len(order) + [Answer.DUPLICATE] * len(order)
    ends = [await standing(desk, number) for number in range(len(orders))]
    assert all(end == ends[0] for end in ends)
    row, shown = ends[0]
    assert (row.status, row.cancel_at, row.name, row.interval) == (
        "cancelled",
        None,
        "Studio plan (at €49.00 / month)",
        "month",
    )
    assert shown == ["cancelled"]
    await desk.issue()
    assert await desk.outbox() == {"due": len(orders)}  # the receipts; nobody asked to cancel, so nobody is told


@both
async def test_any_order_gives_one_end(desk: Desk) -> None:
    orders = list(itertools.permutations(LIFE))
    await live_through(desk, random.Random(7).sample(orders, 48))


@pytest.mark.long
@both
async def test_every_order_gives_one_end(desk: Desk) -> None:
    await live_through(desk, list(itertools.permutations(LIFE)))


async def asked(desk: Desk, number: int = 0) -> ActionRow:
    await desk.tell(told("customer.subscription.created.json", number), told("invoice.paid.json", number))
    customer, fresh = await desk.customer(f"ada{number}@example.com"), desk.fresh
    name = ("stripe", f"sub_{number}x1SVsub")
    cancelling = await desk.store.write(lambda tx: cancel_subscription(tx, customer.id, name, POLICY, fresh))
    assert cancelling.answer is CancelAnswer.RECEIVED
    assert cancelling.cancel is not None
    assert cancelling.cancel.ends_at == NEXT
    return cancelling.cancel


async def news(desk: Desk, number: int = 0) -> list[str]:
    return [mail.kind.value for mail in await desk.mails(f"ada{number}@example.com") if mail.kind != "receipt"]


@both
async def test_the_customer_is_told_cancelled_once_whoever_says_so_first(desk: Desk) -> None:
    """By the provider's events and the merchant's press, each twice, in any order."""
    words = ["customer.subscription.updated.cancel_at_period_end.json", "customer.subscription.deleted.json", "press"]
    for number, order in enumerate(itertools.permutations([*words, "invoice.payment_failed.json"])):
        cancel, fresh = await asked(desk, number), desk.fresh
        for word in [*order, *order]:
            if word == "press":
                link = cancel.link_id
                await desk.store.write(lambda tx, link=link, fresh=fresh: confirm_by_link(tx, link, fresh))  # type: ignore[misc]
            else:
                await desk.tell(told(word, number))
        assert await news(desk, number) == ["cancel_received", "cancel_done"]
        row, shown = await standing(desk, number)
        assert (row.status, shown) == ("cancelled", ["cancelled"])
        first = next(word for word in order if "failed" not in word)
        after = await desk.store.read(lambda tx, id=cancel.id: provider_actions.by_id(tx, id))  # type: ignore[misc]
        assert after is not None
        assert after.done_by == ("merchant" if first == "press" else "provider")


@both
async def test_an_end_far_off_is_not_what_was_asked_for(desk: Desk) -> None:
    await asked(desk)
    await desk.tell(told("customer.subscription.updated.ends_in_a_year.json"))
    assert await news(desk) == ["cancel_received"]
    assert (await standing(desk, 0))[1] == ["cancelling"]


@both
async def test_what_is_undone_at_the_provider_runs_again_in_either_order(desk: Desk) -> None:
    words = ["customer.subscription.updated.cancel_at_period_end.json", "customer.subscription.updated.undone.json"]
    for number, order in enumerate(itertools.permutations(words)):
        await desk.tell(told("customer.subscription.created.json", number), told("invoice.paid.json", number))
        await desk.tell(*(told(word, number) for word in order))
        assert (await standing(desk, number))[1] == ["active"]
    await asked(desk, 7)
    await desk.tell(*(told(word, 7) for word in words))
    assert (await standing(desk, 7))[1] == ["active"]  # it was cancelled, and said so, and runs again


@both
async def test_an_end_that_comes_late_is_heard_though_something_later_was_told(desk: Desk) -> None:
    await asked(desk)
    trailing = replace(
        told("invoice.paid.json"),
        id="in_trailing",
        occurred_at=START + 40 * DAY,
        payment=told("customer.updated.json").payment,
    )
    await desk.tell(trailing)
    assert await news(desk) == ["cancel_received"]
    await desk.tell(told("customer.subscription.deleted.json"))
    assert await news(desk) == ["cancel_received", "cancel_done"]


@both
async def test_thrivecarts_word_counts_as_well(desk: Desk) -> None:
    def of_cart(name: str) -> Transaction:
        reading = read("thrivecart", body_of("thrivecart", name))
        assert isinstance(reading, Told)
        return reading.transactions[0]

    cancelled = of_cart("order.subscription_cancelled.form")
    paid = of_cart("order.subscription_payment.form")
    await desk.tell(paid, source="thrivecart")
    customer, fresh = await desk.customer("rosa@example.org"), desk.fresh
    assert paid.subscription is not None
    name = ("thrivecart", paid.subscription.ref)
    await desk.store.write(lambda tx: cancel_subscription(tx, customer.id, name, POLICY, fresh))
    paused, resumed = of_cart("order.subscription_paused.form"), of_cart("order.subscription_resumed.form")
    await desk.tell(
        replace(resumed, occurred_at=START + 2), replace(paused, occurred_at=START + 1), source="thrivecart"
    )
    await desk.tell(cancelled, cancelled, source="thrivecart")
    told = [mail.kind.value for mail in await desk.mails("rosa@example.org") if mail.kind != "receipt"]
    assert told == ["cancel_received", "cancel_done"]
    [row] = await desk.store.read(lambda tx: subscriptions.of_customer(tx, customer.id))
    assert (row.status, row.interval, row.amount) == ("cancelled", "month", 6900)


@both
async def test_a_subscription_is_known_before_its_customers_address(desk: Desk) -> None:
    await desk.tell(told("customer.subscription.created.json"), told("customer.subscription.deleted.json"))
    assert await desk.known("ada0@example.com") is None
    await desk.tell(told("customer.updated.json"))
    assert (await standing(desk, 0))[1] == ["cancelled"]


@both
async def test_test_mode_ends_nothing_that_is_live(desk: Desk) -> None:
    await asked(desk)
    of_test = replace(told("customer.subscription.deleted.json"), id="evt_test", test=True)
    await desk.tell(of_test)
    assert await news(desk) == ["cancel_received"]
    assert (await standing(desk, 0))[1] == ["cancelling"]
