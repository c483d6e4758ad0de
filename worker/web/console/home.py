"""`/console/`: whether all is well, and what this month brought."""

from aiohttp import web

from worker.core.month import month_of
from worker.core.wellbeing import Standing
from worker.render.console.home import Month, render_home
from worker.store import home
from worker.store.engine import Tx
from worker.web.answers import page
from worker.web.console.inside import Merchant, viewer_of
from worker.web.hub import HubServer


async def get_home(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """How all is, read in one go."""
    viewer, doors = viewer_of(hub, merchant), _doors(hub)
    days = month_of(viewer.now, viewer.timezone)
    today = next(day.since for day in days if viewer.now < day.until)

    async def body(tx: Tx) -> tuple[Standing, home.Tally]:
        return await home.standing(tx, doors, viewer.now, today), await home.tally(tx, days)

    standing, brought = await hub.store.read(body)
    month = Month(days, brought.receipts, brought.links, brought.cancellations, brought.bounces, most=home.MOST_A_DAY)
    return page(render_home(hub.stationery, hub.brand, viewer, standing, month))


def _doors(hub: HubServer) -> home.Doors:
    settings = hub.settings
    inbound = settings.inbound
    return home.Doors(tuple(settings.sources), inbound.smtp_listen is not None, inbound.imap_url is not None)
