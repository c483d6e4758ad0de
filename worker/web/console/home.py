"""`/console/`: whether all is well."""

from aiohttp import web

from worker.render.console.home import render_home
from worker.store import outbox
from worker.store.engine import Tx
from worker.store.outbox import RELAY
from worker.web.answers import page
from worker.web.console.inside import Merchant, viewer_of
from worker.web.hub import HubServer


async def get_home(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """How the relay is, and what waits."""

    async def body(tx: Tx) -> tuple[bool, dict[str, int]]:
        return (await outbox.relay(tx, RELAY)).paused, await outbox.unsettled(tx)

    paused, mails = await hub.store.read(body)
    return page(render_home(hub.stationery, hub.brand, viewer_of(hub, merchant), paused=paused, mails=mails))
