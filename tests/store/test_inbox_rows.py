"""Kept mails: each once, byte for byte, tried by one process at a time, settled once."""

import asyncio
import hashlib

import pytest

from support.databases import START, Database
from worker.store import inbox
from worker.store.engine import Store
from worker.store.inbox import TRY_SECONDS, KeptMail, MailEnd, MailState, NewMail

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)

RAW = bytes(range(256)) * 3
LINK_SENT = MailEnd(MailState.SETTLED, "link_request", "mailed")


def mail(number: int, raw: bytes = RAW, recipients: tuple[str, ...] = ("access@shop.example",)) -> NewMail:
    digest = hashlib.sha256(raw).hexdigest()
    return NewMail(f"m{number:03}", START, "192.0.2.1", "", recipients, raw, digest, "<1@mail.example>")


async def keep(store: Store, new: NewMail) -> bool:
    return await store.write(lambda tx: inbox.keep_mail(tx, new))


async def begin(store: Store, mail_id: str = "m001") -> KeptMail | None:
    return await store.write(lambda tx: inbox.begin(tx, mail_id))


async def waiting(store: Store) -> list[str]:
    return await store.read(lambda tx: inbox.waiting_mails(tx, 100))


async def test_a_mail_brought_again_and_again_is_kept_once(database: Database) -> None:
    stores = [database.store, await database.another()]
    kept = await asyncio.gather(*(keep(stores[number % 2], mail(number)) for number in range(40)))
    assert sum(kept) == 1
    assert len(await waiting(database.store)) == 1
    assert await keep(database.store, mail(50, raw=RAW + b"."))
    assert await keep(database.store, mail(51, recipients=("postmaster@shop.example",)))


async def test_a_mail_comes_back_as_it_went_in(store: Store) -> None:
    await keep(store, mail(1, recipients=("b@shop.example", "a@shop.example")))
    found = await store.read(lambda tx: inbox.by_id(tx, "m001"))
    assert found is not None
    assert (found.raw, found.size, found.sender, found.peer) == (RAW, len(RAW), "", "192.0.2.1")
    assert found.recipients == ("a@shop.example", "b@shop.example")
    assert (found.state, found.attempts, found.outcome) == (MailState.WAITING, 0, None)
    assert await store.read(lambda tx: inbox.by_id(tx, "nothing")) is None


async def test_one_process_has_a_mail_in_hand_until_its_time_is_over(database: Database, store: Store) -> None:
    await keep(store, mail(1))
    other = await database.another()
    tries = await asyncio.gather(*(begin(each) for each in (store, other) for _ in range(5)))
    [begun] = [each for each in tries if each is not None]
    assert (begun.attempts, begun.raw) == (1, RAW)
    assert await waiting(store) == []
    await database.pass_seconds(TRY_SECONDS + 1)
    assert await waiting(store) == ["m001"]
    again = await begin(store)
    assert again is not None
    assert again.attempts == 2


async def test_a_mail_is_settled_once_and_counted_by_its_outcome(database: Database, store: Store) -> None:
    for number in range(3):
        await keep(store, mail(number, raw=b"%d" % number))
    other = await database.another()
    ends = await asyncio.gather(
        *(each.write(lambda tx: inbox.settle(tx, "m001", LINK_SENT, START)) for each in (store, other) * 5)
    )
    assert sum(ends) == 1
    poison = MailEnd(MailState.QUARANTINED, "unreadable", "reading it failed 3 times")
    assert await store.write(lambda tx: inbox.settle(tx, "m002", poison, START))
    assert await waiting(store) == ["m000"]
    assert await begin(store) is None
    assert await store.read(inbox.counts) == {"waiting": 1, "link_request": 1, "unreadable": 1}
