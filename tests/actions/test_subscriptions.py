"""Subscriptions as they are told, in any order; and cancelling: once, honestly, and only where it is allowed."""

import asyncio
import itertools
from dataclasses import replace

import pytest

from support.databases import START
from support.desk import ADA, Desk, rich
from worker.actions.cancel_subscription import (
    CancelAnswer,
    Cancelling,
    CancelPolicy,
    cancel_subscription,
    give_reason,
)
from worker.actions.settle_action import confirm_by_link
from worker.core.following import Followed
from worker.core.instant import DAY
from worker.core.rights import Allowed
from worker.core.transaction import Address, Customer, Kind, Subscription, Transaction
from worker.store import audit, outbox, provider_actions, subscriptions
from worker.store.provider_actions import ActionRow

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
NEXT = START + 30 * DAY
PLAN = Subscription(ref="S-7", interval="month", next_payment_at=NEXT, next_amount=4900)
POLICY = CancelPolicy(merchant=("merchant@shop.example", "second@shop.example"), message_domain="shop.example")
GERMAN = replace(ADA, address=Address(line1="Weg 1", city="Ulm", postal_code="89073", country="DE"))
SWISS = replace(ADA, address=Address(line1="Weg 1", city="Bern", postal_code="3011", country="CH"))


def sale(buyer: Customer = GERMAN, **plan: object) -> Transaction:
    return rich("in_1", "in_1", customer=buyer, subscription=replace(PLAN, **plan))  # type: ignore[arg-type]


def change(days: float, name: str, **plan: object) -> Transaction:
    return Transaction(
        id=name,
        kind=Kind.SUBSCRIPTION_CHANGED,
        occurred_at=START + int(days * DAY),
        customer=ADA,
        subscription=replace(Subscription(ref="S-7"), **plan),  # type: ignore[arg-type]
    )


async def only(desk: Desk) -> Followed:
    customer = await desk.customer()
    [row] = await desk.store.read(lambda tx: subscriptions.of_customer(tx, customer.id))
    return row


async def cancel(desk: Desk, policy: CancelPolicy = POLICY, address: str = "ada@example.com") -> Cancelling:
    customer, fresh = await desk.customer(address), desk.fresh
    return await desk.store.write(lambda tx: cancel_subscription(tx, customer.id, ("stripe", "S-7"), policy, fresh))


async def last_cancel(desk: Desk) -> ActionRow:
    customer = await desk.customer()
    return (await desk.store.read(lambda tx: provider_actions.cancels_of(tx, customer.id)))["stripe", "S-7"]


async def kinds(desk: Desk, address: str = "ada@example.com") -> list[str]:
    return [mail.kind.value for mail in await desk.mails(address) if mail.kind != "receipt" and mail.state == "due"]


async def test_what_happened_last_counts_in_whatever_order_it_is_told(desk: Desk) -> None:
    told = [
        sale(),
        change(1, "ev_1", status="past_due"),
        change(2, "ev_2", status="active", next_payment_at=NEXT + DAY),
        change(3, "ev_3", status="cancelled"),
    ]
    orders = list(itertools.permutations(told))
    for number, order in enumerate(orders):
        plans = [replace(each.subscription or PLAN, ref=f"S-{number}") for each in order]
        await desk.tell(
            *(
                replace(each, id=f"{each.id}-{number}", subscription=plan)
                for each, plan in zip(order, plans, strict=True)
            )
        )
    customer = await desk.customer()
    rows = await desk.store.read(lambda tx: subscriptions.of_customer(tx, customer.id))
    assert len(rows) == len(orders)
    assert {(row.status, row.name, row.amount, row.currency, row.interval, row.told_at) for row in rows} == {
        ("cancelled", "Course", 4900, "EUR", "month", START + 3 * DAY)
    }


async def test_a_payment_that_failed_is_told_of_the_subscription(desk: Desk) -> None:
    await desk.tell(sale())
    failed = replace(change(1, "ev_1"), kind=Kind.PAYMENT_FAILED)
    await desk.tell(failed)
    row = await only(desk)
    assert (row.status, row.next_payment_at) == ("past_due", NEXT)


async def test_a_wish_to_cancel_is_confirmed_as_received_and_handed_to_the_merchant(desk: Desk) -> None:
    await desk.tell(sale())
    done = await cancel(desk)
    assert done.answer is CancelAnswer.RECEIVED
    assert done.cancel is not None
    assert (done.cancel.ends_at, done.cancel.state) == (NEXT, "manual")
    assert await kinds(desk) == ["cancel_received"]
    for merchant in POLICY.merchant:
        mails = await desk.mails(merchant)
        assert {(mail.kind.value, mail.due_at - mail.created_at) for mail in mails} == {
            ("cancel_todo", 0),
            ("cancel_reminder", DAY),
        }


async def test_pressed_twice_or_by_many_it_is_one_wish(desk: Desk) -> None:
    await desk.tell(sale())
    answers = [each.answer for each in await asyncio.gather(*(cancel(desk) for _ in range(8)))]
    assert sorted(answers) == [*["open"] * 7, "received"]
    assert await kinds(desk) == ["cancel_received"]


async def test_the_merchants_word_is_told_to_the_customer_once(desk: Desk) -> None:
    await desk.tell(sale())
    cancelling = await cancel(desk)
    assert cancelling.cancel is not None
    link, fresh = cancelling.cancel.link_id, desk.fresh
    for _ in range(3):
        assert await desk.store.write(lambda tx: confirm_by_link(tx, link, fresh)) is not None
    row = await last_cancel(desk)
    assert (row.state, row.done_by) == ("done", "merchant")
    assert await kinds(desk) == ["cancel_received", "cancel_done"]
    assert await kinds(desk, "merchant@shop.example") == ["cancel_todo"]  # nobody is reminded of what is done
    assert await kinds(desk, "second@shop.example") == ["cancel_todo"]
    customer = await desk.customer()
    noted = await desk.store.read(lambda tx: audit.of_customer(tx, customer.id))
    assert sorted(each.what for each in noted) == ["cancel_asked", "cancel_done"]


@pytest.mark.parametrize("how", [{"status": "cancelled"}, {"cancel_at": NEXT}])
async def test_the_providers_event_confirms_it(desk: Desk, how: dict[str, object]) -> None:
    await desk.tell(sale())
    await cancel(desk)
    await desk.tell(change(1, "ev_1", **how))
    row = await last_cancel(desk)
    assert (row.state, row.done_by) == ("done", "provider")
    assert await kinds(desk) == ["cancel_received", "cancel_done"]
    await desk.tell(change(2, "ev_2", **how))
    assert await kinds(desk) == ["cancel_received", "cancel_done"]


async def test_an_older_event_confirms_nothing(desk: Desk) -> None:
    await desk.tell(sale())
    await cancel(desk)
    await desk.tell(change(-1, "ev_0", status="cancelled"))
    assert (await last_cancel(desk)).state == "manual"


async def test_what_ends_by_itself_needs_no_mail_of_ours(desk: Desk) -> None:
    await desk.tell(sale(), change(1, "ev_1", status="cancelled"))
    assert await kinds(desk) == []
    assert (await cancel(desk)).answer is CancelAnswer.REFUSED


@pytest.mark.parametrize(
    ("buyer", "plan", "rules", "answer"),
    [
        (SWISS, {}, Allowed(), CancelAnswer.RECEIVED),
        (SWISS, {}, Allowed(cancel=False), CancelAnswer.REFUSED),
        (GERMAN, {}, Allowed(cancel=False), CancelAnswer.RECEIVED),
        (SWISS, {"payments_total": 6}, Allowed(), CancelAnswer.REFUSED),
        (SWISS, {"payments_total": 6}, Allowed(split_pay=True), CancelAnswer.RECEIVED),
        (ADA, {}, Allowed(cancel=False), CancelAnswer.RECEIVED),
        (SWISS, {"cancel_at": NEXT}, Allowed(), CancelAnswer.REFUSED),
    ],
)
async def test_who_may_cancel(
    desk: Desk, buyer: Customer, plan: dict[str, object], rules: Allowed, answer: CancelAnswer
) -> None:
    await desk.tell(sale(buyer, **plan))
    assert (await cancel(desk, replace(POLICY, rules=rules))).answer is answer


async def test_nobody_cancels_or_explains_what_is_anothers(desk: Desk) -> None:
    await desk.tell(sale())
    await desk.tell(rich("in_2", "in_2", customer=Customer(email="eve@example.com")))
    assert (await cancel(desk, address="eve@example.com")).answer is CancelAnswer.REFUSED
    cancelling = await cancel(desk)
    assert cancelling.cancel is not None
    eve, ada, wish = await desk.customer("eve@example.com"), await desk.customer(), cancelling.cancel.id
    assert not await desk.store.write(lambda tx: give_reason(tx, eve.id, wish, "because"))
    assert await desk.store.write(lambda tx: give_reason(tx, ada.id, wish, " too\x00 dear\r\nfor me "))
    assert (await last_cancel(desk)).reason == "too dear for me"


async def test_a_payment_that_failed_ends_it_at_once(desk: Desk) -> None:
    await desk.tell(sale(status="past_due"))
    cancelling = await cancel(desk)
    assert cancelling.cancel is not None
    assert cancelling.cancel.ends_at == desk.clock.now()


async def test_a_cancellation_and_the_event_that_ends_it_at_the_same_moment(desk: Desk) -> None:
    """Whichever comes first: nothing stays open that has ended."""
    for number in range(6):
        plan = replace(PLAN, ref=f"S-{number}")
        await desk.tell(rich(f"in_{number}", f"in_{number}", customer=GERMAN, subscription=plan))
        customer, fresh = await desk.customer(), desk.fresh
        ended = replace(change(1, f"ev_{number}"), subscription=replace(plan, status="cancelled"))
        asked = desk.store.write(
            lambda tx, c=customer.id, p=plan.ref, f=fresh: cancel_subscription(tx, c, ("stripe", p), POLICY, f)  # type: ignore[misc]
        )
        cancelling, _ = await asyncio.gather(asked, desk.tell_at_once([("stripe", ended)]))
        rows = await desk.store.read(lambda tx, c=customer.id: provider_actions.cancels_of(tx, c))  # type: ignore[misc]
        row = rows.get(("stripe", plan.ref))
        if cancelling.answer is CancelAnswer.RECEIVED:
            assert row is not None
            assert (row.state, row.done_by) == ("done", "provider")
        else:
            assert row is None


async def test_a_subscription_follows_its_customer_when_two_are_found_to_be_one(desk: Desk) -> None:
    await desk.tell(rich("in_1", "in_1", customer=Customer(email="ada@example.com")))
    await desk.tell(replace(change(0, "ev_1"), customer=Customer(ref="cus_1")))
    await desk.tell(replace(change(1, "ev_2", status="paused"), customer=ADA))
    row = await only(desk)
    assert row.status == "paused"


async def test_the_merchant_is_reminded_after_a_day(desk: Desk) -> None:
    await desk.tell(sale())
    await cancel(desk)
    store = desk.store
    await desk.database.pass_seconds(24 * 3600 - 1)
    due = await store.write(lambda tx: outbox.claim(tx, "one", desk.clock.now(), 100))
    assert {item.kind.value for item in due} == {"cancel_received", "cancel_todo"}
    await desk.database.pass_seconds(1)
    due = await store.write(lambda tx: outbox.claim(tx, "two", desk.clock.now(), 100))
    assert sorted(item.recipient for item in due if item.kind.value == "cancel_reminder") == sorted(POLICY.merchant)


async def test_the_processors_event_confirms_what_the_cart_calls_by_another_name(desk: Desk) -> None:
    cart = replace(sale(), id="order_1", subscription=replace(PLAN, ref="C-1"))
    await desk.tell(cart, source="thrivecart")
    await desk.tell(sale())
    customer, fresh = await desk.customer(), desk.fresh
    name = ("thrivecart", "C-1")
    await desk.store.write(lambda tx: cancel_subscription(tx, customer.id, name, POLICY, fresh))
    await desk.tell(change(1, "ev_1", status="cancelled"))
    rows = await desk.store.read(lambda tx: provider_actions.cancels_of(tx, customer.id))
    assert rows[name].done_by == "provider"
