"""`/healthz` for a load balancer; `/readyz` for whoever operates this, on a listener of its own."""

import asyncio

from aiohttp import web

from worker.core.instance import HEADER, instance_mark
from worker.store import invoices
from worker.store.engine import StoreUnavailable
from worker.web.hub import HubServer

READY_SECONDS = 2.0
"""A database that takes longer to find one row by its key is not ready."""
FAILING_SECONDS = 10.0
"""So long after a write that the database could not take (a full disk), new work had better go elsewhere."""


async def get_healthz(hub: HubServer, request: web.Request) -> web.Response:
    """This process answers; nothing else is asked."""
    return _marked(hub, web.Response(text="ok\n"))


async def get_readyz(hub: HubServer, request: web.Request) -> web.Response:
    """All that was asked for is up, the database answers, and this process is not stopping."""
    return _marked(hub, await _readiness(hub))


async def _readiness(hub: HubServer) -> web.Response:
    if hub.stopping.is_set():
        return web.Response(text="stopping\n", status=503)
    if not hub.open.is_set() or hub.awaited:
        return web.Response(text=f"starting: waits for {', '.join(sorted(hub.awaited)) or 'hub'}\n", status=503)
    failed_at = hub.store.failed_at
    if failed_at is not None and hub.clock.monotonic() - failed_at < FAILING_SECONDS:
        return web.Response(text="the database takes no writes\n", status=503)
    try:
        async with asyncio.timeout(READY_SECONDS):
            await hub.store.read(lambda tx: invoices.link(tx, ""))
    except (StoreUnavailable, TimeoutError):
        return web.Response(text="the database does not answer\n", status=503)
    return web.Response(text="ready\n")


def _marked(hub: HubServer, answer: web.Response) -> web.Response:
    """With the mark of this installation."""
    answer.headers[HEADER] = instance_mark(hub.keys.document_keys)
    return answer
