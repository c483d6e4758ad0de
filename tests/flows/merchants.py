"""Merchants as they walk into the console: they ask, read the mail that comes, open its link, press its button."""

import re
from typing import Any

from flows.hub import Answer, Visitor
from flows.way_in import Browser, mails, server, text_of
from support.databases import Database
from worker.actions.request_console_link import print_console_link
from worker.core import tokens
from worker.hub_server import HubServer
from worker.store.invoices import Purpose
from worker.store.outbox import MailKind

MAY, OTHER = "may@harbourandpine.example", "lee@harbourandpine.example"
SIGN_IN = "/console/sign-in"
COOKIE = "letterkey_console"
_URL = re.compile(r"^https?://[^/]+(/console/access/\S+)$", re.MULTILINE)


def console_server(database: Database, **changes: Any) -> HubServer:
    """A hub server that two merchants may run."""
    return server(database, **{"console": {"merchants": ["May@harbourandpine.example", OTHER]}, **changes})


async def ask(browser: Browser, address: str = MAY) -> Answer:
    """Enter an address on the form."""
    form = await browser.get(SIGN_IN)
    assert form.status == 200
    return await browser.press(SIGN_IN, form, email=address)


async def mailed_links(visitor: Visitor, address: str = MAY) -> list[str]:
    """The paths of the links in the mails to a merchant, as the settings spell the address, newest first."""
    spelled = next(each for each in visitor.server.settings.console.merchants if each.lower() == address)
    found = await mails(visitor, spelled, MailKind.CONSOLE)
    return [str(path) for mail in found for path in _URL.findall(text_of(mail))]


async def printed_link(visitor: Visitor, address: str = MAY) -> str:
    """The path that `letterkey console-link` prints."""
    hub = visitor.server
    fresh = hub.fresh()
    link_id = await hub.store.write(lambda tx: print_console_link(tx, address, fresh))
    return f"/console/access/{tokens.sign(link_id, Purpose.CONSOLE, hub.keys.secret_keys)}"


async def come_in(browser: Browser, address: str = MAY) -> Answer:
    """Open a printed link and press its button; returns the console's first page."""
    path = await printed_link(browser.visitor, address)
    pressed = await browser.press(path, await browser.get(path))
    assert (pressed.status, pressed.headers["Location"]) == (303, "/console/")
    return await browser.get("/console/")
