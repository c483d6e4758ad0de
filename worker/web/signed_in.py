"""Who is in: from a browser's cookie to the customer whose pages it may see, and the way in and out.

Rules: a session is new with each redeemed link; the database holds its hash alone; whoever isn't in is shown the form;
a redirect leads to a page of this list and nowhere else.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from aiohttp import web

from worker.core.access import hashed
from worker.core.instant import DAY, MINUTE
from worker.core.suppression import SuppressionKind
from worker.render.hub_pages import Viewer
from worker.store import access, customers, declarations, notices, suppressions
from worker.store.access import SessionRow
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.web.cookies import Jar, cookie, drop_cookie, set_cookie
from worker.web.forms import hidden_field
from worker.web.hub import HubServer

OVERVIEW, DOOR = "/hub/", "/updateinfo/"
_INTENTS = {
    **{name: f"/hub/{name}" for name in ("transactions", "sessions", "details", "email", "subscriptions")},
    "cancel": "/hub/subscriptions?for=cancel",
    "card": "/hub/subscriptions?for=card",
    "invoice": "/hub/transactions",
}
_SEEN_EVERY = MINUTE
NOTICES_SHOWN = 90 * DAY


@dataclass(frozen=True, slots=True)
class Guest:
    """A customer who is in; `secret` is what the browser's cookie holds."""

    secret: str
    session: SessionRow
    customer: CustomerRow


Inside = Callable[[HubServer, web.Request, Guest], Awaitable[web.StreamResponse]]


async def guest_of(hub: HubServer, request: web.Request) -> Guest | None:
    """Who is in with this browser; changes nothing."""
    secret = cookie(hub, request, Jar.SESSION)
    if secret is None:
        return None
    now = hub.clock.now()
    return await hub.store.read(lambda tx: _guest(tx, secret, now))


async def signed_in(hub: HubServer, page: Inside, request: web.Request) -> web.StreamResponse:
    """The page, for whoever is in; the form for everybody else."""
    guest = await guest_of(hub, request)
    if guest is None:
        return show_out(hub, request)
    now, id_hash = hub.clock.now(), guest.session.id_hash
    if now >= guest.session.seen_at + _SEEN_EVERY:
        await hub.store.write(lambda tx: access.touch_session(tx, id_hash, now))
    return await page(hub, request, guest)


def let_in(hub: HubServer, session_id: str, intent: str | None) -> web.Response:
    """Give the browser its session and lead it to what it came for."""
    response = go_to(place_of(intent))
    set_cookie(hub, response, Jar.SESSION, session_id)
    drop_cookie(hub, response, Jar.REQUEST)
    return response


def show_out(hub: HubServer, request: web.Request) -> web.Response:
    """To the form; a browser that was in hears that it no longer is."""
    if cookie(hub, request, Jar.SESSION) is None:
        return go_to(DOOR)
    response = go_to(f"{DOOR}?ended=1")
    drop_cookie(hub, response, Jar.SESSION)
    return response


def go_to(place: str) -> web.Response:
    """See that page; `place` is a path of ours."""
    return web.Response(status=303, headers={"Location": place})


def place_of(intent: str | None) -> str:
    """The page that a link was asked for; an invoice's number is looked up there, among the customer's own."""
    name, _, number = (intent or "").partition(":")
    if name == "invoice" and number:
        return f"{_INTENTS[name]}?{urlencode({'number': number})}"
    return _INTENTS.get(name, OVERVIEW)


def viewer_of(hub: HubServer, guest: Guest) -> Viewer:
    """How pages speak to a guest."""
    business = hub.settings.business
    return Viewer(
        email=guest.customer.email or "",
        name=guest.customer.name,
        csrf=hidden_field(hub, guest.secret),
        now=hub.clock.now(),
        locale=guest.customer.locale or business.locale,
        timezone=business.timezone,
    )


async def noticed(tx: Tx, hub: HubServer, guest: Guest) -> Viewer:
    """The same, with the cancellations that were declared lately, and whether our mails reach them."""
    viewer, since = viewer_of(hub, guest), hub.clock.now() - NOTICES_SHOWN
    found = (
        *await notices.of_customer(tx, guest.customer.id, since),
        *await declarations.noticed(tx, guest.customer.id, since),
    )
    why = {each.kind for each in await suppressions.in_force(tx, viewer.email)}
    return replace(viewer, notices=found, unreachable=SuppressionKind.BOUNCE in why)


async def _guest(tx: Tx, secret: str, now: int) -> Guest | None:
    session = await access.session(tx, hashed(secret), now)
    customer = await customers.by_id(tx, session.customer_id) if session else None
    return Guest(secret, session, customer) if session and customer else None
