"""Backed up under load, sold on, restored: nothing goes twice, no number comes twice, no old link lets anybody in."""

import asyncio
import re
import stat
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from keeping.shop import counts, do, fail, invoice_numbers, program_for, sales, settled
from support.program import Program
from support.sink import Mail, Sink, SinkRules, running_sink

LINK = re.compile(r"^https?://[^/]+(/access/\S+)\r?$", re.MULTILINE)
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
BROWSER = {"Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
BUSY = {"buyer3@example.com": "451 4.2.1 mailbox busy"}


async def ask_for_link(program: Program, sink: Sink, address: str) -> str:
    """Ask by the form; the path of the link that comes."""
    before = len(sink.mails)
    async with aiohttp.ClientSession(program.url, headers=BROWSER) as browser:
        async with browser.get("/updateinfo/") as page:
            hidden = dict(HIDDEN.findall(await page.text()))
        async with browser.post("/updateinfo/", data={**hidden, "email": address}) as answer:
            assert answer.status == 200
    while not (links := [link for mail in sink.mails[before:] if (link := link_in(mail, address))]):
        await sink.wait_for(len(sink.mails) + 1)
    return links[0]


def link_in(mail: Mail, address: str) -> str | None:
    body = mail.message().get_body(("plain",)) if address in mail.recipients else None
    found = LINK.search(body.get_content()) if body is not None else None
    return found[1] if found else None


async def come_in(program: Program, link: str) -> aiohttp.ClientSession:
    """Open the link and press its button; the browser that is in."""
    browser = aiohttp.ClientSession(program.url, headers=BROWSER, cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with browser.get(link) as page:
        hidden = dict(HIDDEN.findall(await page.text()))
    async with browser.post(link, data=hidden) as answer:
        assert answer.status == 200, await answer.text()
    return browser


async def is_in(browser: aiohttp.ClientSession) -> bool:
    async with browser.get("/hub/", allow_redirects=False) as answer:
        return answer.status == 200


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


async def test_the_whole_way(tmp_path: Path, store_url: str) -> None:
    state, folder = tmp_path / "state", tmp_path / "elsewhere"
    state.mkdir()
    async with running_sink(SinkRules(replies=BUSY)) as sink, AsyncExitStack() as browsers:
        program = program_for(sink, state, None if store_url.startswith("sqlite") else store_url)
        async with program.running() as running:
            await running.tell(sales(range(8)))
            await sink.wait_for(7)
            link = await ask_for_link(program, sink, "buyer1@example.com")
            browser = await browsers.enter_async_context(await come_in(program, link))
            assert await is_in(browser)
            under_load = asyncio.create_task(running.tell(sales(range(8, 40))))
            said = await do(program, "backup", str(folder), "--keep", "3")
            await under_load
            (archive,) = folder.iterdir()
            assert str(archive) in said
            assert stat.S_IMODE(archive.stat().st_mode) == 0o600
            assert "Last backup   none" not in await do(program, "status")
            await running.tell(sales(range(40, 50)))
            assert (await settled(program, running, 50))["deferred"] == 1
            assert "stop" in await fail(program, "restore", str(archive), "--replace")
            assert await running.stop() == 0, running.journal
        told = invoice_numbers(sink)  # all but that of the mail that was put off
        assert len(set(told)) == len(told) == 49
        assert set(told) < set(range(1, 51))
        sent = len(sink.mails)

        assert "--replace" in await fail(program, "restore", str(archive))
        assert "is dead" not in await do(program, "restore", str(archive), "--replace")
        assert "--next-number" in await do(program, "status")
        assert (await counts(program))["parked"] >= 1
        async with program.running() as running:
            assert not await is_in(browser)
            async with aiohttp.ClientSession(program.url, headers=BROWSER) as stranger, stranger.get(link) as page:
                assert "buyer" not in (await page.text()).lower()
                assert page.status in (404, 410)
            again = await running.tell(sales(range(50)))  # what the copy has is known, the rest may have been issued
            assert 10 <= len(again) <= 42
            await running.tell(sales([50], occurred_at=now()))
            assert "1 waits for" in await do(program, "status")
            assert "upwards" in await fail(program, "restore", "--next-number", "5")
            await do(program, "restore", "--next-number", "51")
            await sink.wait_for(sent + 1)
            newcomer = await come_in(program, await ask_for_link(program, sink, "buyer1@example.com"))
            assert await is_in(await browsers.enter_async_context(newcomer))
            found = await counts(program)
            assert found["due"] <= 1, "the alert of waiting numbers, and no other mail"
            assert found["deferred"] == found["failed"] == 0
            aside = await do(program, "events", "list", "--state", "quarantined", "--most", "1000")
            named = set(re.findall(r"transaction (T-\d+) .*set aside", aside))
            # Besides them what the copy had in hand: accepted, and not issued yet.
            assert set(again) <= named <= {f"T-{number}" for number in range(8, 50)}
            assert await running.stop() == 0, running.journal
        mails = sink.mails[sent:]
        to_customers = [mail.recipients[0] for mail in mails if mail.recipients != ("owner@example.org",)]
        assert sorted(to_customers) == ["buyer1@example.com", "buyer50@example.com"]
        assert invoice_numbers(sink) == [*told, 51]
