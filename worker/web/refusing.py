"""Why a form that was sent goes no further, in words for whoever pressed its button."""

import math

from aiohttp import web

from worker.render.pages import Occasion
from worker.web.answers import Refusal, occasion_page, status_page
from worker.web.clients import client_network
from worker.web.forms import Proof, Sent, read_form
from worker.web.hub import HubServer


async def pressed(hub: HubServer, request: web.Request, paired: str | None) -> Sent | web.Response:
    """The form that was sent, or the page that says why it goes no further."""
    sent = await read_form(hub, request, paired)
    if isinstance(sent, Refusal):
        return status_page(hub, sent.status)
    return foreign_page(hub) if sent.proof is Proof.FOREIGN else sent


async def pressed_inside(hub: HubServer, request: web.Request, secret: str) -> Sent | web.Response:
    """The same for a page of a customer who is in: all its forms have the hidden field."""
    sent = await pressed(hub, request, secret)
    return foreign_page(hub) if isinstance(sent, Sent) and sent.proof is not Proof.OURS else sent


def foreign_page(hub: HubServer) -> web.Response:
    """Another site's page sent the form."""
    return occasion_page(hub, Occasion.FOREIGN, 403)


def seconds_to_wait(hub: HubServer, request: web.Request) -> float:
    """How long until this network may ask for what costs somebody something, 0 where it may now (and did)."""
    client = client_network(request, hub.settings.hub.trusted_proxies)
    return hub.gate.wait(client, hub.settings.limits.client_per_minute, hub.clock.monotonic())


def too_often_page(hub: HubServer, seconds: float) -> web.Response:
    """This network asked too often."""
    answer = occasion_page(hub, Occasion.TOO_OFTEN, 429)
    answer.headers["Retry-After"] = str(math.ceil(seconds))
    return answer


def unknown_link_page(hub: HubServer) -> web.Response:
    """A link that was cut, mistyped, or signed by a key that is no longer in force."""
    return occasion_page(hub, Occasion.CUT_LINK, 404)
