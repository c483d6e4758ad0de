"""The loop over kept mails: what one of them takes, others don't wait for."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import pytest

from support.desk import Desk, rich
from worker.actions.receive_mail import keep_mail
from worker.clock import system_clock
from worker.core.access import AccessPolicy
from worker.core.mail_policy import MailPolicy
from worker.intake.understanding import IN_HAND, Understanding, understand_all
from worker.mail.addresses import OurAddresses
from worker.metrics import new_metrics
from worker.net.origins import NOBODY_ASKED
from worker.store import inbox
from worker.store.changes import Topic
from worker.store.inbox import NewMail

OURS = OurAddresses("access@shop.example", None, ("a key of sixteen characters",))
POLICY = MailPolicy(AccessPolicy(message_domain="shop.example"), "help@shop.example")


async def keep(desk: Desk, number: int) -> str:
    raw = f"From: buyer{number}@example.com\r\nSubject: link\r\n\r\n".encode()
    digest = hashlib.sha256(raw).hexdigest()
    new = NewMail(desk.new_id(), desk.clock.now(), "192.0.2.1", "a@example.com", (OURS.access,), raw, digest, None)
    assert await desk.store.write(lambda tx: keep_mail(tx, new))
    return new.id


async def settled(desk: Desk, mail_id: str) -> str:
    async with asyncio.timeout(20):
        while True:
            seen = desk.store.changes.count(Topic.INBOX)
            kept = await desk.store.read(lambda tx: inbox.by_id(tx, mail_id))
            if kept is not None and kept.outcome is not None:
                return kept.outcome
            await desk.store.changes.wait(Topic.INBOX, seen, 0.05)


@asynccontextmanager
async def understanding(desk: Desk) -> AsyncIterator[None]:
    stopping, works_with = (
        asyncio.Event(),
        Understanding(desk.store, system_clock(), new_metrics(), OURS, POLICY, NOBODY_ASKED),
    )
    loop = asyncio.create_task(understand_all(lambda: works_with, stopping))
    yield
    stopping.set()
    desk.store.changes.tell(Topic)
    await loop


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_what_comes_later_does_not_wait_for_a_mail_that_takes_long(desk: Desk) -> None:
    await desk.tell(rich("T-1"))
    stuck = [await keep(desk, number) for number in range(IN_HAND - 1)]
    somebody = await asyncpg.connect(desk.database.url)
    try:
        async with understanding(desk):
            async with somebody.transaction():
                await somebody.fetch("SELECT id FROM inbox FOR UPDATE")
                for number in range(IN_HAND, IN_HAND + 3):
                    assert await settled(desk, await keep(desk, number)) == "stranger"
            assert [await settled(desk, each) for each in stuck] == ["stranger"] * len(stuck)
    finally:
        await somebody.close()


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_more_than_a_batch_is_understood_once_each(desk: Desk) -> None:
    ids = [await keep(desk, number) for number in range(150)]
    async with understanding(desk):
        assert {await settled(desk, each) for each in ids} == {"stranger"}
    kept = [await desk.store.read(partial(inbox.by_id, mail_id=each)) for each in ids]
    assert {each.attempts for each in kept if each} == {1}
