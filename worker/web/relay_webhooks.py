"""`POST /webhooks/relay/{relay}`: what a relay tells of our mails, kept before it is answered.

Rules: as for providers' webhooks; what must be fetched to prove an event is fetched by a function that is passed in,
from addresses that the relay's file finds good, and only for an event that names what is ours.
"""

from aiohttp import web

from worker import journal
from worker.core.raw_event import Forged, Genuine, RawEvent
from worker.relays import RELAYS
from worker.relays.relay import KEPT_AS, Relay, Secrets
from worker.store.events import NewEvent
from worker.web.answers import Refusal, refuse, refused
from worker.web.bodies import read_body
from worker.web.certificates import certificate_at
from worker.web.hub import HubServer


async def post_relay_webhook(hub: HubServer, request: web.Request) -> web.Response:
    """Keep an event that is proven to be the relay's, and confirm what it asks for."""
    name = request.match_info["relay"]
    relay, account = RELAYS.get(name), hub.settings.relay.get(name)
    if relay is None or account is None:
        raise web.HTTPNotFound
    body = await read_body(request, hub.patience.body_seconds)
    if isinstance(body, Refusal):
        return refused(body)
    secrets = tuple(each.get_secret_value() for each in account.secrets)
    raw = RawEvent(_headers(request), body, hub.clock.now())
    verdict = relay.verify(raw, secrets, await _certificate(hub, relay, raw, secrets))
    if isinstance(verdict, Forged):
        return _turn_away(hub, name, verdict)
    kept = await _keep(hub, name, raw, verdict)
    address = relay.confirm(raw, secrets)
    if address is not None and await hub.fetch(address) is None:
        return refused(refuse(503, "could not be confirmed now; send it again"))
    return web.json_response({"outcome": "accepted" if kept else "duplicate"})


def _headers(request: web.Request) -> dict[str, str]:
    return {name.lower(): value.encode("utf-8", "replace").decode() for name, value in request.headers.items()}


async def _certificate(hub: HubServer, relay: Relay, raw: RawEvent, secrets: Secrets) -> bytes | None:
    address = relay.certificate(raw, secrets)
    return None if address is None else await certificate_at(hub, address)


def _turn_away(hub: HubServer, name: str, forged: Forged) -> web.Response:
    hub.metrics.events.labels(KEPT_AS + name, "forged").inc()
    journal.event_refused(source=KEPT_AS + name, reason=forged.reason)
    return refused(refuse(400, "is not proven to come from the relay; the journal here says why"))


async def _keep(hub: HubServer, name: str, raw: RawEvent, genuine: Genuine) -> bool:
    """Without its headers: they carry secrets, and reading needs none."""
    event = NewEvent(
        id=hub.clock.new_id(),
        source=KEPT_AS + name,
        event_id=genuine.event_id,
        name=genuine.name,
        received_at=raw.received_at,
        headers={},
        body=raw.body,
    )
    kept = await hub.keeper.keep(hub.store, event)
    hub.metrics.events.labels(KEPT_AS + name, "kept" if kept else "duplicate").inc()
    if kept:
        journal.event_kept(event.id, source=KEPT_AS + name)
    return kept
