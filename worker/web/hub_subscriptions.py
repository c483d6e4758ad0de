"""`/hub/subscriptions`: what the customer pays for, and cancelling it.

Rules: cancelling takes one page and one button, never a fresh link; why is asked after, and only for who likes to say.
"""

from aiohttp import web

from worker.actions.cancel_subscription import CancelAnswer, cancel_at_once, cancel_subscription, give_reason
from worker.core.cancelling import Standing
from worker.core.rights import Act
from worker.render.own_pages import render_cancel, render_cancelling, render_subscriptions
from worker.web.answers import page, status_page
from worker.web.hub import HubServer
from worker.web.own_plans import SUBSCRIPTIONS, OwnPlan, own_plans
from worker.web.policies import cancel_policy_of
from worker.web.refusing import pressed_inside
from worker.web.signed_in import Guest, go_to, noticed, viewer_of


async def get_subscriptions(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """All of them. Whoever comes `for` cancelling the only one that can be is led to the question; nothing is done."""
    plans, wish = await _plans(hub, guest), request.query.get("for")
    ends = [each for each in plans if Act.CANCEL in each.own.acts]
    if wish == "cancel" and len(ends) == 1:
        return go_to(_place(ends[0]))
    cards = [each for each in plans if each.own.card]
    if wish == "card" and len(cards) == 1:
        return go_to(f"{cards[0].own.url}/card")
    own, viewer = [each.own for each in plans], await hub.store.read(lambda tx: noticed(tx, hub, guest))
    return page(render_subscriptions(hub.stationery, hub.brand, viewer, own, card=wish == "card" and not cards))


async def get_cancel(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Cancel this one? Where that was asked already: that it is received."""
    plan = await own_plan(hub, request, guest)
    if plan is None:
        return status_page(hub, 404)
    if plan.own.standing is Standing.CANCELLING:
        return _received(hub, guest, plan, thanked="thanks" in request.query)
    if Act.CANCEL not in plan.own.acts:
        return go_to(SUBSCRIPTIONS)
    return page(render_cancel(hub.stationery, hub.brand, viewer_of(hub, guest), plan.own))


async def post_cancel(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Record the wish; pressed twice it is one."""
    sent = await pressed_inside(hub, request, guest.secret)
    if isinstance(sent, web.Response):
        return sent
    plan = await own_plan(hub, request, guest)
    if plan is None:
        return status_page(hub, 404)
    if Act.CANCEL not in plan.own.acts:  # asked for before, or not to be had
        return go_to(_place(plan))
    name, policy, fresh = (plan.row.source, plan.row.ref), cancel_policy_of(hub.settings, hub.ways), hub.fresh()
    cancel = cancel_at_once if sent.fields.get("when") == "now" else cancel_subscription
    done = await hub.store.write(lambda tx: cancel(tx, guest.customer.id, name, policy, fresh))
    return go_to(SUBSCRIPTIONS if done.answer is CancelAnswer.REFUSED else _place(plan))


async def post_reason(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Keep why."""
    sent = await pressed_inside(hub, request, guest.secret)
    if isinstance(sent, web.Response):
        return sent
    plan = await own_plan(hub, request, guest)
    if plan is None or plan.cancel is None:
        return status_page(hub, 404)
    cancel_id, reason = plan.cancel.id, sent.fields.get("reason", "")
    await hub.store.write(lambda tx: give_reason(tx, guest.customer.id, cancel_id, reason))
    return go_to(_place(plan) + ("?thanks=1" if reason.strip() else ""))


def _received(hub: HubServer, guest: Guest, plan: OwnPlan, *, thanked: bool) -> web.Response:
    return page(render_cancelling(hub.stationery, hub.brand, viewer_of(hub, guest), plan.own, thanked=thanked))


def _place(plan: OwnPlan) -> str:
    return f"{plan.own.url}/cancel"


async def _plans(hub: HubServer, guest: Guest) -> list[OwnPlan]:
    policy, now = cancel_policy_of(hub.settings, hub.ways), hub.clock.now()
    return await hub.store.read(lambda tx: own_plans(tx, guest.customer, policy, now))


async def own_plan(hub: HubServer, request: web.Request, guest: Guest) -> OwnPlan | None:
    """The one that the address names, looked for among this customer's alone."""
    key = request.match_info["key"]
    return next((plan for plan in await _plans(hub, guest) if plan.key == key), None)
