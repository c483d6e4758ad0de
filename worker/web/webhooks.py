"""`POST|HEAD /webhooks/{source}[/{path_secret}]`: a provider's raw event, kept before it is answered.

Rules: the signature is checked over the bytes as they came; a stranger learns neither which sources there are nor why
he was refused (the journal does); nothing is understood here; what must be fetched to prove an event is fetched from
addresses that its source finds good, which are PayPal's and its certificates' issuer's alone.
"""

import hmac
from dataclasses import replace

from aiohttp import web

from worker import journal
from worker.core.instant import SECOND
from worker.metrics import counted
from worker.settings import Source as Account
from worker.sources.event import Forged, Genuine, RawEvent
from worker.store import refusals
from worker.store.events import NewEvent
from worker.store.refusals import TurnedAway
from worker.web.answers import Refusal, refuse, refused
from worker.web.bodies import read_body
from worker.web.certificates import certificate_at
from worker.web.hub import HubServer

NOTED_EVERY = 5 * SECOND
MOST_FETCHED = 2
"""For one event: a certificate, and its issuer's."""
_ACCEPTED, _DUPLICATE = b'{"outcome": "accepted"}', b'{"outcome": "duplicate"}'
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_NEVER = ("cookie", "authorization", "proxy-authorization")
_NEEDED = ("content-type", "webhook-id", "webhook-timestamp")


async def post_webhook(hub: HubServer, request: web.Request) -> web.Response:
    """Keep an event that is proven to be the provider's."""
    account = _account(hub, request)
    if account is None:
        await _note_refusal(hub, request.match_info["source"], "it came to an address without the right path secret")
        raise web.HTTPNotFound
    body = await read_body(request, hub.patience.body_seconds)
    if isinstance(body, Refusal):
        return refused(body)
    raw = RawEvent(_headers(request), body, hub.clock.now())
    proof = await _with_proof(hub, account, raw)
    if proof is None:
        return await _put_off(hub, request.match_info["source"])
    verdict = hub.sources[account.kind].verify(proof, _secrets(account), raw.received_at)
    if isinstance(verdict, Forged):
        return await _turn_away(hub, request.match_info["source"], verdict)
    kept = await _keep(hub, request.match_info["source"], raw, verdict)
    return web.Response(body=_ACCEPTED if kept else _DUPLICATE, headers=_JSON)


async def head_webhook(hub: HubServer, request: web.Request) -> web.Response:
    """Some providers ask whether the address exists before they save it."""
    if _account(hub, request) is None:
        raise web.HTTPNotFound
    return web.Response()


def _account(hub: HubServer, request: web.Request) -> Account | None:
    """The source that the path names, its path secret included."""
    account = hub.settings.sources.get(request.match_info["source"])
    expected = account.path_secret.get_secret_value() if account and account.path_secret else ""
    given = request.match_info.get("path_secret", "")
    same = hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
    return account if same else None


def _headers(request: web.Request) -> dict[str, str]:
    """By lower-case name, the first where one comes twice; characters that no database keeps are replaced."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found.setdefault(name.lower(), value if value.isascii() else value.encode("utf-8", "replace").decode())
    for name in _NEVER:
        found.pop(name, None)
    return found


def _secrets(account: Account) -> tuple[str, ...]:
    return tuple(secret.get_secret_value() for secret in account.secrets)


async def _with_proof(hub: HubServer, account: Account, raw: RawEvent) -> RawEvent | None:
    """The event, with what its source says must be fetched to prove it; None where that can't be had now."""
    source, secrets = hub.sources[account.kind], _secrets(account)
    for _ in range(MOST_FETCHED):
        address = source.lacks(raw, secrets)
        if address is None:
            break
        found = await certificate_at(hub, address)
        if found is None:
            return None
        raw = replace(raw, fetched={**raw.fetched, address: found})
    return raw


async def _put_off(hub: HubServer, source: str) -> web.Response:
    reason = "its certificate can't be fetched now, so nothing proves it; the provider is asked to send it again"
    await _note_refusal(hub, source, reason)
    journal.event_refused(source=source, reason=reason)
    return refused(refuse(503, "can't be proven now; send it again"))


async def _turn_away(hub: HubServer, source: str, forged: Forged) -> web.Response:
    await _note_refusal(hub, source, forged.reason)
    hub.metrics.events.labels(source, "forged").inc()
    journal.event_refused(source=source, reason=forged.reason)
    return refused(refuse(400, "is not proven to come from the provider; the journal here says why"))


async def _note_refusal(hub: HubServer, source: str, reason: str) -> None:
    """For who connects this account. A flood of forgeries costs a commit every few seconds, no more."""
    if source not in hub.settings.sources:
        return
    now = TurnedAway(hub.clock.now(), reason)
    last = await hub.store.read(lambda tx: refusals.last(tx, source))
    if last is None or last.at + NOTED_EVERY <= now.at:
        await hub.store.write(lambda tx: refusals.note(tx, source, now))


async def _keep(hub: HubServer, source: str, raw: RawEvent, genuine: Genuine) -> bool:
    event = NewEvent(
        id=hub.clock.new_id(),
        source=source,
        event_id=genuine.event_id,
        name=genuine.name,
        received_at=raw.received_at,
        headers={name: value for name, value in raw.headers.items() if name in _NEEDED or "signature" in name},
        body=raw.body,
    )
    kept = await hub.keeper.keep(hub.store, event)
    counted(hub.metrics.events, source, "kept" if kept else "duplicate").inc()
    if kept:
        journal.event_kept(event.id, source=source)
    return kept
