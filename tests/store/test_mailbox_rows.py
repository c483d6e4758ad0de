"""A mailbox is watched by one process, read onwards, and told of once it can't be read."""

import asyncio
import hashlib

import pytest

from support.databases import START, Database
from support.desk import POLICY, Desk
from worker.actions.take_from_mailbox import pass_by, take_mail, tell_of_trouble
from worker.core.instant import DAY, MINUTE, SECOND
from worker.mail.classify import Outcome
from worker.store import inbox, mailboxes
from worker.store.engine import Store
from worker.store.inbox import MailEnd, MailState, NewMail
from worker.store.mailboxes import MailboxRow, Spot

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)

BOX = "shop@mail.example:993/INBOX"


async def take(store: Store, owner: str, *, alone: bool = False) -> bool:
    return await store.write(lambda tx: mailboxes.take(tx, BOX, owner, seconds=30, alone=alone))


def mail(number: int, essence: str | None = None, raw: bytes = b"x") -> NewMail:
    digest = hashlib.sha256(raw + b"%d" % number).hexdigest()
    recipients = ("access@shop.example",)
    return NewMail(f"m{number}", START, "imap", "", recipients, raw, digest, None, essence=essence)


async def test_one_process_watches_it_until_its_lease_is_over(database: Database) -> None:
    here, there = database.store, await database.another()
    taken = await asyncio.gather(*(take(store, owner) for store, owner in ((here, "a"), (there, "b")) * 3))
    assert sum(taken) == 3, "each of one process's three calls renews"
    first, second = ("a", "b") if taken[0] else ("b", "a")
    await database.pass_seconds(20)
    assert await take(here, first)
    await database.pass_seconds(20)
    assert not await take(there, second)
    await database.pass_seconds(11)
    assert await take(there, second)
    assert not await take(here, first)
    await there.write(lambda tx: mailboxes.release(tx, BOX, first))
    assert not await take(here, first), "it wasn't theirs any more"
    await there.write(lambda tx: mailboxes.release(tx, BOX, second))
    assert await take(here, first)
    assert await take(here, second, alone=True), "whoever is alone takes over from the dead"


async def test_it_is_read_onwards_and_anew_where_its_numbers_begin_anew(store: Store) -> None:
    assert await store.read(lambda tx: mailboxes.by_name(tx, BOX)) == MailboxRow(None, 0, None)
    await take(store, "a")
    for validity, uid, last in ((7, 3, 3), (7, 2, 3), (7, 9, 9), (8, 1, 1)):
        spot = Spot(BOX, validity, uid)
        await store.write(lambda tx, spot=spot: mailboxes.advance(tx, spot))  # type: ignore[misc]
        assert await store.read(lambda tx: mailboxes.by_name(tx, BOX)) == MailboxRow(validity, last, None)
    await store.write(lambda tx: mailboxes.looked(tx, BOX, START))
    assert (await store.read(lambda tx: mailboxes.by_name(tx, BOX))).looked_at == START


async def test_a_mail_is_put_away_once_it_is_understood_unless_people_read_it_there(store: Store) -> None:
    await take(store, "a")
    spots = [Spot(BOX, 7, uid) for uid in (1, 2, 3)]
    new = [mail(1, "one"), mail(2, "two"), mail(3, "one")]
    kept = [
        await store.write(lambda tx, spot=spot, each=each: take_mail(tx, spot, each))  # type: ignore[misc]
        for spot, each in zip(spots, new, strict=True)
    ]
    assert kept == [True, True, False]
    assert await store.read(inbox.counts) == {"waiting": 2, "duplicate": 1}
    assert await store.read(lambda tx: mailboxes.done(tx, BOX, 7, 10)) == [(spots[2], False)]
    end = MailEnd(MailState.SETTLED, "link_request")
    await store.write(lambda tx: inbox.settle(tx, "m1", end, START))
    await store.write(lambda tx: inbox.settle(tx, "m2", end, START))
    await store.write(lambda tx: inbox.leave(tx, "m2", START))
    done = await store.read(lambda tx: mailboxes.done(tx, BOX, 7, 10))
    assert done == [(spots[0], False), (spots[1], True), (spots[2], False)]
    assert not await store.write(lambda tx: take_mail(tx, Spot(BOX, 8, 1), mail(1, "one")))
    await store.write(lambda tx: mailboxes.forget_void(tx, BOX, 8))
    assert await store.read(lambda tx: mailboxes.done(tx, BOX, 7, 10)) == []
    assert await store.read(lambda tx: mailboxes.done(tx, BOX, 8, 10)) == [(Spot(BOX, 8, 1), False)]
    await store.write(lambda tx: mailboxes.forget_place(tx, Spot(BOX, 8, 1)))
    assert await store.read(lambda tx: mailboxes.done(tx, BOX, 8, 10)) == []


async def test_what_is_passed_by_is_recorded_once(store: Store) -> None:
    await take(store, "a")
    spot = Spot(BOX, 7, 5)
    again = [
        await store.write(lambda tx: pass_by(tx, spot, mail(5), Outcome.TOO_LARGE, "left in the mailbox"))
        for _ in range(2)
    ]
    assert again == [True, False]
    assert await store.read(inbox.counts) == {"too_large": 1}


async def test_the_merchant_hears_of_it_after_a_quarter_of_an_hour_once_a_day(database: Database) -> None:
    desk = Desk(database)
    await take(desk.store, "a")
    told = []
    for wait in (0, 14 * MINUTE, 2 * MINUTE, 1 * MINUTE, DAY - 2 * MINUTE, 2 * MINUTE):
        await database.pass_seconds(wait / SECOND)
        fresh = desk.fresh
        told.append(await desk.store.write(lambda tx: tell_of_trouble(tx, BOX, POLICY, fresh)))  # noqa: B023
    assert told == [False, False, True, False, False, True]
    alerts = await desk.mails("merchant@shop.example")
    assert [each.params["trouble"] for each in alerts] == ["mailbox_fails"] * 2
    await desk.store.write(lambda tx: mailboxes.looked(tx, BOX, desk.clock.now()))
    await database.pass_seconds(2 * DAY / SECOND)
    fresh = desk.fresh
    assert not await desk.store.write(lambda tx: tell_of_trouble(tx, BOX, POLICY, fresh))
