"""What operators reach, on a listener of their own: the routes of health and metrics."""

from functools import partial

from aiohttp import web

from worker.web import hygiene
from worker.web.health import get_healthz, get_readyz
from worker.web.hub import HubServer
from worker.web.measures import get_metrics


def ops_application(hub: HubServer) -> web.Application:
    """The application of `ops.listen`."""
    app = web.Application(middlewares=[hygiene.mending(hub)])
    app.on_response_prepare.append(hygiene.sending_headers(hub))
    app.add_routes(
        [
            web.get("/healthz", partial(get_healthz, hub)),
            web.get("/readyz", partial(get_readyz, hub)),
            web.get("/metrics", partial(get_metrics, hub)),
        ]
    )
    return app
