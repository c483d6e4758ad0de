"""`/hub/subscriptions/{key}/{undo|pause|resume}`: asking for one of these.

Rules: GET changes nothing; pressed twice it is one; what isn't offered is not asked for, whoever sends the form.
"""

from aiohttp import web

from worker.actions.change_subscription import change_subscription
from worker.core.rights import Act
from worker.render.own_pages import render_change
from worker.web.answers import page, status_page
from worker.web.hub import HubServer
from worker.web.hub_subscriptions import own_plan
from worker.web.own_plans import SUBSCRIPTIONS
from worker.web.policies import cancel_policy_of
from worker.web.refusing import pressed_inside
from worker.web.signed_in import Guest, go_to, viewer_of


async def get_change(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Shall it be so?"""
    plan, act = await own_plan(hub, request, guest), Act(request.match_info["act"])
    if plan is None:
        return status_page(hub, 404)
    if act not in plan.own.acts:
        return go_to(SUBSCRIPTIONS)
    return page(render_change(hub.stationery, hub.brand, viewer_of(hub, guest), plan.own, act))


async def post_change(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Record the wish; the list of subscriptions says that it is received, or done."""
    sent = await pressed_inside(hub, request, guest.secret)
    if isinstance(sent, web.Response):
        return sent
    plan, act = await own_plan(hub, request, guest), Act(request.match_info["act"])
    if plan is None:
        return status_page(hub, 404)
    if act not in plan.own.acts:
        return go_to(SUBSCRIPTIONS)
    name, wish, fresh = (plan.row.source, plan.row.ref), (act, cancel_policy_of(hub.settings, hub.ways)), hub.fresh()
    await hub.store.write(lambda tx: change_subscription(tx, guest.customer.id, name, wish, fresh))
    return go_to(SUBSCRIPTIONS)
