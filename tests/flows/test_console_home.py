"""The console's first page on the running hub: it tells what happened, in the merchant's time, and changes nothing."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from flows import way_in
from flows.hub import Visitor, visiting
from flows.merchants import come_in, console_server
from flows.way_in import ADA, Browser, buy, new_link
from support.databases import Database
from worker.core.instant import DAY, HOUR
from worker.core.relay import RelayState
from worker.store import outbox, relays
from worker.store.engine import Tx
from worker.store.outbox import MailKind
from worker.store.relays import RELAY


@pytest.fixture
async def visitor(database: Database) -> AsyncIterator[Visitor]:
    async with visiting(console_server(database), database) as visitor:
        yield visitor


async def home(browser: Browser) -> str:
    answer = await browser.get("/console/")
    assert answer.status == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


async def test_what_happened_this_month_is_counted(visitor: Visitor) -> None:
    browser = Browser(visitor)
    await come_in(browser)
    assert "None so far." in await home(browser)
    await buy(visitor, ADA)
    await buy(visitor, ADA, 2)
    await new_link(visitor)
    said = await home(browser)
    assert "2 Receipts mailed" in said
    assert "1 Links answered" in said
    assert "2 so far; the most on 22 November 2026: 2." in said
    visitor.database.clock.at += 9 * DAY
    await come_in(browser)
    assert "0 Receipts mailed" in await home(browser)


async def test_the_relay_the_queue_and_what_failed(visitor: Visitor) -> None:
    browser, now = Browser(visitor), visitor.database.clock.at
    await come_in(browser)
    assert "All is well" in await home(browser)
    await buy(visitor, ADA)
    assert "1 mail waits. The oldest is due since 18:48 UTC." in await home(browser)

    async def body(tx: Tx) -> None:
        paused = replace(RelayState(), paused_at=now, reason="relay_refused", probe_at=now + 60_000_000)
        await relays.save(tx, RELAY, paused, now)
        [mail] = await outbox.to_address(tx, ADA)
        assert mail.kind is MailKind.RECEIPT
        await outbox.hold(tx, mail.id, "held", now)

    await visitor.database.store.write(body)
    said = await home(browser)
    assert "1 thing needs you" in said
    assert "Paused since 18:48 UTC: it refused us; look at the user and password in mail.smtp_url." in said
    assert "Nothing waits." in said


async def test_a_worker_that_is_gone_is_noticed(visitor: Visitor) -> None:
    await buy(visitor, ADA)
    visitor.database.clock.at += HOUR
    browser = Browser(visitor)
    await come_in(browser)
    assert "is letterkey run running, with its part outbound?" in await home(browser)


async def test_looking_changes_nothing(visitor: Visitor) -> None:
    await buy(visitor, ADA)
    browser = Browser(visitor)
    await come_in(browser)
    before = await way_in.everything(visitor)
    for _ in range(2):
        await home(browser)
    assert await way_in.everything(visitor) == before
