"""A restored database by itself sends nothing, lets nobody in and takes no number; people say how it goes on."""

from dataclasses import replace

import pytest

from support.desk import ADA, Desk, at, refund, rich
from worker.actions.issue_receipt import Result
from worker.actions.mail_receipt import Again, CantResend, resend
from worker.actions.requeue_transaction import requeue_transaction
from worker.actions.settle_restored import CantRelease, Settled, release_numbers, settle_restored
from worker.core.allowance import HELD
from worker.core.delivery import MailState
from worker.core.transaction import Customer, Issuer
from worker.store import access, audit, milestones, outbox, restoring
from worker.store.access import NewAccessLink, SessionRow
from worker.store.engine import Tx
from worker.store.milestones import Milestone
from worker.store.outbox import MailKind, NewItem, OutboxItem
from worker.store.restoring import Series

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
HOUR = 3600.0


async def restore(desk: Desk) -> Settled:
    fresh = desk.fresh
    return await desk.store.write(lambda tx: settle_restored(tx, {"made_at": "2026-11-22T18:00:00Z"}, fresh))


async def release(desk: Desk, number: int) -> int | CantRelease:
    fresh = desk.fresh
    return await desk.store.write(lambda tx: release_numbers(tx, number, fresh))


async def to_merchant(desk: Desk) -> list[str]:
    return [str(mail.params["trouble"]) for mail in await desk.mails("merchant@shop.example")]


async def add(desk: Desk, kind: MailKind, **more: object) -> str:
    item_id, now = desk.new_id(), desk.clock.now()
    item = NewItem(item_id, kind, "ada@example.com", f"<{item_id}@x>", now, now, **more)  # type: ignore[arg-type]
    assert await desk.store.write(lambda tx: outbox.add(tx, item))
    return item_id


async def mail(desk: Desk, item_id: str) -> OutboxItem:
    found = await desk.store.read(lambda tx: outbox.by_id(tx, item_id))
    assert found is not None
    return found


async def again(desk: Desk, item_id: str) -> str | CantResend:
    fresh = desk.fresh
    return await desk.store.write(lambda tx: resend(tx, Again(item_id), desk.policy, fresh))


@BOTH
async def test_nothing_that_was_on_its_way_goes_by_itself(desk: Desk) -> None:
    await desk.tell(rich("in_1", "ch_1"), rich("in_2", "ch_2"))
    await desk.issue()
    (first, second) = await desk.mails()
    held, link = await add(desk, MailKind.FORWARD), await add(desk, MailKind.ACCESS, expires_at=at(HOUR))
    now = desk.clock.now()

    async def on_its_way(tx: Tx) -> None:
        await outbox.hold(tx, held, HELD, now)
        await outbox.claim(tx, "gone", now, 10)
        await outbox.start(tx, "gone", [first.id])

    await desk.store.write(on_its_way)
    settled = await restore(desk)
    assert settled.parked == 4
    assert await desk.outbox() == {"parked": 4}
    await desk.database.pass_seconds(48 * HOUR)
    now = desk.clock.now()
    assert await desk.store.write(lambda tx: outbox.claim(tx, "new", now, 10)) == []

    for item_id in (second.id, held):  # the merchant decides: the very same mail goes
        assert await again(desk, item_id) == item_id
        item = await mail(desk, item_id)
        assert (item.state, item.reason) == (MailState.DUE, None)
    assert await again(desk, link) is CantResend.NO_RECEIPT  # its link opens nothing any more
    assert (await mail(desk, first.id)).reason == restoring.RESTORED


@BOTH
async def test_nobody_gets_in_by_what_was_mailed_before(desk: Desk) -> None:
    await desk.tell(rich("in_1", "ch_1"))
    await desk.issue()
    customer, now = await desk.customer(), desk.clock.now()
    link = NewAccessLink("secret", customer.id, "request", "mail", now, now + 10**12)

    async def let_in(tx: Tx) -> None:
        await access.add_link(tx, link)
        await access.add_session(tx, SessionRow("hash", customer.id, "secret", None, now, now))

    await desk.store.write(let_in)
    assert await desk.store.read(lambda tx: access.session(tx, "hash", now)) is not None
    assert (await restore(desk)).sessions == 1
    assert await desk.store.read(lambda tx: access.session(tx, "hash", now)) is None
    assert await desk.store.write(lambda tx: access.redeem(tx, "secret", now, 3, now)) is None


@BOTH
async def test_numbers_wait_for_a_word_and_go_on_upwards_only(desk: Desk) -> None:
    await desk.tell(rich("in_1", "ch_1"), rich("in_2", "ch_2"))
    await desk.issue()
    settled = await restore(desk)
    assert settled.series == Series(next_number=3)
    await desk.database.pass_seconds(60)
    sold = desk.clock.now()
    await desk.tell(
        rich("in_3", "ch_3", occurred_at=sold),
        rich("in_5", "ch_5", occurred_at=sold, test=True),
        source="api",
    )
    desk.policy = replace(desk.policy, issuers={"paddle": Issuer.PROVIDER})
    await desk.tell(rich("p-1", occurred_at=sold), source="paddle")
    ends = await desk.issue()
    assert [each.result for each in ends] == [Result.WAITING, Result.ISSUED, Result.ISSUED]  # no number of ours
    assert await desk.waiting() == {"number": 1}
    assert await to_merchant(desk) == ["numbers_held"]
    assert await release(desk, 2) == CantRelease(held=True, least=3)
    await desk.later(2 * HOUR)
    assert await to_merchant(desk) == ["numbers_held"]  # and not again while that one is on its way
    assert await release(desk, 9) == 1
    await desk.issue()
    assert desk.numbers == [1, 2, 9]
    assert await release(desk, 20) == CantRelease(held=False, least=10)
    assert await desk.waiting() == {}


@BOTH
async def test_what_happened_before_the_restore_brings_no_second_receipt(desk: Desk) -> None:
    await desk.tell(rich("in_1", "ch_1"))
    await desk.issue()
    await desk.tell(rich("in_2", "ch_2"), refund("re_9", "in_9"))  # due and waiting when the backup was made
    await desk.database.pass_seconds(HOUR)
    await restore(desk)
    await release(desk, 50)
    await desk.database.pass_seconds(60)
    parked = len(await desk.mails())
    await desk.tell(rich("in_1", "ch_1"), rich("evt_1", "ch_1"))  # the webhook again, and its other event
    await desk.tell(rich("in_3", "ch_3", occurred_at=at(60)))  # sold after the backup, told again after the restore
    await desk.issue()
    assert len(await desk.mails()) == parked
    assert desk.numbers == [1]
    for lost in ("in_2", "in_3"):
        row = await desk.row(lost)
        assert (row.state, row.reason) == ("quarantined", restoring.RESTORED)
    assert (await desk.row("evt_1")).state == "merged"

    await desk.tell(refund("re_3", "in_3", occurred_at=desk.clock.now()))  # of a sale that waits for a decision
    await desk.issue()
    assert (await desk.row("re_3")).state == "waiting"
    fresh, lost_id = desk.fresh, (await desk.row("in_3")).id
    assert await desk.store.write(lambda tx: requeue_transaction(tx, lost_id, fresh))
    await desk.issue()
    assert desk.numbers == [1, 50, 51]  # the sale's, and the credit note's
    assert (await desk.row("re_3")).state == "done"


@BOTH
async def test_one_word_is_enough_for_all_tellings_of_a_payment(desk: Desk) -> None:
    await restore(desk)
    await release(desk, 7)
    await desk.tell(rich("in_1", "ch_1", occurred_at=at(-HOUR)), rich("cs_1", "ch_1", occurred_at=at(-HOUR)))
    await desk.issue()
    fresh, first = desk.fresh, (await desk.row("in_1")).id
    assert (await desk.row("cs_1")).state == "quarantined"
    await desk.store.write(lambda tx: requeue_transaction(tx, first, fresh))
    await desk.issue()
    assert (await desk.row("cs_1")).state in ("merged", "done")
    assert desk.numbers == [7]


@BOTH
async def test_a_restore_is_written_down(desk: Desk) -> None:
    await desk.tell(rich("in_1", "ch_1", customer=Customer(email=ADA.email)))
    await desk.issue()
    await restore(desk)
    reached = await desk.store.read(lambda tx: milestones.last(tx, Milestone.RESTORE))
    assert reached is not None
    assert reached.details["parked"] == 1
    customer = await desk.customer()
    assert await desk.store.read(lambda tx: audit.of_customer(tx, customer.id)) == []  # it is nobody's in particular
