"""`/console/sign-in`, `/console/access/{token}`, `/console/sessions`, `/console/sign-out`: into the console and out.

Rules: what the form answers never depends on whether an address is a merchant's, and nothing waits for a mail; looking
at a link changes nothing and sets no cookie; a press makes a new session and leads to the console's first page, nowhere
else.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from worker import journal
from worker.actions.enter_console import Entered, enter_console, leave_console, state_of
from worker.actions.redeem_link import LinkState
from worker.actions.request_console_link import ConsoleAsked, request_console_link
from worker.core import tokens
from worker.core.email_address import normalise
from worker.render.console.door import (
    SentPage,
    SignInPage,
    ask_to_enter,
    render_places,
    render_sent,
    render_sign_in,
    told_spent,
)
from worker.render.hub_pages import Device
from worker.render.press_pages import Press
from worker.store import merchants
from worker.store.engine import Tx
from worker.store.invoices import Purpose
from worker.store.merchants import MerchantLink
from worker.web.answers import notice_page, page
from worker.web.console.inside import HOME, Merchant, invited, let_in, merchant_of, must_exist, show_out, viewer_of
from worker.web.cookies import Jar, cookie
from worker.web.forms import Proof
from worker.web.hub import HubServer
from worker.web.pairing import pair_of
from worker.web.pressing import not_pressed, press_page
from worker.web.refusing import pressed, too_often_page
from worker.web.signed_in import go_to
from worker.web.updateinfo import Browser, browser_of

SESSIONS = "/console/sessions"
_LONGEST_TYPED = 320


async def get_sign_in(hub: HubServer, request: web.Request) -> web.Response:
    """The form; a merchant who is in goes straight on."""
    must_exist(hub)
    if await merchant_of(hub, request) is not None:
        return go_to(HOME)
    return _form(hub, request, SignInPage("", ended="ended" in request.query))


async def post_sign_in(hub: HubServer, request: web.Request) -> web.Response:
    """Take the request for a link."""
    must_exist(hub)
    sent = await pressed(hub, request, cookie(hub, request, Jar.FORM))
    if isinstance(sent, web.Response):
        return sent
    typed = sent.fields.get("email", "").strip()[:_LONGEST_TYPED]
    if sent.proof is Proof.UNKNOWN:
        return _form(hub, request, SignInPage("", typed, again=True), 403)
    try:
        address = normalise(typed)
    except ValueError:
        return _form(hub, request, SignInPage("", typed, wrong=True), 422)
    browser = browser_of(hub, request)
    return await _ask(hub, address) if isinstance(browser, Browser) else too_often_page(hub, browser)


async def get_link(hub: HubServer, request: web.Request) -> web.Response:
    """Come in?"""
    found = await _look(hub, request)
    if found is None:
        return _spent(hub, 404)
    here = await merchant_of(hub, request)
    if here is not None and here.identity == found.link.identity:
        return go_to(HOME)
    return press_page(hub, _question(hub, found, here)) if found.live else _spent(hub, 410)


async def post_link(hub: HubServer, request: web.Request) -> web.Response:
    """Come in."""
    found = await _look(hub, request)
    if found is None or not found.live:
        return _spent(hub, 404 if found is None else 410)
    here = await merchant_of(hub, request)
    instead = await not_pressed(hub, request, _question(hub, found, here))
    if instead is not None:
        return instead
    agent, fresh = request.headers.get("User-Agent"), hub.fresh()

    async def body(tx: Tx) -> Entered | None:
        entered = await enter_console(tx, found.link.id, agent, fresh)
        if entered is not None and here is not None:
            await leave_console(tx, here.session, here.session.id_hash, fresh)
        return entered

    entered = await hub.store.write(body)
    if entered is None:
        return _spent(hub, 410)
    journal.merchant_in(by="printed link" if entered.printed else "mailed link")
    return let_in(hub, entered.session_id)


async def get_sessions(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """Every browser in which this merchant is in."""
    now, here = hub.clock.now(), merchant.session.id_hash
    rows = await hub.store.read(lambda tx: merchants.sessions_of(tx, merchant.identity, now))
    devices = [Device(row.id_hash, row.agent, row.created_at, row.seen_at, here=row.id_hash == here) for row in rows]
    devices.sort(key=lambda device: not device.here)
    return page(render_places(hub.stationery, hub.brand, viewer_of(hub, merchant), devices))


async def post_sessions(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """Sign out one browser, or all of them."""
    ending, fresh = fields.get("end", ""), hub.fresh()
    await hub.store.write(lambda tx: leave_console(tx, merchant.session, ending, fresh))
    journal.merchant_out(everywhere=ending == "all")
    return show_out(hub, request) if ending in ("all", merchant.session.id_hash) else go_to(SESSIONS)


async def post_sign_out(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """Sign out this browser."""
    fresh = hub.fresh()
    await hub.store.write(lambda tx: leave_console(tx, merchant.session, merchant.session.id_hash, fresh))
    journal.merchant_out(everywhere=False)
    return show_out(hub, request)


@dataclass(frozen=True, slots=True)
class _Found:
    """A link of somebody who may come in."""

    link: MerchantLink
    email: str
    live: bool


async def _look(hub: HubServer, request: web.Request) -> _Found | None:
    must_exist(hub)
    link_id = tokens.read(request.match_info["token"], Purpose.CONSOLE, hub.keys.secret_keys)
    if link_id is None:
        return None
    link = await hub.store.read(lambda tx: merchants.link(tx, link_id))
    email = invited(hub, link.identity) if link else None
    if link is None or email is None:
        return None
    return _Found(link, email, state_of(link, hub.clock.now()) is LinkState.LIVE)


def _question(hub: HubServer, found: _Found, here: Merchant | None) -> Press:
    other = here.email if here is not None and here.identity != found.link.identity else None
    return ask_to_enter(hub.stationery, hub.brand, found.email, other, hub.settings.business.locale)


def _spent(hub: HubServer, status: int) -> web.Response:
    return notice_page(hub, told_spent(hub.stationery, hub.settings.business.locale), status)


async def _ask(hub: HubServer, address: str) -> web.Response:
    asked = ConsoleAsked(address, invited(hub, address), hub.access.message_domain, hub.access.limits)
    fresh, business = hub.fresh(), hub.settings.business
    done = await hub.store.write(lambda tx: request_console_link(tx, asked, fresh))
    shown = SentPage(address, fresh.now, done.next_at, done.limited, business.locale, business.timezone)
    return page(render_sent(hub.stationery, hub.brand, shown))


def _form(hub: HubServer, request: web.Request, shown: SignInPage, status: int = 200) -> web.Response:
    """The form with its hidden field."""
    pair = pair_of(hub, request)
    filled = SignInPage(
        csrf=pair.csrf,
        typed=shown.typed,
        wrong=shown.wrong,
        ended=shown.ended,
        again=shown.again,
        locale=hub.settings.business.locale,
    )
    return pair.form(render_sign_in(hub.stationery, hub.brand, filled), status)
