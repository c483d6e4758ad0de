"""`GET|POST /updateinfo/` and `POST /access/code`: ask for a link, and type the code that came with its mail.

Rules: what is shown never depends on whether an address is a customer's, and nothing waits for a mail; the code opens
only in the browser that asked. A foot link (`?r=`) fills the form in with a masked address and grants nothing.
"""

from dataclasses import dataclass

from aiohttp import web

from worker import journal
from worker.actions.ask_again import foot_address, request_by_foot
from worker.actions.redeem_link import Redeemed, TypedCode, WrongCode, enter_code
from worker.actions.request_link import Asked, Requested, RequestOutcome, request_link
from worker.core import tokens
from worker.core.access import Way, hashed
from worker.core.email_address import masked, normalise
from worker.render.access_pages import AccessPage, Standing, render_access
from worker.render.ask_pages import AskedPage, AskPage, render_ask, render_asked
from worker.store import access
from worker.store.engine import Tx
from worker.store.invoices import Purpose
from worker.web.answers import page
from worker.web.clients import client_network
from worker.web.cookies import Jar, cookie, set_cookie
from worker.web.forms import Proof, Sent, hidden_field
from worker.web.hub import HubServer
from worker.web.pairing import pair_of
from worker.web.refusing import pressed, seconds_to_wait, too_often_page
from worker.web.signed_in import DOOR, go_to, guest_of, let_in

_LONGEST_TYPED = 320


async def get_form(hub: HubServer, request: web.Request) -> web.Response:
    """The form, filled in where a receipt's foot link leads here."""
    foot = await _foot(hub, request.query.get("r", ""))
    return form_page(hub, request, AskPage("", foot=foot, ended="ended" in request.query))


async def post_form(hub: HubServer, request: web.Request) -> web.Response:
    """Take the request for a link."""
    sent = await pressed(hub, request, cookie(hub, request, Jar.FORM))
    if isinstance(sent, web.Response):
        return sent
    typed, foot = sent.fields.get("email", "").strip()[:_LONGEST_TYPED], sent.fields.get("r", "")
    if sent.proof is Proof.UNKNOWN:
        again = AskPage("", typed, await _foot(hub, foot), again=True)
        return form_page(hub, request, again, 403)
    return await (_ask_by_foot(hub, request, foot) if foot else _ask(hub, request, typed))


async def get_code(hub: HubServer, request: web.Request) -> web.Response:
    """Somebody loads the page again that answered a code: back to the form."""
    return go_to(DOOR)


async def post_code(hub: HubServer, request: web.Request) -> web.Response:
    """Take the code, in the browser that asked for its link."""
    sent = await pressed(hub, request, cookie(hub, request, Jar.FORM))
    if isinstance(sent, web.Response):
        return sent
    if sent.proof is Proof.UNKNOWN:
        return form_page(hub, request, AskPage("", again=True), 403)
    seconds = seconds_to_wait(hub, request)
    if seconds:
        return too_often_page(hub, seconds)
    return await _enter(hub, request, sent)


def form_page(hub: HubServer, request: web.Request, shown: AskPage, status: int = 200) -> web.Response:
    """The form with its hidden field."""
    pair = pair_of(hub, request)
    shown = AskPage(
        csrf=pair.csrf,
        typed=shown.typed,
        foot=shown.foot,
        wrong=shown.wrong,
        ended=shown.ended,
        again=shown.again,
        locale=hub.settings.business.locale,
    )
    return pair.form(render_ask(hub.stationery, hub.brand, shown), status)


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that asks: its network, and the secret it is given so that it may enter the code."""

    client: str
    secret: str

    def asks(self, way: Way, address: str = "") -> Asked:
        """Its request."""
        return Asked(way, address, client=self.client, cookie=self.secret)


def browser_of(hub: HubServer, request: web.Request) -> Browser | float:
    """The browser, or the seconds it has to wait because its network asked too often."""
    seconds = seconds_to_wait(hub, request)
    return seconds or Browser(client_network(request, hub.settings.hub.trusted_proxies), hub.clock.secret_id())


def asked_page(
    hub: HubServer, request: web.Request, asked: Requested, browser: Browser, address: str | None
) -> web.Response:
    """What follows, the same for customers and strangers."""
    limited = asked.outcome is RequestOutcome.LIMITED
    journal.link_requested(asked.request_id, outcome="limited" if limited else "taken")
    shown = AskedPage(
        csrf=_hidden(hub, request),
        now=hub.clock.now(),
        address=address,
        next_at=asked.next_at,
        limited=limited,
        takes_code=not limited or cookie(hub, request, Jar.REQUEST) is not None,
        locale=hub.settings.business.locale,
        timezone=hub.settings.business.timezone,
    )
    answer = page(render_asked(hub.stationery, hub.brand, shown))
    if not limited:  # else an earlier code stays good
        set_cookie(hub, answer, Jar.REQUEST, f"{asked.request_id}.{browser.secret}")
    return answer


async def _ask(hub: HubServer, request: web.Request, typed: str) -> web.Response:
    try:
        address = normalise(typed)
    except ValueError:
        return form_page(hub, request, AskPage("", typed, wrong=True), 422)
    browser = browser_of(hub, request)
    if not isinstance(browser, Browser):
        return too_often_page(hub, browser)
    fresh = hub.fresh()
    asked = await hub.store.write(lambda tx: request_link(tx, browser.asks(Way.FORM, address), hub.access, fresh))
    return asked_page(hub, request, asked, browser, address)


async def _ask_by_foot(hub: HubServer, request: web.Request, foot: str) -> web.Response:
    link_id = tokens.read(foot, Purpose.FOOT, hub.keys.secret_keys)
    if link_id is None:
        return form_page(hub, request, AskPage(""))
    browser = browser_of(hub, request)
    if not isinstance(browser, Browser):
        return too_often_page(hub, browser)
    fresh = hub.fresh()
    found = await hub.store.write(lambda tx: request_by_foot(tx, link_id, browser.asks(Way.FOOT), hub.access, fresh))
    if found is None:
        return form_page(hub, request, AskPage(""))
    return asked_page(hub, request, found[0], browser, masked(found[1]))


async def _foot(hub: HubServer, token: str) -> tuple[str, str] | None:
    """The foot link's token and its masked address; None for a bad or old one."""
    link_id = tokens.read(token, Purpose.FOOT, hub.keys.secret_keys)
    now = hub.clock.now()
    address = await hub.store.read(lambda tx: foot_address(tx, link_id, now)) if link_id else None
    return (token, masked(address)) if address else None


async def _enter(hub: HubServer, request: web.Request, sent: Sent) -> web.Response:
    guest, typed = await guest_of(hub, request), sent.fields.get("code", "")[:_LONGEST_TYPED]
    # Before the code is looked at: what it opens must not show whether the address is a customer's.
    if guest is not None and "replace" not in sent.fields:
        hidden = {"csrf": _hidden(hub, request), "code": typed, "replace": "yes"}
        who = masked(guest.customer.email or "")
        return page(render_access(hub.stationery, hub.brand, _replacing(hub, who, hidden)))
    request_id, _, secret = (cookie(hub, request, Jar.REQUEST) or "").partition(".")
    code, fresh = TypedCode(request_id, secret, typed, request.headers.get("User-Agent")), hub.fresh()

    async def body(tx: Tx) -> Redeemed | WrongCode:
        end = await enter_code(tx, code, hub.access, hub.keys.secret_keys, fresh)
        if isinstance(end, Redeemed) and guest is not None:
            await access.end_session(tx, hashed(guest.secret), fresh.now)
        return end

    end = await hub.store.write(body)
    if isinstance(end, Redeemed):
        journal.link_redeemed(customer=end.customer_id, by="code")
        return let_in(hub, end.session_id, end.intent)
    return _wrong_code(hub, request, end)


def _wrong_code(hub: HubServer, request: web.Request, wrong: WrongCode) -> web.Response:
    shown = AskedPage(
        csrf=_hidden(hub, request),
        now=hub.clock.now(),
        tries_left=wrong.tries_left,
        locale=hub.settings.business.locale,
    )
    return page(render_asked(hub.stationery, hub.brand, shown), 422)


def _replacing(hub: HubServer, who: str, hidden: dict[str, str]) -> AccessPage:
    return AccessPage(Standing.REPLACE, hub.clock.now(), who=who, hidden=hidden, locale=hub.settings.business.locale)


def _hidden(hub: HubServer, request: web.Request) -> str:
    paired = cookie(hub, request, Jar.FORM)
    return hidden_field(hub, paired) if paired else ""
