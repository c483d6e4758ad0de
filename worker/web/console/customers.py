"""`/console/customers` and `/console/customers/{id}`: who is found, and all that is known of one.

Rules: what a merchant does for a customer is one action with an audit entry, and leads back to the customer's page; a
press that comes twice, or from a page that lay open, does nothing more.
"""

from collections.abc import Mapping

from aiohttp import web

from worker.actions.fix_email import CantFix, Correction, fix_email
from worker.actions.help_customer import send_link, sign_customer_out
from worker.actions.lift_suppression import lift_suppression
from worker.core.cancelling import standing
from worker.core.email_address import normalise
from worker.core.plans import Plan
from worker.core.suppression import SuppressionKind
from worker.render.console.customers import (
    PATH,
    Change,
    Dossier,
    Hit,
    Mailed,
    Reached,
    Said,
    Search,
    Sold,
    render_customer,
    render_search,
)
from worker.render.hub_pages import Device
from worker.render.own_subscriptions import Own
from worker.store import access, audit, customers, finding, outbox, provider_actions, subscriptions, suppressions
from worker.store.engine import Tx
from worker.store.finding import Found, Told
from worker.web.answers import page
from worker.web.console.inside import Merchant, viewer_of
from worker.web.hub import HubServer
from worker.web.signed_in import go_to

_LONGEST_TYPED = 320
_NEWEST, _MOST = 20, 50
_WRONG = {CantFix.TAKEN: "taken", CantFix.SAME: "same", CantFix.UNKNOWN: "unknown"}


async def get_customers(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """Who is found; without words, who came last."""
    typed = " ".join(request.query.get("q", "")[:_LONGEST_TYPED].replace("\0", " ").split())
    search = await hub.store.read(lambda tx: _search(tx, typed.encode("utf-8", "ignore").decode()))
    return page(render_search(hub.stationery, hub.brand, viewer_of(hub, merchant), search))


async def get_customer(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """One customer."""
    return await _shown(hub, request, merchant, Said(request.query.get("done")))


async def post_link(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """Have a link mailed."""
    customer_id, fresh = request.match_info["id"], hub.fresh()
    sent = await hub.store.write(lambda tx: send_link(tx, customer_id, merchant.identity, hub.access, fresh))
    if sent is None:
        raise web.HTTPNotFound
    return _back(customer_id, "early" if sent.recipient is None else "link")


async def post_email(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """Correct the address."""
    typed = fields.get("new", "").strip()[:_LONGEST_TYPED]
    try:
        correction = Correction(normalise(fields.get("old", "")), normalise(typed), merchant.identity)
    except ValueError:
        return await _shown(hub, request, merchant, Said(wrong="no_address", typed=typed), 422)
    customer_id, fresh = request.match_info["id"], hub.fresh()

    async def body(tx: Tx) -> object:
        customer = await customers.by_id(tx, customer_id)
        if customer is None or customer.email != correction.old:  # a page that lay open, or another customer's address
            return CantFix.UNKNOWN
        return await fix_email(tx, correction, hub.policy, fresh)

    done = await hub.store.write(body)
    if isinstance(done, CantFix):
        return await _shown(hub, request, merchant, Said(wrong=_WRONG[done], typed=typed), 409)
    return _back(customer_id, "email")


async def post_lift(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """Lift the suppression of one of the customer's addresses."""
    customer_id, address, fresh = request.match_info["id"], fields.get("address", ""), hub.fresh()

    async def body(tx: Tx) -> bool:
        theirs = {each.address for each in await customers.emails(tx, customer_id)}
        return address in theirs and await lift_suppression(tx, address, merchant.identity, fresh)

    return _back(customer_id, "lifted" if await hub.store.write(body) else "kept")


async def post_sessions(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """Sign the customer out everywhere."""
    customer_id, fresh = request.match_info["id"], hub.fresh()
    if not await hub.store.write(lambda tx: sign_customer_out(tx, customer_id, merchant.identity, fresh)):
        raise web.HTTPNotFound
    return _back(customer_id, "out")


def _back(customer_id: str, done: str) -> web.Response:
    return go_to(f"{PATH}/{customer_id}?done={done}")


async def _shown(
    hub: HubServer, request: web.Request, merchant: Merchant, said: Said, status: int = 200
) -> web.Response:
    customer_id, now = request.match_info["id"], hub.clock.now()
    dossier = await hub.store.read(lambda tx: _dossier(tx, customer_id, now))
    if dossier is None:
        raise web.HTTPNotFound
    return page(render_customer(hub.stationery, hub.brand, viewer_of(hub, merchant), dossier, said), status)


async def _search(tx: Tx, typed: str) -> Search:
    if not typed:
        rows = await finding.newest(tx, _NEWEST)
        return Search("", [Hit(row.id, row.name, row.company, row.email) for row in rows])
    found = await finding.find(tx, typed)
    return Search(typed, [_hit(each) for each in found], more=len(found) == finding.MOST)


def _hit(found: Found) -> Hit:
    row = found.customer
    return Hit(row.id, row.name, row.company, row.email, found.by.value, found.matched)


async def _dossier(tx: Tx, customer_id: str, now: int) -> Dossier | None:
    customer = await customers.by_id(tx, customer_id)
    if customer is None:
        return None
    emails = await customers.emails(tx, customer_id)
    sold = await finding.transactions_of(tx, customer_id, _MOST)
    mails = await outbox.of_customer(tx, customer_id, _MOST)
    sessions = await access.sessions_of(tx, customer_id, now)
    changes = await audit.of_customer(tx, customer_id, _MOST)
    return Dossier(
        id=customer.id,
        profile=customers.as_told(customer),
        addresses=[await _reached(tx, each.address, each.retired_at) for each in emails],
        refs=await customers.refs(tx, customer_id),
        sold=[_sold(each) for each in sold],
        plans=await _plans(tx, customer_id),
        mails=[Mailed(each.id, each.kind.value, each.recipient, each.state, each.created_at) for each in mails],
        sessions=[Device(each.id_hash, each.agent, each.created_at, each.seen_at, here=False) for each in sessions],
        changes=[Change(each.at, each.who, each.what) for each in changes],
    )


def _sold(told: Told) -> Sold:
    return Sold(
        source=told.source,
        source_id=told.source_id,
        kind=told.kind,
        total=told.total,
        currency=told.currency,
        occurred_at=told.occurred_at,
        state=told.state,
        test=bool(told.test),
        last4=told.card_end,
        number=told.number,
    )


async def _reached(tx: Tx, address: str, retired_at: int | None) -> Reached:
    why = await suppressions.in_force(tx, address)
    liftable = any(each.kind is SuppressionKind.BOUNCE for each in why)
    return Reached(address, retired_at, min((each.since for each in why), default=None), liftable)


async def _plans(tx: Tx, customer_id: str) -> list[Own]:
    cancels = await provider_actions.cancels_of(tx, customer_id)
    plans = []
    for row in await subscriptions.of_customer(tx, customer_id):
        cancel = cancels.get((row.source, row.ref))
        stands = standing(row.term, cancel.cancel if cancel else None)
        asked, ends = (cancel.requested_at, cancel.ends_at) if cancel else (None, None)
        plans.append(Own(Plan(row.as_told, row.name, row.amount, row.currency, row.test), stands, "", ends, asked))
    return plans
