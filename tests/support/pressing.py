"""A customer of the real program who needs no browser: the link from a mail, buttons of pages, and mails by subject."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from support.browsers import found, newest
from support.sink import Sink

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
_DOOR = re.compile(r'href="(/hub/subscriptions/[0-9a-f]+/(\w+))"')
_LINK = r"^(http\S+/access/\S+)\s*$"


@asynccontextmanager
async def customer() -> AsyncIterator[aiohttp.ClientSession]:
    """Keeps cookies, also those of an address without a name."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def press(hub: aiohttp.ClientSession, url: str, **fields: str) -> str:
    """The button of the page's form, with what the form hides; returns the page that follows."""
    async with hub.get(url) as page:
        assert page.status == 200
        hidden = dict(_HIDDEN.findall(await page.text()))
    async with hub.post(url, data={**hidden, **fields}, headers={"Sec-Fetch-Site": "same-origin"}) as pressed:
        assert pressed.status == 200, await pressed.text()
        return await pressed.text()


async def come_in(hub: aiohttp.ClientSession, url: str, address: str, sink: Sink, mails: int = 0) -> None:
    """Ask for the link (the mail after so many), and open the hub with it."""
    await press(hub, f"{url}/updateinfo/", email=address)
    await press(hub, found(_LINK, await newest(sink, mails + 1)))


async def doors_of(hub: aiohttp.ClientSession, url: str) -> dict[str, str]:
    """What can be done with the one subscription that is there: the act, and where it is asked for."""
    async with hub.get(f"{url}/hub/subscriptions") as page:
        return {act: path for path, act in _DOOR.findall(await page.text())}


async def cancel_the_only_one(url: str, address: str, sink: Sink, mails: int) -> None:
    """Ask for the link (the mail after so many), come in, and cancel the one subscription that is there."""
    async with customer() as hub:
        await come_in(hub, url, address, sink, mails)
        await press(hub, url + (await doors_of(hub, url))["cancel"])


async def mail_about(sink: Sink, address: str, subject: str) -> None:
    """Wait for a mail to that address whose subject begins so."""
    while not any(each.startswith(subject) for each in subjects(sink, address)):
        await sink.wait_for(len(sink.mails) + 1)


def subjects(sink: Sink, address: str) -> list[str]:
    """The subjects of the mails that came to an address."""
    return [str(mail.message()["Subject"]) for mail in sink.mails_to(address)]
