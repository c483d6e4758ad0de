"""`/done/{token}`: the merchant says that a subscription is cancelled at the provider.

Rules: GET changes nothing; twice is the same as once.
"""

from aiohttp import web

from worker.actions.cancel_subscription import confirm_cancel
from worker.core import tokens
from worker.core.plans import Plan
from worker.render import press_pages
from worker.render.notes import Cancellation, Reader
from worker.render.press_pages import Press
from worker.store import customers, subscriptions
from worker.store.engine import Tx
from worker.store.invoices import Purpose
from worker.store.subscriptions import CancelRow
from worker.web.answers import notice_page, status_page
from worker.web.hub import HubServer
from worker.web.pressing import not_pressed, press_page


async def get_done(hub: HubServer, request: web.Request) -> web.Response:
    """Is it cancelled?"""
    found = await _found(hub, request)
    if found is None:
        return status_page(hub, 404)
    cancel, press = found
    return press_page(hub, press) if cancel.state == "requested" else _noted(hub)


async def post_done(hub: HubServer, request: web.Request) -> web.Response:
    """It is: the customer is told."""
    found = await _found(hub, request)
    if found is None:
        return status_page(hub, 404)
    cancel, press = found
    instead = await not_pressed(hub, request, press)
    if instead is not None:
        return instead
    fresh = hub.fresh()
    await hub.store.write(lambda tx: confirm_cancel(tx, cancel.link_id, fresh))
    return _noted(hub)


async def _found(hub: HubServer, request: web.Request) -> tuple[CancelRow, Press] | None:
    link_id = tokens.read(request.match_info["token"], Purpose.CANCEL_DONE, hub.keys.secret_keys)
    return await hub.store.read(lambda tx: _read(tx, hub, link_id)) if link_id is not None else None


async def _read(tx: Tx, hub: HubServer, link_id: str) -> tuple[CancelRow, Press] | None:
    cancel = await subscriptions.cancel_by_link(tx, link_id)
    if cancel is None:
        return None
    row = await subscriptions.by_name(tx, cancel.source, cancel.ref)
    customer = await customers.by_id(tx, cancel.customer_id)
    assert row is not None, "a cancellation refers to its subscription"
    about = Cancellation(
        Plan(row.as_told, row.name, row.amount, row.currency, row.test), cancel.requested_at, cancel.ends_at
    )
    reader = Reader(hub.settings.business.locale, hub.settings.business.timezone)
    email = (customer and customer.email) or ""
    return cancel, press_pages.ask_done(hub.stationery, about, email, (cancel.source, cancel.ref), reader)


def _noted(hub: HubServer) -> web.Response:
    return notice_page(hub, press_pages.told_done(hub.stationery, hub.settings.business.locale))
