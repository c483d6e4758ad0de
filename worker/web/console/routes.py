"""The console's route table."""

from functools import partial

from aiohttp import web

from worker.web.assets import console_stylesheet, copying, get_asset
from worker.web.beat import on_the_beat
from worker.web.console import actions, customers, declarations, mails, queue
from worker.web.console.audit import get_audit, get_audit_csv
from worker.web.console.door import (
    get_link,
    get_sessions,
    get_sign_in,
    post_link,
    post_sessions,
    post_sign_in,
    post_sign_out,
)
from worker.web.console.home import get_home
from worker.web.console.hub_settings import get_hub_settings, post_hub_settings
from worker.web.console.inside import HOME, acting, inside, must_exist
from worker.web.console.receipt_settings import get_preview, get_receipt_settings, post_logo, post_receipt_settings
from worker.web.hub import HubServer
from worker.web.signed_in import go_to

_ID = "{id:[0-9a-z]+}"
"""What ids of ours consist of: nothing else is looked for."""


def console_routes(hub: HubServer) -> list[web.RouteDef]:
    """All of them. Each answers 404 while the settings name no merchant."""
    return [*_for_everybody(hub), *_for_merchants(hub)]


def _for_everybody(hub: HubServer) -> list[web.RouteDef]:
    """Whoever asks to come in."""
    return [
        web.get("/static/console.css", partial(get_asset, console_stylesheet(hub))),
        web.get("/static/copy.js", partial(get_asset, copying())),
        web.get("/console", partial(_to_home, hub)),
        web.get("/console/sign-in", partial(get_sign_in, hub)),
        web.post("/console/sign-in", on_the_beat(hub.clock, partial(post_sign_in, hub))),
        web.get("/console/access/{token}", partial(get_link, hub)),
        web.post("/console/access/{token}", partial(post_link, hub)),
    ]


def _for_merchants(hub: HubServer) -> list[web.RouteDef]:
    """Only who is in: `inside` for pages, `acting` for presses."""
    return [
        web.get("/console/", inside(hub, get_home)),
        *_customers(hub),
        *_mails(hub),
        *_queue(hub),
        web.get("/console/audit", inside(hub, get_audit)),
        web.get("/console/audit.csv", inside(hub, get_audit_csv)),
        web.get("/console/settings/hub", inside(hub, get_hub_settings)),
        web.post("/console/settings/hub", acting(hub, post_hub_settings)),
        web.get("/console/settings/receipts", inside(hub, get_receipt_settings)),
        web.post("/console/settings/receipts", acting(hub, post_receipt_settings)),
        web.post("/console/settings/receipts/logo", inside(hub, post_logo)),
        web.get("/console/settings/receipts/preview/{style}", inside(hub, get_preview)),
        web.get("/console/sessions", inside(hub, get_sessions)),
        web.post("/console/sessions", acting(hub, post_sessions)),
        web.post("/console/sign-out", acting(hub, post_sign_out)),
    ]


def _customers(hub: HubServer) -> list[web.RouteDef]:
    one = f"/console/customers/{_ID}"
    return [
        web.get("/console/customers", inside(hub, customers.get_customers)),
        web.get(one, inside(hub, customers.get_customer)),
        web.post(f"{one}/link", acting(hub, customers.post_link)),
        web.post(f"{one}/email", acting(hub, customers.post_email)),
        web.post(f"{one}/lift", acting(hub, customers.post_lift)),
        web.post(f"{one}/sessions", acting(hub, customers.post_sessions)),
    ]


def _mails(hub: HubServer) -> list[web.RouteDef]:
    one = f"/console/mails/{_ID}"
    return [
        web.get("/console/mails", inside(hub, mails.get_mails)),
        web.get(one, inside(hub, mails.get_mail)),
        web.get(f"{one}/preview", inside(hub, mails.get_preview)),
        web.post(f"{one}/again", acting(hub, mails.post_again)),
        web.post(f"{one}/arrived", acting(hub, mails.post_arrived)),
    ]


def _queue(hub: HubServer) -> list[web.RouteDef]:
    return [
        web.get("/console/queue", inside(hub, queue.get_queue)),
        web.post("/console/queue/reason", acting(hub, queue.post_reason)),
        web.get(f"/console/queue/{_ID}", inside(hub, queue.get_held)),
        web.post(f"/console/queue/{_ID}/again", acting(hub, queue.post_again)),
        web.get("/console/actions", inside(hub, actions.get_actions)),
        web.post(f"/console/actions/{_ID}/done", acting(hub, actions.post_done)),
        web.post(f"/console/actions/{_ID}/again", acting(hub, actions.post_again)),
        web.get("/console/declarations", inside(hub, declarations.get_declarations)),
        web.post(f"/console/declarations/{_ID}/done", acting(hub, declarations.post_done)),
        web.get("/console/suppressions", inside(hub, queue.get_suppressions)),
        web.post("/console/suppressions", acting(hub, queue.post_lift)),
    ]


async def _to_home(hub: HubServer, request: web.Request) -> web.Response:
    must_exist(hub)
    return go_to(HOME)
