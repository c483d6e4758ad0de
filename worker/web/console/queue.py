"""`/console/queue`, `/console/suppressions`: what waits, for whom, and what a merchant can do.

Rules: what came in is shown with its secrets masked; a mail that couldn't be understood is shown by its headers and
never answered; each press is one action with an audit entry.
"""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from worker.actions.lift_suppression import lift_suppression
from worker.actions.requeue_held import requeue_held, requeue_reason
from worker.core.masking import shown_body, shown_headers
from worker.core.suppression import SuppressionKind
from worker.mail.read import headers_of
from worker.render.console.queue import (
    QUEUE,
    SUPPRESSIONS,
    Blocked,
    Held,
    Queue,
    Shown,
    render_held,
    render_queue,
    render_suppressions,
)
from worker.store import events, home, inbox, lists, progress
from worker.store.engine import Tx
from worker.store.inbox import KeptMail
from worker.store.lists import HeldEvent, HeldMail, Place
from worker.store.progress import Progress
from worker.store.transactions import State
from worker.web.answers import page
from worker.web.console.inside import Merchant, viewer_of
from worker.web.hub import HubServer
from worker.web.signed_in import go_to

_WAITING, _QUARANTINED = "waiting", "quarantined"
_LONGEST_BODY = 100_000
"""Characters of what came in that a page shows."""


async def get_queue(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """What waits, and what is in quarantine."""
    queue = await hub.store.read(_queue)
    shown = render_queue(hub.stationery, hub.brand, viewer_of(hub, merchant), queue, request.query.get("done"))
    return page(shown)


async def get_held(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """One of them, as it came in."""
    held_id = request.match_info["id"]
    shown = await hub.store.read(lambda tx: _shown(tx, hub, held_id))
    if shown is None:
        raise web.HTTPNotFound
    return page(render_held(hub.stationery, hub.brand, viewer_of(hub, merchant), shown))


async def post_again(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """Try one again."""
    held_id, fresh = request.match_info["id"], hub.fresh()
    done = await hub.store.write(lambda tx: requeue_held(tx, held_id, merchant.identity, fresh))
    return go_to(f"{QUEUE}?done={'again' if done else 'before'}")


async def post_reason(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """Try all events of a reason again."""
    reason, fresh = fields.get("reason", "").replace("\0", ""), hub.fresh()
    done = await hub.store.write(lambda tx: requeue_reason(tx, reason, merchant.identity, fresh))
    return go_to(f"{QUEUE}?done={'again' if done else 'before'}")


async def get_suppressions(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """The addresses that get no mails."""
    before = _place(request.query.get("before", ""))
    found = await hub.store.read(lambda tx: lists.suppressed(tx, before))
    last = found[lists.PAGE - 1] if len(found) > lists.PAGE else None
    older = f"{last.since}.{last.kind}.{last.identity}" if last else None
    blocked = [
        Blocked(each.identity, each.since, each.words, each.kind is SuppressionKind.BOUNCE)
        for each in found[: lists.PAGE]
    ]
    viewer = viewer_of(hub, merchant)
    shown = render_suppressions(hub.stationery, hub.brand, viewer, blocked, (request.query.get("done"), older))
    return page(shown)


async def post_lift(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """Lift one that bounces brought."""
    address, fresh = fields.get("address", "").replace("\0", ""), hub.fresh()
    done = await hub.store.write(lambda tx: lift_suppression(tx, address, merchant.identity, fresh))
    return go_to(f"{SUPPRESSIONS}?done={'lifted' if done else 'kept'}")


def _place(said: str) -> Place | None:
    since, _, rest = said.partition(".")
    kind, _, key = rest.partition(".")
    known = since.isascii() and since.isdigit() and len(since) < 19
    return (int(since), kind, key.replace("\0", "")) if known else None


async def _queue(tx: Tx) -> Queue:
    waiting = [_event(each) for each in await lists.held_events(tx, _WAITING)]
    waiting += [_transaction(each) for each in await progress.held(tx, State.WAITING, lists.PAGE)]
    waiting += [_mail(each) for each in await lists.held_mails(tx, _WAITING)]
    return Queue(
        mails=await home.waiting_mails(tx),
        waiting=sorted(waiting, key=lambda each: each.since),
        events=[_event(each) for each in await lists.held_events(tx, _QUARANTINED)],
        transactions=[_transaction(each) for each in await progress.held(tx, State.QUARANTINED, lists.PAGE)],
        inbox=[_mail(each) for each in await lists.held_mails(tx, _QUARANTINED)],
    )


async def _shown(tx: Tx, hub: HubServer, held_id: str) -> Shown | None:
    event = await events.by_id(tx, held_id)
    if event is not None:
        secrets = _secrets(hub, event.source)
        summary = HeldEvent(event.id, event.source, event.name, event.received_at, event.reason, event.field)
        again = event.state in (events.EventState.QUARANTINED, events.EventState.IGNORED)
        body = shown_body(event.body, secrets)[:_LONGEST_BODY]
        return Shown(_event(summary), "event", event.state, shown_headers(event.headers, secrets), body, again)
    transaction = await progress.of(tx, held_id)
    if transaction is not None:
        body = shown_body(transaction.body.encode(), _secrets(hub, transaction.source))[:_LONGEST_BODY]
        again = transaction.state is State.QUARANTINED
        held = _transaction(transaction)
        return Shown(held, "transaction", transaction.state, {}, body, again, transaction.event_id)
    mail = await inbox.by_id(tx, held_id)
    return None if mail is None else _shown_mail(mail)


def _shown_mail(mail: KeptMail) -> Shown:
    """By its headers alone: what a person wrote is for those whom the mail went to."""
    found = headers_of(mail.raw) if mail.raw is not None else {}
    headers = {name: " ".join(values) for name, values in found.items()}
    held = _mail(HeldMail(mail.id, mail.received_at, mail.sender, mail.reason or mail.outcome))
    return Shown(held, "mail", mail.state, shown_headers(headers, ()), None, again=False)


def _event(event: HeldEvent) -> Held:
    return Held(event.id, event.source, event.name, event.received_at, event.reason, event.field)


def _transaction(found: Progress) -> Held:
    held = Held(found.id, found.source, found.kind.value, found.accepted_at, found.reason)
    return replace(held, waits_for=found.waits_for, asked=found.asked)


def _mail(mail: HeldMail) -> Held:
    return Held(mail.id, "", mail.sender, mail.received_at, mail.reason)


def _secrets(hub: HubServer, source: str) -> list[str]:
    account = hub.settings.sources.get(source)
    if account is None:
        return []
    return [each.get_secret_value() for each in (*account.secrets, account.path_secret, account.api_key) if each]
