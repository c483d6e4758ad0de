"""A customer of the real program who needs no browser: the link from a mail, buttons of pages, and mails by subject."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from support.browsers import found, newest
from support.sink import Sink

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
_CANCEL = re.compile(r'href="(/hub/subscriptions/[0-9a-f]+/cancel)"')
_LINK = r"^(http\S+/access/\S+)\s*$"


@asynccontextmanager
async def customer() -> AsyncIterator[aiohttp.ClientSession]:
    """Keeps cookies, also those of an address without a name."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def press(hub: aiohttp.ClientSession, url: str, **fields: str) -> None:
    """The button of the page's form, with what the form hides."""
    async with hub.get(url) as page:
        assert page.status == 200
        hidden = dict(_HIDDEN.findall(await page.text()))
    async with hub.post(url, data={**hidden, **fields}, headers={"Sec-Fetch-Site": "same-origin"}) as pressed:
        assert pressed.status == 200, await pressed.text()


async def cancel_the_only_one(url: str, address: str, sink: Sink, mails: int) -> None:
    """Ask for the link (the mail after so many), come in, and cancel the one subscription that is there."""
    async with customer() as hub:
        await press(hub, f"{url}/updateinfo/", email=address)
        await press(hub, found(_LINK, await newest(sink, mails + 1)))
        async with hub.get(f"{url}/hub/subscriptions") as page:
            [path] = set(_CANCEL.findall(await page.text()))
        await press(hub, f"{url}{path}")


async def mail_about(sink: Sink, address: str, subject: str) -> None:
    """Wait for a mail to that address whose subject begins so."""
    while not any(each.startswith(subject) for each in subjects(sink, address)):
        await sink.wait_for(len(sink.mails) + 1)


def subjects(sink: Sink, address: str) -> list[str]:
    """The subjects of the mails that came to an address."""
    return [str(mail.message()["Subject"]) for mail in sink.mails_to(address)]
