"""`GET|POST /access/{token}`: the link in the mail. Looking changes nothing, the one button lets the browser in.

Rules: mail scanners open links, run scripts and press buttons, so GET and HEAD never change anything and set no
cookie, and what they see is the glance; a browser that is in already goes straight on; a press that would replace
another customer's session asks first.
"""

from dataclasses import dataclass, replace

from aiohttp import web

from worker import journal
from worker.actions.ask_again import request_new
from worker.actions.cancel_subscription import CancelPolicy
from worker.actions.change_email import is_fresh
from worker.actions.redeem_link import LinkState, LinkView, Redeemed, look_at_link, redeem_link
from worker.core import tokens
from worker.core.access import Way, hashed
from worker.core.email_address import masked
from worker.render.access_pages import AccessPage, Glance, Standing, render_access
from worker.store import access, customers, purchases
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.store.invoices import Purpose
from worker.web.answers import page
from worker.web.cookies import Jar, cookie, set_cookie
from worker.web.forms import Proof, Sent, hidden_field
from worker.web.hub import HubServer
from worker.web.own_plans import own_plans
from worker.web.policies import cancel_policy_of
from worker.web.refusing import pressed, too_often_page, unknown_link_page
from worker.web.signed_in import Guest, go_to, guest_of, let_in, place_of
from worker.web.updateinfo import Browser, asked_page, browser_of

GLANCE_RECEIPTS = 3
_SPENT = {LinkState.EXPIRED: Standing.EXPIRED, LinkState.USED: Standing.USED}


@dataclass(frozen=True, slots=True)
class _Seen:
    """A link as it stands, and whose it is."""

    view: LinkView
    customer: CustomerRow
    glance: Glance | None


async def get_access(hub: HubServer, request: web.Request) -> web.Response:
    """The glance, the button alone, or what a spent link says."""
    seen = await _look(hub, request)
    if seen is None:
        return unknown_link_page(hub)
    guest = await guest_of(hub, request)
    if _is_theirs(guest, seen, hub.clock.now()):
        return go_to(place_of(seen.view.link.intent))
    return _shown(hub, seen)


async def post_access(hub: HubServer, request: web.Request) -> web.Response:
    """Let the browser in, or mail a new link in a spent one's place."""
    sent = await pressed(hub, request, cookie(hub, request, Jar.FORM))
    if isinstance(sent, web.Response):
        return sent
    seen = await _look(hub, request)
    if seen is None:
        return unknown_link_page(hub)
    guest = await guest_of(hub, request)
    if _is_theirs(guest, seen, hub.clock.now()):
        return go_to(place_of(seen.view.link.intent))
    if sent.proof is Proof.UNKNOWN:
        return _once_more(hub, request, seen, sent)
    return await _go_on(hub, request, seen, sent, guest)


async def _go_on(hub: HubServer, request: web.Request, seen: _Seen, sent: Sent, guest: Guest | None) -> web.Response:
    if "new" in sent.fields:
        return await _send_new(hub, request, seen)
    if seen.view.state is not LinkState.LIVE:
        return _shown(hub, seen)
    if guest is not None and guest.customer.id != seen.customer.id and "replace" not in sent.fields:
        return _ask_first(hub, request, seen, guest)
    return await _redeem(hub, request, seen, guest)


async def _look(hub: HubServer, request: web.Request) -> _Seen | None:
    link_id = tokens.read(request.match_info["token"], Purpose.ACCESS, hub.keys.secret_keys)
    if link_id is None:
        return None
    now, policy = hub.clock.now(), cancel_policy_of(hub.settings, hub.ways)

    async def body(tx: Tx) -> _Seen | None:
        view = await look_at_link(tx, link_id, hub.access, now)
        customer = await customers.by_id(tx, view.link.customer_id) if view else None
        if view is None or customer is None:
            return None
        return _Seen(view, customer, await _glance(tx, customer, policy, now) if view.glance else None)

    return await hub.store.read(body)


async def _glance(tx: Tx, customer: CustomerRow, policy: CancelPolicy, now: int) -> Glance:
    newest = await purchases.newest(tx, customer.id, GLANCE_RECEIPTS)
    plans = tuple(each.own for each in await own_plans(tx, customer, policy, now))
    return Glance(customer.name, plans, tuple(each.entry for each in newest))


def _is_theirs(guest: Guest | None, seen: _Seen, now: int) -> bool:
    """Whether they are in already; a link that was asked for to be fresh lets them in anew."""
    if guest is None or guest.customer.id != seen.customer.id:
        return False
    return seen.view.link.intent != "email" or is_fresh(guest.session, now)


def _shown(hub: HubServer, seen: _Seen) -> web.Response:
    if seen.view.state is LinkState.LIVE:
        return page(_rendered(hub, seen, AccessPage(Standing.OPEN, hub.clock.now(), seen.glance)))
    standing = _SPENT[seen.view.state]
    return page(_rendered(hub, seen, AccessPage(standing, hub.clock.now(), hidden={"new": "yes"})), 410)


def _rendered(hub: HubServer, seen: _Seen, shown: AccessPage) -> str:
    business = hub.settings.business
    locale = seen.customer.locale or business.locale
    return render_access(hub.stationery, hub.brand, replace(shown, locale=locale, timezone=business.timezone))


def _once_more(hub: HubServer, request: web.Request, seen: _Seen, sent: Sent) -> web.Response:
    """The browser didn't say where the press came from: the next one comes with a cookie and its hidden field."""
    paired = cookie(hub, request, Jar.FORM) or hub.clock.secret_id()
    kept = {name: "yes" for name in ("new", "replace") if name in sent.fields}
    hidden = {**kept, "csrf": hidden_field(hub, paired)}
    answer = page(_rendered(hub, seen, AccessPage(Standing.AGAIN, hub.clock.now(), hidden=hidden)), 403)
    set_cookie(hub, answer, Jar.FORM, paired)
    return answer


def _ask_first(hub: HubServer, request: web.Request, seen: _Seen, guest: Guest) -> web.Response:
    paired = cookie(hub, request, Jar.FORM)
    hidden = {"replace": "yes", **({"csrf": hidden_field(hub, paired)} if paired else {})}
    who = masked(guest.customer.email or "")
    return page(_rendered(hub, seen, AccessPage(Standing.REPLACE, hub.clock.now(), who=who, hidden=hidden)))


async def _send_new(hub: HubServer, request: web.Request, seen: _Seen) -> web.Response:
    browser, link_id, fresh = browser_of(hub, request), seen.view.link.id, hub.fresh()
    if not isinstance(browser, Browser):
        return too_often_page(hub, browser)
    asked = await hub.store.write(lambda tx: request_new(tx, link_id, browser.asks(Way.PAGE), hub.access, fresh))
    if asked is None:
        return unknown_link_page(hub)
    return asked_page(hub, request, asked, browser, masked(seen.customer.email or ""))


async def _redeem(hub: HubServer, request: web.Request, seen: _Seen, guest: Guest | None) -> web.Response:
    link_id, agent, fresh = seen.view.link.id, request.headers.get("User-Agent"), hub.fresh()

    async def body(tx: Tx) -> Redeemed | None:
        redeemed = await redeem_link(tx, link_id, agent, fresh)
        if redeemed is not None and guest is not None:
            await access.end_session(tx, hashed(guest.secret), fresh.now)
        return redeemed

    redeemed = await hub.store.write(body)
    if redeemed is None:
        spent = replace(seen, view=replace(seen.view, state=LinkState.USED), glance=None)
        return _shown(hub, spent)
    journal.link_redeemed(customer=redeemed.customer_id, by="link")
    return let_in(hub, redeemed.session_id, redeemed.intent)
