"""The face to the web: its routes, what holds for every request, start and stop.

Two listeners: `hub.listen` for customers, providers and shops, `ops.listen` for whoever operates this.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from worker import journal
from worker.settings import Listen
from worker.web import hygiene
from worker.web.access import get_access, post_access
from worker.web.assets import get_asset, logo, stylesheet
from worker.web.beat import on_the_beat
from worker.web.bodies import MOST_BYTES
from worker.web.connections import CannotListen, listening
from worker.web.console.routes import console_routes
from worker.web.declarations import DECLARED_AT, get_declare, post_declare
from worker.web.documents import get_document
from worker.web.email_links import get_confirm, get_undo, post_confirm, post_undo
from worker.web.health import get_healthz
from worker.web.hub import HubServer, Patience
from worker.web.hub_routes import hub_routes
from worker.web.lost_address import get_lost, post_lost
from worker.web.operators import ops_application
from worker.web.provider_actions import get_done, post_done
from worker.web.relay_webhooks import post_relay_webhook
from worker.web.transactions import post_transactions
from worker.web.updateinfo import get_code, get_form, post_code, post_form
from worker.web.webhooks import head_webhook, post_webhook

__all__ = ["Bound", "CannotListen", "HubServer", "Patience", "running", "serve"]


@dataclass(frozen=True, slots=True)
class Bound:
    """Where it listens: the real ports, where the settings said 0; and how to go on with another value of `hub`."""

    hub: Listen
    ops: Listen | None
    turn_to: Callable[[HubServer], Awaitable[None]]


async def serve(hub: HubServer) -> None:
    """Answer until `hub.stopping` is set, then finish what is in hand. Raises CannotListen."""
    async with running(hub):
        await hub.stopping.wait()


@asynccontextmanager
async def running(hub: HubServer) -> AsyncIterator[Bound]:
    """Answer while the context lasts. Operators are answered to the very end. Raises CannotListen."""
    async with AsyncExitStack() as stack:
        listen = hub.settings.ops.listen
        opening = listening(ops_application(hub), listen, hub.patience) if listen else nullcontext()
        ops = await stack.enter_async_context(opening)
        main = await stack.enter_async_context(listening(hub_application(hub), hub.settings.hub.listen, hub.patience))
        stack.callback(hub.stopping.set)
        hub.open.set()
        hub.awaited.discard("hub")
        journal.listening(hub=str(main.at), ops=str(ops.at) if ops else None)

        async def turn_to(changed: HubServer) -> None:
            if ops:
                await ops.turn_to(ops_application(changed))
            await main.turn_to(hub_application(changed))

        yield Bound(main.at, ops.at if ops else None, turn_to)


def hub_application(hub: HubServer) -> web.Application:
    """What customers, providers and shops reach."""
    app = web.Application(
        middlewares=[hygiene.noting(hub), hygiene.mending(hub), hygiene.knowing_hosts(hub)],
        client_max_size=MOST_BYTES,
    )
    app.on_response_prepare.append(hygiene.sending_headers(hub))
    app.add_routes([*_for_programs(hub), *_for_everybody(hub), *hub_routes(hub), *console_routes(hub)])
    return app


def _for_programs(hub: HubServer) -> list[web.RouteDef]:
    """Shops, providers and load balancers."""
    return [
        web.post("/api/transactions", partial(post_transactions, hub)),
        web.post("/webhooks/relay/{relay}", partial(post_relay_webhook, hub)),
        web.post("/webhooks/{source}", partial(post_webhook, hub)),
        web.head("/webhooks/{source}", partial(head_webhook, hub)),
        web.post("/webhooks/{source}/{path_secret}", partial(post_webhook, hub)),
        web.head("/webhooks/{source}/{path_secret}", partial(head_webhook, hub)),
        web.get("/healthz", partial(get_healthz, hub)),
    ]


def _for_everybody(hub: HubServer) -> list[web.RouteDef]:
    """Whoever has a link or asks for one."""
    return [
        web.get("/documents/{token}", partial(get_document, hub)),
        web.get("/updateinfo", partial(get_form, hub)),
        web.get("/updateinfo/", partial(get_form, hub)),
        web.post("/updateinfo/", on_the_beat(hub.clock, partial(post_form, hub))),
        web.get("/updateinfo/lost/", partial(get_lost, hub)),
        web.post("/updateinfo/lost/", on_the_beat(hub.clock, partial(post_lost, hub))),
        *_declaring(hub),
        web.get("/access/code", partial(get_code, hub)),
        web.post("/access/code", partial(post_code, hub)),
        web.get("/access/{token}", partial(get_access, hub)),
        web.post("/access/{token}", partial(post_access, hub)),
        web.get("/email/confirm/{token}", partial(get_confirm, hub)),
        web.post("/email/confirm/{token}", partial(post_confirm, hub)),
        web.get("/email/undo/{token}", partial(get_undo, hub)),
        web.post("/email/undo/{token}", partial(post_undo, hub)),
        web.get("/done/{token}", partial(get_done, hub)),
        web.post("/done/{token}", partial(post_done, hub)),
        web.get("/static/letterkey.css", partial(get_asset, stylesheet(hub))),
        web.get("/static/logo", partial(get_asset, logo(hub))),
    ]


def _declaring(hub: HubServer) -> list[web.RouteDef]:
    """Whoever cancels or withdraws without signing in."""
    return [
        route
        for what, place in DECLARED_AT.items()
        for route in (
            web.get(place.rstrip("/"), partial(get_declare, hub, what)),
            web.get(place, partial(get_declare, hub, what)),
            web.post(place, on_the_beat(hub.clock, partial(post_declare, hub, what))),
        )
    ]
