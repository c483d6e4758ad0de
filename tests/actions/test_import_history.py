"""History that was imported: shown like the rest, once, and nothing ever goes out because of it."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from support.databases import START
from support.desk import ADA, Desk, at, bare, refund, rich
from worker.actions.accept_transaction import Answer, Telling
from worker.actions.import_history import Taken, begin_import, finish_import, turn_page
from worker.actions.keep_alone import Until
from worker.core.history import Tally, history_ends
from worker.core.instant import DAY, HOUR
from worker.core.invoice import DocumentKind
from worker.core.transaction import Customer, ExternalInvoice, Issuer, Kind, Payment, Subscription, Transaction
from worker.store import imports, purchases, subscriptions
from worker.store.imports import ImportRow
from worker.store.transactions import State

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
ONE = pytest.mark.parametrize("database", ["sqlite-inline"], indirect=True)
LONG_AGO = START - 200 * DAY


def past(told: Transaction, days: int = 0) -> Transaction:
    return replace(told, occurred_at=LONG_AGO + days * DAY)


async def shown(desk: Desk) -> list[tuple[str, int, str | None, int]]:
    """What the hub lists of Ada's purchases: newest first."""
    customer = await desk.customer()
    found = await desk.store.read(lambda tx: purchases.newest(tx, customer.id, 99))
    return [(each.entry.kind.value, each.entry.total, each.entry.number, each.issued_at) for each in found]


@BOTH
async def test_what_was_imported_is_shown_with_its_day_and_takes_neither_number_nor_mail(desk: Desk) -> None:
    told = (
        past(rich("in_1", "ch_1", invoice=ExternalInvoice(number="AB-7", issuer=Issuer.US))),
        past(bare("ch_2", "ch_2"), 1),
        past(refund("re_1", "ch_2", 900), 2),
    )
    assert await desk.take_in(*told) == [Taken.NEW] * 3
    assert await desk.take_in(*told) == [Taken.KNOWN] * 3
    await desk.draw()
    assert await shown(desk) == [
        ("refund_receipt", 900, None, LONG_AGO + 2 * DAY),
        ("receipt", 4900, None, LONG_AGO + DAY),
        ("receipt", 4900, "AB-7", LONG_AGO),
    ]
    assert (await desk.outbox(), await desk.waiting()) == ({}, {})
    assert (await desk.later(2 * DAY), await desk.outbox()) == ([], {})


@BOTH
async def test_the_first_number_is_that_of_the_first_live_sale(desk: Desk) -> None:
    await desk.take_in(*(past(rich(f"in_{number}"), number) for number in range(5)))
    await desk.draw()
    await desk.tell(rich("in_9"))
    await desk.issue()
    assert (desk.numbers, len(await desk.mails())) == ([1], 1)


@BOTH
@pytest.mark.parametrize("drawn", [True, False], ids=["drawn up", "not drawn up yet"])
async def test_what_was_imported_and_is_told_live_later_is_one_and_brings_no_receipt(desk: Desk, drawn: bool) -> None:
    await desk.take_in(past(rich("in_1", "ch_1")))
    if drawn:
        await desk.draw()
    again, other = past(rich("in_1", "ch_1", total=1)), past(bare("ch_1", "ch_1", "pi_1"))
    assert await desk.tell(again, other) == [Answer.DUPLICATE, Answer.ACCEPTED]
    await desk.later(60)
    await desk.draw()
    assert [kind for kind, *_ in await shown(desk)] == ["receipt"]
    assert (desk.numbers, await desk.outbox()) == ([], {})


@BOTH
@pytest.mark.parametrize("waits", [True, False], ids=["receipt waits", "receipt went"])
async def test_what_is_live_keeps_its_receipt_though_its_history_is_imported(desk: Desk, waits: bool) -> None:
    await desk.tell(bare("ch_1", "ch_1"))
    if not waits:
        await desk.later(30)
    assert await desk.take_in(bare("ch_1", "ch_1", total=1), rich("in_1", "ch_1")) == [Taken.DIFFERENT, Taken.NEW]
    await desk.draw()
    assert (await desk.row("in_1")).state is State.MERGED
    await desk.later(30)
    assert (desk.numbers, len(await desk.mails())) == ([1], 1)
    assert [(kind, number) for kind, _, number, _ in await shown(desk)] == [("invoice", "1")]


@BOTH
async def test_a_later_refund_of_an_imported_sale_is_no_credit_note_of_ours(desk: Desk) -> None:
    await desk.take_in(past(rich("in_1", "ch_1")))
    await desk.draw()
    await desk.tell(refund("re_1", "ch_1"))
    await desk.issue()
    document = await desk.document("re_1")
    assert document is not None
    assert (document.frozen.kind, document.number) == (DocumentKind.REFUND_RECEIPT, None)
    assert (desk.numbers, len(await desk.mails())) == ([], 1)


@BOTH
async def test_an_imported_refund_of_our_own_invoice_takes_no_number_either(desk: Desk) -> None:
    await desk.tell(rich("in_1", "ch_1"))
    await desk.issue()
    await desk.take_in(refund("re_1", "ch_1", 900))
    await desk.draw()
    assert (desk.numbers, [kind for kind, *_ in await shown(desk)]) == ([1], ["refund_receipt", "invoice"])


@ONE
async def test_a_refund_told_live_waits_for_its_imported_sale(desk: Desk) -> None:
    await desk.tell(refund("re_1", "ch_1"))
    await desk.issue()
    await desk.take_in(past(bare("ch_1", "ch_1")))
    await desk.issue()
    assert await desk.waiting() == {"sale": 1}
    await desk.draw()
    await desk.issue()
    assert [kind for kind, *_ in await shown(desk)] == ["refund_receipt", "receipt"]
    assert desk.numbers == []


@ONE
async def test_what_nobody_draws_up_is_drawn_up_a_day_later(desk: Desk) -> None:
    await desk.take_in(past(bare("ch_1", "ch_1")))
    assert await desk.later(23 * 3600) == []
    await desk.later(2 * 3600)
    assert ([kind for kind, *_ in await shown(desk)], await desk.outbox()) == (["receipt"], {})


@ONE
async def test_the_card_of_a_charge_and_the_lines_of_its_invoice_stand_in_one_document(desk: Desk) -> None:
    charge = bare("ch_1", payment=Payment(method="card", brand="visa", last4="4242", references=("ch_1",)))
    await desk.take_in(past(charge), past(rich("in_1", "ch_1")))
    await desk.draw()
    document = await desk.document("in_1")
    assert document is not None
    assert (document.frozen.payment.last4, len(document.frozen.lines)) == ("4242", 1)


@ONE
async def test_two_sources_that_tell_of_one_payment_are_one_also_in_history(desk: Desk) -> None:
    await desk.take_in(past(rich("in_1", "ch_1")), source="stripe")
    await desk.take_in(past(rich("7", "ch_1", "thrivecart:7")), source="thrivecart")
    await desk.draw("stripe")
    await desk.draw("thrivecart")
    assert len(await shown(desk)) == 1


@ONE
async def test_subscriptions_are_followed_through_history(desk: Desk) -> None:
    plan = Subscription(ref="sub_1", interval="month", status=None, next_payment_at=LONG_AGO + 60 * DAY)
    ended = Transaction(
        "sub_1:e", Kind.SUBSCRIPTION_CHANGED, at(0), subscription=Subscription("sub_1", status="cancelled")
    )
    renewals = [past(rich(f"in_{n}", kind=Kind.RENEWAL, subscription=plan), 30 * n) for n in range(3)]
    await desk.take_in(replace(ended, customer=Customer(ref="cus_1")), *reversed(renewals))
    await desk.draw()
    customer = await desk.customer()
    [followed] = await desk.store.read(lambda tx: subscriptions.of_customer(tx, customer.id))
    assert (followed.name, followed.status, followed.amount) == ("Course", "cancelled", 4900)


@ONE
async def test_a_payment_of_the_days_in_which_events_come_is_left_to_its_event(desk: Desk) -> None:
    ends_at = history_ends(desk.clock.now(), desk.clock.now() - HOUR)
    await desk.tell(rich("in_known"))
    told = [Telling("stripe", each) for each in (rich("in_known"), rich("in_new"), past(rich("in_old")))]
    row = ImportRow("stripe", START, None, "first", Tally())
    await desk.store.write(lambda tx: begin_import(tx, row))
    page = (told, Tally(read=3), Until(ends_at))
    tally = await desk.store.write(lambda tx: turn_page(tx, row, None, page, desk.fresh))
    assert tally == Tally(read=3, new=1, known=1, live=1)


def test_history_ends_where_the_events_begin() -> None:
    assert history_ends(START, None) is None
    assert history_ends(START, START - HOUR) == START - HOUR
    assert history_ends(START, START - 99 * DAY) == START - 3 * DAY


@BOTH
async def test_an_import_goes_on_where_it_stopped_and_of_two_the_slower_stops(desk: Desk) -> None:
    row = ImportRow("stripe", START, None, "first", Tally())
    await desk.store.write(lambda tx: begin_import(tx, row))

    async def turn(of: ImportRow, place: str, *told: Transaction) -> Tally | None:
        page = ([Telling("stripe", each) for each in told], Tally(read=len(told), odd={"no time": 1}), Until())
        return await desk.store.write(lambda tx: turn_page(tx, of, place, page, desk.fresh))

    assert await turn(row, "second", past(rich("in_1"))) == Tally(read=1, new=1, odd={"no time": 1})
    assert await turn(row, "second", past(rich("in_2"))) is None
    again = replace(row, began_at=START + 1)
    met = await desk.store.write(lambda tx: begin_import(tx, again))
    assert (met.began_at, met.place, met.tally.new) == (START, "second", 1)
    assert await turn(met, "third", past(rich("in_2"))) == Tally(read=2, new=2, odd={"no time": 2})
    for _ in range(2):
        await desk.store.write(lambda tx: finish_import(tx, met, Tally(read=2, new=2), desk.fresh))
    assert await desk.store.write(lambda tx: begin_import(tx, again)) == again
    assert (await desk.store.read(lambda tx: imports.of(tx, "stripe"))) == again


@BOTH
async def test_another_span_begins_anew(desk: Desk) -> None:
    row = ImportRow("stripe", START, None, "first", Tally())
    await desk.store.write(lambda tx: begin_import(tx, row))
    later = replace(row, began_at=START + 1, since=LONG_AGO)
    assert await desk.store.write(lambda tx: begin_import(tx, later)) == later


HISTORY: Sequence[Transaction] = (
    past(bare("ch_1", "ch_1", "pi_1"), 1),
    past(rich("in_1", "ch_1"), 1),
    past(bare("ch_2", "ch_2"), 3),
    past(refund("re_1", "ch_1", 900), 4),
    past(refund("re_2", "ch_2", 4900), 5),
    past(rich("in_3", kind=Kind.RENEWAL, subscription=Subscription("sub_1")), 9),
    Transaction("cus_1:i", Kind.CUSTOMER_CHANGED, LONG_AGO, customer=ADA),
)


@ONE
@pytest.mark.parametrize("seed", range(40))
async def test_any_split_order_and_repetition_of_history_gives_the_same_end(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    told = chance.sample(HISTORY, len(HISTORY))
    for _ in range(2):
        while told:
            size = chance.randint(1, 4)
            page, told = told[:size], told[size:]
            await desk.take_in(*page)
            if chance.random() < 0.3:  # killed here, and run again
                await desk.take_in(*page)
        told = chance.sample(HISTORY, 4)
    await desk.draw()
    assert [(kind, total, issued_at) for kind, total, _, issued_at in await shown(desk)] == [
        ("receipt", 4900, LONG_AGO + 9 * DAY),
        ("refund_receipt", 4900, LONG_AGO + 5 * DAY),
        ("refund_receipt", 900, LONG_AGO + 4 * DAY),
        ("receipt", 4900, LONG_AGO + 3 * DAY),
        ("receipt", 4900, LONG_AGO + DAY),
    ]
    assert (desk.numbers, await desk.outbox(), await desk.waiting()) == ([], {}, {})
