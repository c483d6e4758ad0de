"""`/console/actions`: what providers are asked to do, how that goes, and what is for the merchant to do.

Rules: looking asks nobody; each press is one action with an audit entry.
"""

from collections.abc import Mapping

from aiohttp import web

from worker.actions.settle_action import carry_out
from worker.actions.try_again import try_again
from worker.core.open_action import Way
from worker.render.console.actions import ACTIONS, Open, Try, render_actions
from worker.store import action_lists
from worker.store.action_lists import Listed
from worker.store.engine import Tx
from worker.store.provider_actions import ActionAttempt
from worker.web.answers import page
from worker.web.console.inside import Merchant, viewer_of
from worker.web.hub import HubServer
from worker.web.signed_in import go_to

_SHOWN_TRIES = 5


async def get_actions(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """What is open."""
    found = await hub.store.read(lambda tx: _look(tx, hub))
    return page(render_actions(hub.stationery, hub.brand, viewer_of(hub, merchant), found, request.query.get("done")))


async def post_done(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """A person did it at the provider."""
    action_id, fresh = request.match_info["id"], hub.fresh()
    done = await hub.store.write(lambda tx: carry_out(tx, action_id, merchant.identity, fresh))
    return go_to(f"{ACTIONS}?done={'done' if done else 'before'}")


async def post_again(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """Have it asked once more."""
    action_id, fresh = request.match_info["id"], hub.fresh()
    again = await hub.store.write(lambda tx: try_again(tx, action_id, merchant.identity, hub.ways, fresh))
    return go_to(f"{ACTIONS}?done={'again' if again else 'not_again'}")


async def _look(tx: Tx, hub: HubServer) -> list[Open]:
    listed = await action_lists.open_ones(tx)
    tries = await action_lists.tries(tx, listed)
    return [_open(each, tries[each.action.id], hub) for each in listed]


def _open(listed: Listed, tries: list[ActionAttempt], hub: HubServer) -> Open:
    action, reach = listed.action, hub.ways.reach(listed.action.source)
    return Open(
        id=action.id,
        verb=action.verb,
        way=action.way,
        state=action.state,
        source=action.source,
        ref=action.ref or action.customer_ref or "",
        customer_id=action.customer_id,
        customer=listed.customer,
        plan=listed.plan_name,
        since=action.requested_at,
        ends_at=action.ends_at,
        reason=action.reason,
        words=action.words,
        next_at=action.due_at if action.attempts else None,
        asked=len(tries),
        tries=tuple(Try(each.ended_at, each.result, each.status, each.words) for each in tries[-_SHOWN_TRIES:]),
        again=action.way is not Way.MANUAL or reach.account is not None or reach.endpoint is not None,
    )
