"""`/console/declarations`: what was cancelled or withdrawn from without signing in, and that a merchant saw to it."""

from collections.abc import Mapping

from aiohttp import web

from worker.actions.declare import settle_declaration
from worker.render.console.declarations import DECLARATIONS, Shown, render_declarations
from worker.store import customers, declarations
from worker.store.declarations import DeclarationRow
from worker.store.engine import Tx
from worker.store.lists import PAGE
from worker.web.answers import page
from worker.web.console.inside import Merchant, viewer_of
from worker.web.hub import HubServer
from worker.web.signed_in import go_to

_MOST_SEEN = 20
"""Of those that somebody saw to, the page shows the newest; the audit has all."""


async def get_declarations(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """Those that wait, and the newest that somebody saw to."""
    found, viewer = await hub.store.read(_found), viewer_of(hub, merchant)
    return page(render_declarations(hub.stationery, hub.brand, viewer, found, request.query.get("done")))


async def post_done(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """The merchant saw to one."""
    declaration_id, fresh = request.match_info["id"], hub.fresh()
    done = await hub.store.write(lambda tx: settle_declaration(tx, declaration_id, merchant.identity, fresh))
    return go_to(f"{DECLARATIONS}?done={'done' if done else 'before'}")


async def _found(tx: Tx) -> tuple[list[Shown], list[Shown]]:
    waiting = await declarations.still_open(tx, PAGE)
    seen = await declarations.settled(tx, _MOST_SEEN)
    return [await _shown(tx, each) for each in waiting], [await _shown(tx, each) for each in seen]


async def _shown(tx: Tx, row: DeclarationRow) -> Shown:
    settled = None if row.settled_at is None else (row.settled_at, row.settled_by or "")
    return Shown(
        id=row.id,
        said=row.said,
        received_at=row.received_at,
        customer=await _person(tx, row.customer_id),
        owner=await _person(tx, row.owner_id),
        proven=row.proven,
        asked=row.cancel_id is not None,
        settled=settled,
    )


async def _person(tx: Tx, customer_id: str | None) -> tuple[str, str] | None:
    customer = await customers.by_id(tx, customer_id) if customer_id is not None else None
    return None if customer is None else (customer.id, customer.email or customer.id)
