"""Who is in the console: from a browser's cookie to the merchant, and the way in and out.

Rules: a merchant's session is of a kind of its own, so a customer's opens nothing here, nor this one anything there; it
lasts while the settings name its address; a form's press is proven before what it does begins. Whoever isn't in is
shown the form, and where the settings name nobody there is no console.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler

from worker.core.access import hashed
from worker.core.email_address import identity
from worker.core.instant import MINUTE
from worker.render.console.door import SIGN_IN
from worker.render.console.frame import Viewer
from worker.store import merchants
from worker.store.merchants import MerchantSession
from worker.web.cookies import Jar, cookie, drop_cookie, set_cookie
from worker.web.forms import hidden_field
from worker.web.hub import HubServer
from worker.web.refusing import pressed_inside
from worker.web.signed_in import go_to

HOME = "/console/"
_SEEN_EVERY = MINUTE


@dataclass(frozen=True, slots=True)
class Merchant:
    """A merchant who is in. `email` is as the settings spell it, `identity` the name that the audit knows;
    `secret` is what the browser's cookie holds."""

    email: str
    session: MerchantSession
    secret: str = field(repr=False)

    @property
    def identity(self) -> str:
        """The address, ASCII case folded: who did it, for the audit."""
        return self.session.identity


Page = Callable[[HubServer, web.Request, Merchant], Awaitable[web.StreamResponse]]
Deed = Callable[[HubServer, web.Request, Merchant, Mapping[str, str]], Awaitable[web.StreamResponse]]
"""What a press does: it gets the form's fields, once a page of ours is proven to have sent them."""


def inside(hub: HubServer, page: Page) -> Handler:
    """A page to look at, for merchants who are in."""
    return partial(_inside, hub, page)


def acting(hub: HubServer, deed: Deed) -> Handler:
    """A press on such a page."""
    return partial(_inside, hub, partial(_act, deed))


async def merchant_of(hub: HubServer, request: web.Request) -> Merchant | None:
    """Who is in with this browser; changes nothing."""
    secret = cookie(hub, request, Jar.MERCHANT)
    if secret is None:
        return None
    now = hub.clock.now()
    session = await hub.store.read(lambda tx: merchants.session(tx, hashed(secret), now))
    email = invited(hub, session.identity) if session else None
    return Merchant(email, session, secret) if session and email else None


def invited(hub: HubServer, address: str) -> str | None:
    """The merchant of that address as the settings spell it now; None for everybody else."""
    key = identity(address)
    # All are compared, so that the time taken says nothing of who stands there.
    found = [each for each in hub.settings.console.merchants if identity(each) == key]
    return found[0] if found else None


def must_exist(hub: HubServer) -> None:
    """Where the settings name no merchant there is no console. Raises HTTPNotFound."""
    if not hub.settings.console.merchants:
        raise web.HTTPNotFound


def let_in(hub: HubServer, session_id: str) -> web.Response:
    """Give the browser its session."""
    response = go_to(HOME)
    set_cookie(hub, response, Jar.MERCHANT, session_id)
    return response


def show_out(hub: HubServer, request: web.Request) -> web.Response:
    """To the form; a browser that was in hears that it no longer is."""
    if cookie(hub, request, Jar.MERCHANT) is None:
        return go_to(SIGN_IN)
    response = go_to(f"{SIGN_IN}?ended=1")
    drop_cookie(hub, response, Jar.MERCHANT)
    return response


def viewer_of(hub: HubServer, merchant: Merchant) -> Viewer:
    """How pages speak to a merchant."""
    business = hub.settings.business
    hidden = hidden_field(hub, merchant.secret)
    return Viewer(merchant.email, hidden, hub.clock.now(), business.locale, business.timezone)


async def _inside(hub: HubServer, page: Page, request: web.Request) -> web.StreamResponse:
    must_exist(hub)
    merchant = await merchant_of(hub, request)
    if merchant is None:
        return show_out(hub, request)
    now, id_hash = hub.clock.now(), merchant.session.id_hash
    if now >= merchant.session.seen_at + _SEEN_EVERY:
        await hub.store.write(lambda tx: merchants.touch_session(tx, id_hash, now))
    return await page(hub, request, merchant)


async def _act(deed: Deed, hub: HubServer, request: web.Request, merchant: Merchant) -> web.StreamResponse:
    sent = await pressed_inside(hub, request, merchant.secret)
    if isinstance(sent, web.Response):
        return sent
    return await deed(hub, request, merchant, sent.fields)
