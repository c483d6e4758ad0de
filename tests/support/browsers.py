"""Real browsers on the running program: Chromium, a profile of its own for each visitor, and what their mails say."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright

from support.sink import Sink

QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@asynccontextmanager
async def chrome(path: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=QUIET)
        try:
            yield browser
        finally:
            await browser.close()


async def visitor(browser: Browser, foreign: list[str]) -> Page:
    """A page of a browser profile of its own, without scripts; what it asks of others is noted in `foreign`."""
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    page.on("request", lambda request: _note(request.url, foreign))
    return page


def _note(url: str, foreign: list[str]) -> None:
    if urlsplit(url).hostname != "127.0.0.1":
        foreign.append(url)


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def found(pattern: str, mail: EmailMessage) -> str:
    [only] = re.findall(pattern, text_of(mail), re.MULTILINE)
    return str(only).strip()


async def newest(sink: Sink, count: int) -> EmailMessage:
    return (await sink.wait_for(count))[-1].message()
