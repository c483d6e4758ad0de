"""`/hub/subscriptions/{key}/card`: over to the provider's own page for the card, which never comes to us.

Rules: the page is asked for only when its button is pressed, by a function that is passed in; the answer is a link to
follow, for a form may lead to no other site (`form-action`).
"""

from aiohttp import web

from worker.core.provider_action import Verb
from worker.render.own_pages import CardPage, render_card
from worker.sources import GUIDES
from worker.sources.acting import Asked
from worker.store import customers
from worker.web.answers import page, status_page
from worker.web.hub import HubServer
from worker.web.hub_subscriptions import own_plan
from worker.web.own_plans import SUBSCRIPTIONS, OwnPlan
from worker.web.refusing import pressed_inside, seconds_to_wait, too_often_page
from worker.web.signed_in import Guest, viewer_of


async def get_card(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Where it is changed; the way there at once, where the address is known without asking."""
    plan = await own_plan(hub, request, guest)
    if plan is None or not plan.own.card:
        return status_page(hub, 404)
    acting = hub.ways.reach(plan.row.source).acting
    known = acting.links(plan.row) if acting is not None else None
    return _shown(hub, guest, plan, CardPage(_provider(hub, plan), known))


async def post_card(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Ask the provider for its page."""
    sent = await pressed_inside(hub, request, guest.secret)
    if isinstance(sent, web.Response):
        return sent
    plan = await own_plan(hub, request, guest)
    if plan is None or not plan.own.card:
        return status_page(hub, 404)
    seconds = seconds_to_wait(hub, request)  # each press is a call at the provider, which counts them
    if seconds:
        return too_often_page(hub, seconds)
    link = await hub.card_page(hub.ways.reach(plan.row.source), await _asked(hub, guest, plan))
    return _shown(hub, guest, plan, CardPage(_provider(hub, plan), link, failed=link is None))


async def _asked(hub: HubServer, guest: Guest, plan: OwnPlan) -> Asked:
    known = await hub.store.read(lambda tx: customers.refs(tx, guest.customer.id))
    return Asked(
        verb=Verb.CARD_PAGE,
        key=hub.clock.new_id(),
        subscription=plan.row.ref,
        customer=next((ref for source, ref in known if source == plan.row.source), None),
        return_url=f"{hub.settings.base_url}{SUBSCRIPTIONS}",
    )


def _shown(hub: HubServer, guest: Guest, plan: OwnPlan, card: CardPage) -> web.Response:
    return page(render_card(hub.stationery, hub.brand, viewer_of(hub, guest), plan.own, card))


def _provider(hub: HubServer, plan: OwnPlan) -> str:
    """The company's name, by which customers know it."""
    account = hub.settings.sources.get(plan.row.source)
    guide = GUIDES.get(account.kind) if account is not None else None
    return guide.provider if guide is not None else plan.row.source
