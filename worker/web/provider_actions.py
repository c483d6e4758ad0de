"""`/done/{token}`: the merchant says that an action is carried out at the provider.

Rules: GET changes nothing; twice is the same as once.
"""

from aiohttp import web

from worker.actions.settle_action import confirm_by_link
from worker.core import tokens
from worker.core.open_action import CANCELS
from worker.core.plans import Plan
from worker.render import press_pages
from worker.render.note_voice import Cancellation, Reader
from worker.render.press_pages import Press, Pressed
from worker.store import customers, provider_actions, subscriptions
from worker.store.engine import Tx
from worker.store.invoices import Purpose
from worker.store.provider_actions import ActionRow
from worker.web.answers import notice_page, status_page
from worker.web.hub import HubServer
from worker.web.pressing import not_pressed, press_page


async def get_done(hub: HubServer, request: web.Request) -> web.Response:
    """Is it done?"""
    found = await _found(hub, request)
    if found is None:
        return status_page(hub, 404)
    action, press = found
    return press_page(hub, press) if action.open else _noted(hub, action)


async def post_done(hub: HubServer, request: web.Request) -> web.Response:
    """It is: the customer is told."""
    found = await _found(hub, request)
    if found is None:
        return status_page(hub, 404)
    action, press = found
    instead = await not_pressed(hub, request, press)
    if instead is not None:
        return instead
    fresh = hub.fresh()
    await hub.store.write(lambda tx: confirm_by_link(tx, action.link_id, fresh))
    return _noted(hub, action)


async def _found(hub: HubServer, request: web.Request) -> tuple[ActionRow, Press] | None:
    link_id = tokens.read(request.match_info["token"], Purpose.CANCEL_DONE, hub.keys.secret_keys)
    return await hub.store.read(lambda tx: _read(tx, hub, link_id)) if link_id is not None else None


async def _read(tx: Tx, hub: HubServer, link_id: str) -> tuple[ActionRow, Press] | None:
    action = await provider_actions.by_link(tx, link_id)
    if action is None:
        return None
    row = await subscriptions.by_name(tx, action.source, action.ref) if action.ref is not None else None
    customer = await customers.by_id(tx, action.customer_id)
    about = None
    if row is not None:
        plan = Plan(row.as_told, row.name, row.amount, row.currency, row.test)
        about = Cancellation(plan, action.requested_at, action.ends_at)
    reader = Reader(hub.settings.business.locale, hub.settings.business.timezone)
    place = (action.source, action.ref or action.customer_ref or "")
    pressed = Pressed(action.verb, about, (customer and customer.email) or "", place)
    return action, press_pages.ask_done(hub.stationery, pressed, reader)


def _noted(hub: HubServer, action: ActionRow) -> web.Response:
    cancels = action.verb in CANCELS
    return notice_page(hub, press_pages.told_done(hub.stationery, hub.settings.business.locale, cancels=cancels))
