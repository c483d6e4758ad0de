"""What is announced is kept once, decided once, and brings its customer a mail or its merchant an alert."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from support.databases import START
from support.desk import ADA, POLICY, Desk, at, rich
from worker.actions.accept_transaction import Telling, accept_transaction
from worker.actions.ask_provider import ActionPolicy, Wish, ask_provider
from worker.actions.dun import Decided, call_off_pointless, dun
from worker.actions.settle_restored import settle_restored
from worker.actions.understand_event import accept_told
from worker.core.alert import AlertKind
from worker.core.announcement import Announcement, Matter
from worker.core.dunning import WAIT, Dunning, Outcome
from worker.core.instant import DAY, HOUR, MINUTE, SECOND
from worker.core.provider_action import Verb
from worker.core.transaction import Customer, ExternalInvoice, Kind, Subscription, Transaction
from worker.exit.alerts import gather_alert
from worker.exit.dunned import gather_dunned
from worker.render.alerts import Alert
from worker.sources.event import Told
from worker.sources.ways import Ways
from worker.store import announcements, outbox, subscriptions
from worker.store.engine import Tx
from worker.store.outbox import MailKind, OutboxItem, Settled

pytestmark = pytest.mark.parametrize("database", ["sqlite-inline", "postgres"], indirect=True)
PLAN = Subscription("sub_1", "month", next_payment_at=START + 30 * DAY, next_amount=4900)
MERCHANT = "merchant@shop.example"


def failed(name: str = "evt_9", **changes: object) -> Transaction:
    told = Transaction(
        name,
        Kind.PAYMENT_FAILED,
        at(60),
        "EUR",
        customer=Customer(ref="cus_1"),
        subscription=replace(PLAN, status="past_due", next_payment_at=at(3 * 86_400)),
        invoice=ExternalInvoice(url="https://pay.example/1"),
    )
    return replace(told, **changes)  # type: ignore[arg-type]


def announced(matter: Matter, **changes: object) -> Announcement:
    told = Announcement(f"{matter}_1", matter, at(60), Customer(ref="cus_1"), START + 5 * DAY, 4900, "EUR", "sub_1")
    return replace(told, **changes)  # type: ignore[arg-type]


async def tell(desk: Desk, *told: Announcement, event: str = "evt_a") -> None:
    kept, fresh = await desk.event(event), desk.fresh
    await desk.store.write(lambda tx: accept_told(tx, kept, Told((), announced=told), fresh))


async def decide(desk: Desk) -> list[Outcome]:
    """Decide what is due now."""
    now, found = desk.clock.now(), []
    for each in await desk.store.read(lambda tx: announcements.due(tx, now, 100)):
        decided = await desk.store.write(partial(_dun, each, desk))
        assert decided is not None
        found.append(decided.outcome)
    return found


async def _dun(announcement_id: str, desk: Desk, tx: Tx) -> Decided | None:
    return await dun(tx, announcement_id, desk.policy, desk.fresh)


async def after_the_wait(desk: Desk) -> list[Outcome]:
    await desk.database.pass_seconds(WAIT / SECOND)
    return await decide(desk)


async def dunned(desk: Desk, address: str = "ada@example.com") -> list[OutboxItem]:
    kinds = (MailKind.UPCOMING_PAYMENT, MailKind.PAYMENT_FAILED, MailKind.CARD_EXPIRING)
    return [mail for mail in await desk.mails(address) if mail.kind in kinds]


@pytest.fixture
async def sold(desk: Desk) -> Desk:
    await desk.tell(rich("in_1", subscription=PLAN))
    return desk


async def test_a_failed_payment_is_mailed_once_after_a_while(sold: Desk) -> None:
    await sold.tell(failed(), failed())
    assert await decide(sold) == []
    assert await after_the_wait(sold) == [Outcome.MAILED]
    assert await decide(sold) == []
    (mail,) = await dunned(sold)
    assert (mail.kind, mail.expires_at) == (MailKind.PAYMENT_FAILED, at(60) + 7 * DAY)


async def test_all_that_concerns_customers_is_mailed_to_them(sold: Desk) -> None:
    card = announced(Matter.CARD_EXPIRING, subscription=None, due_at=START + 20 * DAY, card_last4="4242")
    await tell(sold, announced(Matter.UPCOMING_PAYMENT), card)
    assert await after_the_wait(sold) == [Outcome.MAILED, Outcome.MAILED]
    assert {mail.kind: mail.expires_at for mail in await dunned(sold)} == {
        MailKind.UPCOMING_PAYMENT: START + 5 * DAY,
        MailKind.CARD_EXPIRING: START + 20 * DAY,
    }


async def test_two_events_that_announce_the_same_bring_one_mail(sold: Desk) -> None:
    await tell(sold, announced(Matter.UPCOMING_PAYMENT))
    await tell(sold, announced(Matter.UPCOMING_PAYMENT), event="evt_b")
    assert await after_the_wait(sold) == [Outcome.MAILED]


async def test_two_failures_in_a_row_bring_one_mail_and_the_next_days_another(sold: Desk) -> None:
    await sold.tell(failed("evt_1"), failed("evt_2"))
    assert await after_the_wait(sold) == [Outcome.MAILED, Outcome.REPEATED]
    await sold.database.pass_seconds(DAY / SECOND)
    await sold.tell(failed("evt_3", occurred_at=sold.clock.now()))
    assert await after_the_wait(sold) == [Outcome.MAILED]
    assert len(await dunned(sold)) == 2


@pytest.mark.parametrize("first", [True, False])
async def test_a_payment_makes_it_pointless_in_whatever_order_they_are_told(sold: Desk, first: bool) -> None:
    paid = rich("in_2", "pi_2", kind=Kind.RENEWAL, subscription=PLAN, occurred_at=at(120))
    await sold.tell(*((paid, failed()) if first else (failed(), paid)))
    assert await after_the_wait(sold) == [Outcome.PAID]
    assert await dunned(sold) == []


async def test_an_earlier_payment_does_not(sold: Desk) -> None:
    await sold.tell(rich("in_2", "pi_2", kind=Kind.RENEWAL, subscription=PLAN, occurred_at=at(30)), failed())
    assert await after_the_wait(sold) == [Outcome.MAILED]


async def test_an_end_makes_it_pointless(sold: Desk) -> None:
    await tell(sold, announced(Matter.UPCOMING_PAYMENT))
    end = Transaction("evt_e", Kind.SUBSCRIPTION_CHANGED, at(90), subscription=replace(PLAN, status="cancelled"))
    await sold.tell(failed(), end)
    assert await after_the_wait(sold) == [Outcome.ENDING, Outcome.ENDING]


async def test_nobody_is_asked_for_money_who_just_cancelled(sold: Desk) -> None:
    await sold.tell(failed())
    customer, fresh = await sold.customer(), sold.fresh

    async def cancel(tx: Tx) -> None:
        row = await subscriptions.take(tx, "stripe", "sub_1", customer.id)
        assert row is not None
        policy = ActionPolicy(Ways(), (MERCHANT,), "shop.example")
        await ask_provider(tx, Wish(customer.id, row, Verb.CANCEL_NOW, START), policy, fresh)

    await sold.store.write(cancel)
    assert await after_the_wait(sold) == [Outcome.ENDING]


async def test_what_the_merchant_does_not_want_is_not_mailed(sold: Desk) -> None:
    sold.policy = replace(POLICY, dunning=Dunning({"stripe": frozenset((Matter.UPCOMING_PAYMENT,))}))
    await tell(sold, announced(Matter.UPCOMING_PAYMENT))
    await sold.tell(failed())
    assert await after_the_wait(sold) == [Outcome.MAILED, Outcome.OFF]


async def test_nobody_known_is_mailed_nothing_and_made_no_customer(desk: Desk) -> None:
    stranger = Customer(email="grace@example.com", ref="cus_2")
    await tell(desk, announced(Matter.UPCOMING_PAYMENT, customer=stranger, subscription="sub_2"))
    assert await after_the_wait(desk) == [Outcome.NO_ADDRESS]
    assert await desk.known("grace@example.com") is None


async def test_an_address_that_comes_while_it_waits_is_mailed(desk: Desk) -> None:
    await desk.tell(failed())
    await desk.tell(rich("in_1", customer=ADA))
    assert await after_the_wait(desk) == [Outcome.MAILED]


async def test_history_mails_nobody(desk: Desk) -> None:
    fresh = desk.fresh
    await desk.store.write(lambda tx: accept_transaction(tx, Telling("stripe", failed(), imported=True), fresh))
    assert await after_the_wait(desk) == []


async def test_a_purchase_that_failed_brings_nothing(sold: Desk) -> None:
    await sold.tell(failed(subscription=None))
    assert await after_the_wait(sold) == []


async def test_two_processes_mail_it_once(sold: Desk) -> None:
    await sold.tell(failed())
    await sold.database.pass_seconds(WAIT / SECOND)
    other, now = await sold.database.another(), sold.clock.now()
    (due,) = await sold.store.read(lambda tx: announcements.due(tx, now, 100))
    ends = await asyncio.gather(*(store.write(partial(_dun, due, sold)) for store in (sold.store, other) * 3))
    assert [each.outcome for each in ends if each is not None] == [Outcome.MAILED]
    assert len(await dunned(sold)) == 1


async def test_disputes_and_refunds_that_failed_are_the_merchants_at_once(sold: Desk) -> None:
    dispute = announced(Matter.DISPUTE, customer=Customer(), subscription=None, payment="pi_1", reason="fraudulent")
    await tell(sold, dispute, replace(dispute, id="r", matter=Matter.REFUND_FAILED))
    assert await decide(sold) == [Outcome.MERCHANT_TOLD, Outcome.MERCHANT_TOLD]
    await sold.database.pass_seconds(30 * MINUTE / SECOND)
    await tell(sold, replace(dispute, id="the same, won"), event="evt_b")
    assert await decide(sold) == [Outcome.MERCHANT_TOLD]
    alerts = [str(mail.params["trouble"]) for mail in await sold.mails(MERCHANT)]
    assert sorted(alerts) == ["disputes", "disputes", "refunds_failed"]  # the second once the next hour begins
    assert await dunned(sold) == []


async def test_the_alert_says_whose_payment_it_is_and_where_it_stands(desk: Desk) -> None:
    await desk.tell(rich("in_1", "pi_1"))
    dispute = announced(Matter.DISPUTE, customer=Customer(), payment="pi_1", reason="fraudulent", url="https://s/1")
    await tell(desk, dispute, replace(dispute, id="b", payment="pi_9", url=None, test=True))
    await decide(desk)
    (item,) = await desk.mails(MERCHANT)
    alert = await desk.store.read(lambda tx: gather_alert(tx, item, "en"))
    assert alert == Alert(
        AlertKind.DISPUTES,
        2,
        (
            "€49.00, fraudulent, answer by 27 November 2026, test (Stripe: pi_9)",
            "ada@example.com, €49.00, fraudulent, answer by 27 November 2026 (https://s/1)",
        ),
    )


async def test_after_a_restore_nothing_goes_by_itself(sold: Desk) -> None:
    await sold.tell(failed())
    await sold.store.write(lambda tx: settle_restored(tx, {}, sold.fresh))
    assert await after_the_wait(sold) == []
    assert await dunned(sold) == []


CART = Subscription("7:p", "month")
ANOTHER = "the_cart"


@pytest.fixture
async def sold_twice(desk: Desk) -> Desk:
    """One sale, told by the processor and by the cart that had it take the money."""
    await desk.tell(rich("in_1", "pi_1", subscription=PLAN))
    await desk.tell(rich("7", "pi_1", subscription=CART, customer=replace(ADA, ref="42")), source=ANOTHER)
    return desk


def failed_at_cart(**changes: object) -> Transaction:
    return failed("7:failed", customer=replace(ADA, ref="42"), subscription=CART, currency=None, **changes)


async def keep_both(desk: Desk, first: str) -> None:
    told = {"stripe": failed(), ANOTHER: failed_at_cart()}
    for source in sorted(told, key=lambda source: source != first):
        await desk.tell(told[source], source=source)


@pytest.mark.parametrize("first", ["stripe", ANOTHER])
async def test_a_failed_payment_that_two_sources_tell_brings_one_mail(sold_twice: Desk, first: str) -> None:
    await keep_both(sold_twice, first)
    assert await after_the_wait(sold_twice) == [Outcome.MAILED, Outcome.TWIN]
    assert len(await dunned(sold_twice)) == 1


async def test_the_one_mail_says_what_either_source_told(sold_twice: Desk) -> None:
    await keep_both(sold_twice, ANOTHER)
    assert await after_the_wait(sold_twice) == [Outcome.MAILED, Outcome.TWIN]
    [mail] = await dunned(sold_twice)
    told = (await sold_twice.store.read(lambda tx: gather_dunned(tx, [mail])))[mail.id].told
    assert (told.subscription, told.url) == ("7:p", "https://pay.example/1")
    assert (told.amount, told.currency, told.due_at) == (4900, "EUR", at(3 * 86_400))


async def test_a_source_that_may_not_mail_silences_no_other(sold_twice: Desk) -> None:
    sold_twice.policy = replace(POLICY, dunning=Dunning({ANOTHER: frozenset()}))
    await keep_both(sold_twice, ANOTHER)
    assert await after_the_wait(sold_twice) == [Outcome.OFF, Outcome.MAILED]


async def test_a_coming_payment_that_two_sources_tell_brings_one_mail(sold_twice: Desk) -> None:
    await tell(sold_twice, announced(Matter.UPCOMING_PAYMENT))
    event, fresh = await sold_twice.event("evt_b", ANOTHER), sold_twice.fresh
    cart = announced(Matter.UPCOMING_PAYMENT, id="b", subscription="7:p", amount=None, currency=None)
    await sold_twice.store.write(lambda tx: accept_told(tx, event, Told((), announced=(cart,)), fresh))
    assert await after_the_wait(sold_twice) == [Outcome.MAILED, Outcome.TWIN]


@pytest.mark.parametrize("teller", ["stripe", ANOTHER])
async def test_what_one_source_tells_of_a_payment_or_an_end_goes_for_the_other(sold_twice: Desk, teller: str) -> None:
    other = failed_at_cart() if teller == "stripe" else failed()
    await sold_twice.tell(other, source=ANOTHER if teller == "stripe" else "stripe")
    paid = rich("paid", "pi_2", kind=Kind.RENEWAL, subscription=PLAN, occurred_at=at(120))
    if teller == ANOTHER:
        paid = replace(paid, customer=replace(ADA, ref="42"), subscription=CART)
    await sold_twice.tell(paid, source=teller)
    assert await after_the_wait(sold_twice) == [Outcome.PAID]


async def test_two_processes_that_decide_two_tellings_at_once_mail_one(sold_twice: Desk) -> None:
    await keep_both(sold_twice, "stripe")
    await sold_twice.database.pass_seconds(WAIT / SECOND)
    other, now = await sold_twice.database.another(), sold_twice.clock.now()
    due = await sold_twice.store.read(lambda tx: announcements.due(tx, now, 100))
    stores = (sold_twice.store, other)
    ends = await asyncio.gather(
        *(store.write(partial(_dun, each, sold_twice)) for each, store in zip(due, stores, strict=True))
    )
    assert sorted(each.outcome for each in ends if each is not None) == [Outcome.MAILED, Outcome.TWIN]
    assert len(await dunned(sold_twice)) == 1


async def go(desk: Desk) -> dict[str, Outcome]:
    """The exit takes what is due; returns what it calls off."""
    now, fresh = desk.clock.now(), desk.fresh

    async def claim(tx: Tx) -> dict[str, Outcome]:
        claimed = await outbox.claim(tx, "exit", now, 100)
        called_off = await call_off_pointless(tx, claimed, desk.policy, fresh)
        return {name: each.outcome for name, each in called_off.items()}

    return await desk.store.write(claim)


async def stands(desk: Desk, mail: OutboxItem) -> Outcome | None:
    """What is shown of the announcement that a mail is about."""
    kept = await desk.store.read(lambda tx: announcements.by_id(tx, str(mail.params["announcement"])))
    assert kept is not None
    return kept.outcome


async def test_a_mail_that_waited_for_the_relay_is_called_off_once_it_is_paid(sold: Desk) -> None:
    await sold.tell(failed())
    assert await after_the_wait(sold) == [Outcome.MAILED]
    await sold.tell(rich("in_2", "pi_2", kind=Kind.RENEWAL, subscription=PLAN, occurred_at=at(900)))
    (waiting,) = await dunned(sold)
    assert await go(sold) == {waiting.id: Outcome.PAID}
    (mail,) = await dunned(sold)
    assert (mail.state, mail.reason, await stands(sold, mail)) == ("expired", "not needed any more", Outcome.PAID)
    await sold.tell(failed("evt_3", occurred_at=at(1_000)))  # the next month's: nothing was said lately
    assert await after_the_wait(sold) == [Outcome.MAILED]


@pytest.mark.parametrize("why", [Outcome.ENDING, Outcome.OFF])
async def test_a_mail_that_waited_is_called_off_for_whatever_made_it_pointless(sold: Desk, why: Outcome) -> None:
    await tell(sold, announced(Matter.UPCOMING_PAYMENT))
    assert await after_the_wait(sold) == [Outcome.MAILED]
    if why is Outcome.OFF:
        sold.policy = replace(POLICY, dunning=Dunning({"stripe": frozenset()}))
    else:
        ended = replace(PLAN, status="cancelled")
        await sold.tell(Transaction("evt_e", Kind.SUBSCRIPTION_CHANGED, at(900), subscription=ended))
    (waiting,) = await dunned(sold)
    assert await go(sold) == {waiting.id: why}
    assert await stands(sold, waiting) is why


async def test_what_is_still_owed_goes(sold: Desk) -> None:
    await sold.tell(failed())
    assert await after_the_wait(sold) == [Outcome.MAILED]
    assert await go(sold) == {}
    (mail,) = await dunned(sold)
    assert (mail.state, await stands(sold, mail)) == ("due", Outcome.MAILED)


async def test_a_mail_that_may_have_gone_out_is_not_sent_again_and_still_counts(sold: Desk) -> None:
    await sold.tell(failed())
    await after_the_wait(sold)
    await sold.tell(rich("in_2", "pi_2", kind=Kind.RENEWAL, subscription=PLAN, occurred_at=at(900)))
    (mail,) = await dunned(sold)
    now = sold.clock.now()
    again = Settled(mail.id, "exit", "deferred", "ambiguous", "", 1, 1, now, None)

    async def lose(tx: Tx) -> None:
        await outbox.claim(tx, "exit", now, 100)
        await outbox.start(tx, "exit", [mail.id])
        await outbox.settle(tx, [again], [])

    await sold.store.write(lose)
    assert await go(sold) == {mail.id: Outcome.PAID}
    assert ((await dunned(sold))[0].state, await stands(sold, mail)) == ("expired", Outcome.MAILED)


async def test_what_could_not_be_sent_in_time_is_not_sent(sold: Desk) -> None:
    await tell(sold, announced(Matter.UPCOMING_PAYMENT, due_at=at(60 * 60)))
    assert await after_the_wait(sold) == [Outcome.MAILED]
    await sold.database.pass_seconds(HOUR / SECOND)
    now = sold.clock.now()
    await sold.store.write(lambda tx: outbox.expire(tx, now))
    assert (await dunned(sold))[0].state == "expired"
