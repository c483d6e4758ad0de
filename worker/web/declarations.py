"""`GET|POST /cancel/` and `/withdraw/`: a contract is cancelled or withdrawn from without signing in.

Rules: two pages, the form and the same once more with the button that counts; what is shown depends on what was typed
alone; one press of one page is one declaration however often it is sent; GET changes nothing.
"""

from dataclasses import dataclass

from aiohttp import web

from worker import journal
from worker.actions.declare import Declared, DeclarePolicy, Press, declare
from worker.core.declaration import LONGEST, Declaration, What, read_declaration
from worker.render.declaration_pages import PLACES as DECLARED_AT
from worker.render.declaration_pages import (
    Asking,
    DeclareForm,
    ReceivedPage,
    render_declare,
    render_declared,
    render_sure,
    text_of,
)
from worker.store import declarations
from worker.web.cookies import Jar, cookie
from worker.web.forms import Proof, Sent
from worker.web.hub import HubServer
from worker.web.pairing import Pair, pair_of
from worker.web.policies import cancel_policy_of
from worker.web.refusing import pressed, too_often_page
from worker.web.updateinfo import Browser, browser_of

__all__ = ["DECLARED_AT", "declare_policy_of", "get_declare", "post_declare"]

_LONGEST_PAGE = 64
_TOO_LONG = 4
"""A field that is so many times longer than it may be is no person's: cut before it is looked at."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request: how its pages speak, and what their forms are known by."""

    hub: HubServer
    asking: Asking
    pair: Pair


async def get_declare(hub: HubServer, what: What, request: web.Request) -> web.Response:
    """The form; `?lang=de` says in which language."""
    asked = _asked(hub, what, request, request.query.get("lang", ""))
    return _form(asked, DeclareForm())


async def post_declare(hub: HubServer, what: What, request: web.Request) -> web.Response:
    """What was typed, shown once more; declared where the button that counts was pressed."""
    sent = await pressed(hub, request, cookie(hub, request, Jar.FORM))
    if isinstance(sent, web.Response):
        return sent
    asked = _asked(hub, what, request, sent.fields.get("lang", ""))
    typed = {name: sent.fields.get(name, "")[: most * _TOO_LONG] for name, most in LONGEST.items()}
    press = sent.fields.get("press", "")
    if sent.proof is Proof.UNKNOWN:
        return _form(asked, DeclareForm(typed, again=True), 403)
    said = read_declaration(what, typed)
    if not isinstance(said, Declaration):
        return _form(asked, DeclareForm(typed, said), 422)
    if press == "change":
        return _form(asked, DeclareForm(typed))
    return await _pressed(asked, said, sent, press)


def declare_policy_of(hub: HubServer) -> DeclarePolicy:
    """What follows from a declaration here."""
    return DeclarePolicy(cancel_policy_of(hub.settings, hub.ways), hub.access, hub.policy)


async def _pressed(asked: _Asked, said: Declaration, sent: Sent, press: str) -> web.Response:
    secret = sent.fields.get("page", "")[:_LONGEST_PAGE]
    if press == "save" and secret:
        return await _save(asked, said, secret)
    if press != "declare" or not secret:
        hub = asked.hub
        return asked.pair.form(render_sure(hub.stationery, hub.brand, asked.asking, said, hub.clock.secret_id()))
    return await _declare(asked, said, secret)


async def _declare(asked: _Asked, said: Declaration, secret: str) -> web.Response:
    hub, browser = asked.hub, browser_of(asked.hub, asked.pair.request)
    if not isinstance(browser, Browser):
        return too_often_page(hub, browser)
    fresh, policy = hub.fresh(), declare_policy_of(hub)
    press = Press(secret, asked.asking.locale, browser.client)
    done = await hub.store.write(lambda tx: declare(tx, said, press, policy, fresh))
    journal.declared(done.row.id, kind=said.what.value)
    return asked.pair.form(_received(asked, said, secret, done))


def _received(asked: _Asked, said: Declaration, secret: str, done: Declared) -> str:
    hub, shown = asked.hub, ReceivedPage(said, done.row.received_at, secret, done.mailed)
    return render_declared(hub.stationery, hub.brand, asked.asking, shown)


async def _save(asked: _Asked, said: Declaration, secret: str) -> web.Response:
    """What that very press brought, as a file; the form again where it brought nothing."""
    hub, digest = asked.hub, said.digest(secret)
    row = await hub.store.read(lambda tx: declarations.by_digest(tx, digest))
    if row is None:
        return _form(asked, DeclareForm(said.typed))
    shown = ReceivedPage(said, row.received_at, secret, mailed=True)
    answer = web.Response(text=text_of(hub.stationery, hub.brand, asked.asking, shown), content_type="text/plain")
    answer.headers["Content-Disposition"] = f'attachment; filename="{said.what.value}.txt"'
    return answer


def _form(asked: _Asked, form: DeclareForm, status: int = 200) -> web.Response:
    hub = asked.hub
    return asked.pair.form(render_declare(hub.stationery, hub.brand, asked.asking, form), status)


def _asked(hub: HubServer, what: What, request: web.Request, language: str) -> _Asked:
    pair = pair_of(hub, request)
    business = hub.settings.business
    chosen = language[:20] if language and hub.stationery.declares_in(language[:20]) else business.locale
    return _Asked(hub, Asking(what, pair.csrf, chosen, business.timezone), pair)
