"""A customer's documents as `letterkey customer show` tells of them: what was refunded, and what must be looked at."""

from dataclasses import replace

import pytest

from support.databases import Database
from support.desk import COURSE, Desk, at, bare, refund, rich
from worker.commands.papers import lines, papers_of
from worker.store.payments import TOLD_TWICE

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


async def shown(desk: Desk, address: str = "ada@example.com") -> list[str]:
    customer = await desk.customer(address)
    papers = await desk.store.read(lambda tx: papers_of(tx, customer.id))
    return [f"{label}: {words}" for label, words in lines(papers, "Europe/Berlin")]


@BOTH
async def test_documents_say_what_was_refunded(database: Database) -> None:
    desk = Desk(database)
    for number in (1, 2, 3):
        await desk.tell(rich(f"T-{number}", receipt_style="none"), source="api")
        await desk.issue()
    await desk.tell(refund("R-2", "T-2", 1000), refund("R-3", "T-3"), rich("T-4", test=True), source="api")
    await desk.issue()
    found = await shown(desk)
    assert sorted(found) == [
        "Credit note: 4, 22 Nov 2026 19:48, €10.00",
        "Credit note: 5, 22 Nov 2026 19:48, €49.00",
        "Invoice: 1, 22 Nov 2026 19:48, €49.00",
        "Invoice: 2, 22 Nov 2026 19:48, €49.00, €10.00 of it refunded",
        "Invoice: 3, 22 Nov 2026 19:48, €49.00, all of it refunded",
        "Invoice: without a number, 22 Nov 2026 19:48, €49.00, test",
    ]


@BOTH
async def test_what_is_odd_is_told_in_plain_words(database: Database) -> None:
    desk = Desk(database)
    await desk.tell(rich("in_1", "in_1", lines=(replace(COURSE, unit_amount=100),)))
    await desk.issue()
    await desk.tell(refund("re_1", "in_1", 5000))
    await desk.issue()
    found = [line for line in await shown(desk) if line.startswith("Look at")]
    assert found == [
        "Look at: re_1 (refund, stripe): more was given back than the sale had brought",
        "Look at: in_1 (sale, stripe): its lines don't come to its total; the document shows both as they were told",
    ]


@BOTH
async def test_one_payment_with_two_documents_is_shown_and_refunded_once(database: Database) -> None:
    desk = Desk(database)
    await desk.tell(rich("in_1", "in_1"), bare("ch_1", "ch_1", occurred_at=at(3600)))
    await desk.later(40)
    assert desk.numbers == [1, 2], "nothing showed yet that they are one"
    await desk.link("evt_1", "in_1", "ch_1")
    await desk.issue()
    assert [(await desk.row(name)).flag for name in ("in_1", "ch_1")] == [None, TOLD_TWICE]
    for number, name in enumerate(("ch_1", "in_1")):
        document = await desk.document(name)
        assert document is not None
        assert document.number == "1"
        await desk.tell(refund(f"re_{number}", name, 2450))
        await desk.issue()
    found = await shown(desk)
    assert [line for line in found if line.startswith("Invoice")] == [
        "Invoice: 2, 22 Nov 2026 19:48, €49.00",
        "Invoice: 1, 22 Nov 2026 19:48, €49.00, all of it refunded",
    ]
    [odd] = [line for line in found if line.startswith("Look at")]
    assert odd.startswith("Look at: ch_1 (sale, stripe): the payment was told before and both tellings have a document")
