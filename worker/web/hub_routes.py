"""The route table of the hub: what customers reach who are in."""

from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler

from worker.web.hub import HubServer
from worker.web.hub_card import get_card, post_card
from worker.web.hub_changes import get_change, post_change
from worker.web.hub_details import get_details, get_email, post_details, post_email
from worker.web.hub_subscriptions import get_cancel, get_subscriptions, post_cancel, post_reason
from worker.web.hub_withdrawal import get_invoice, get_withdraw, post_withdraw
from worker.web.purchases import get_list, get_overview
from worker.web.sessions import get_sessions, post_sessions, post_sign_out
from worker.web.signed_in import Inside, signed_in


def hub_routes(hub: HubServer) -> list[web.RouteDef]:
    """All of them. Each answers only who is in."""
    return [
        web.get("/hub/", _inside(hub, get_overview)),
        web.get("/hub/transactions", _inside(hub, get_list)),
        web.get("/hub/invoices/{id}", _inside(hub, get_invoice)),
        web.get("/hub/invoices/{id}/withdraw", _inside(hub, get_withdraw)),
        web.post("/hub/invoices/{id}/withdraw", _inside(hub, post_withdraw)),
        web.get("/hub/sessions", _inside(hub, get_sessions)),
        web.post("/hub/sessions", _inside(hub, post_sessions)),
        web.post("/hub/sign-out", _inside(hub, post_sign_out)),
        web.get("/hub/details", _inside(hub, get_details)),
        web.post("/hub/details", _inside(hub, post_details)),
        web.get("/hub/email", _inside(hub, get_email)),
        web.post("/hub/email", _inside(hub, post_email)),
        web.get("/hub/subscriptions", _inside(hub, get_subscriptions)),
        web.get("/hub/subscriptions/{key}/cancel", _inside(hub, get_cancel)),
        web.post("/hub/subscriptions/{key}/cancel", _inside(hub, post_cancel)),
        web.post("/hub/subscriptions/{key}/reason", _inside(hub, post_reason)),
        web.get("/hub/subscriptions/{key}/{act:undo|pause|resume}", _inside(hub, get_change)),
        web.post("/hub/subscriptions/{key}/{act:undo|pause|resume}", _inside(hub, post_change)),
        web.get("/hub/subscriptions/{key}/card", _inside(hub, get_card)),
        web.post("/hub/subscriptions/{key}/card", _inside(hub, post_card)),
    ]


def _inside(hub: HubServer, page: Inside) -> Handler:
    """A page for customers who are in."""
    return partial(signed_in, hub, page)
