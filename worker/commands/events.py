"""`events`: providers' raw messages, with what became of them, and another try for those that were not understood."""

import asyncio
from typing import Annotated

from cyclopts import App, Group, Parameter

from worker.actions.understand_event import requeue_event
from worker.commands.masking import shown_body, shown_headers
from worker.commands.opening import Config, Desk, open_desk
from worker.commands.terminal import clock_time, complain, say
from worker.store import events
from worker.store.events import EventState, EventSummary, KeptEvent

EventId = Annotated[str, Parameter(help="The event's id, as letterkey events list shows it")]


def list_(
    *,
    state: Annotated[EventState | None, Parameter(help="Only waiting, understood, ignored or quarantined ones")] = None,
    most: Annotated[int, Parameter(help="How many at most")] = 50,
    config: Config = None,
) -> int:
    """List the newest events, newest first.

    For example:

        letterkey events list
        letterkey events list --state quarantined
    """
    return asyncio.run(_list(state, most, config))


async def _list(state: EventState | None, most: int, config: Config) -> int:
    async with open_desk(config) as desk:
        found = await desk.store.read(lambda tx: events.newest(tx, state, max(1, most)))
        for event in found:
            say(_line(event, desk.timezone))
        if not found:
            say(f"No {state} events." if state else "No events yet: a provider's webhooks bring them.")
    return 0


def _line(event: EventSummary, timezone: str) -> str:
    at = clock_time(event.received_at, timezone)
    return f"{at}  {event.id}  {event.source}  {event.name}  {_became(event)}"


def _became(event: EventSummary | KeptEvent) -> str:
    where = f" (at {event.field})" if event.field else ""
    return f"{event.state}: {event.reason}{where}" if event.reason else str(event.state)


def show(event: EventId, /, *, config: Config = None) -> int:
    """Show one event as it came in, its secrets masked.

    For example:

        letterkey events show 01k9s0q0v5m5e8r2x6t4c3w7ya
    """
    return asyncio.run(_show(event, config))


async def _show(event_id: str, config: Config) -> int:
    async with open_desk(config) as desk:
        event = await desk.store.read(lambda tx: events.by_id(tx, event_id))
        if event is None:
            return _unknown(event_id)
        for line in _details(event, desk):
            say(line)
    return 0


def _details(event: KeptEvent, desk: Desk) -> list[str]:
    secrets = _secrets(desk, event.source)
    headers = [f"  {name}: {value}" for name, value in shown_headers(event.headers, secrets).items()]
    return [
        f"Event     {event.event_id} ({event.name}) from {event.source}",
        f"Received  {clock_time(event.received_at, desk.timezone).strip()}",
        f"State     {_became(event)}, tries {event.attempts}",
        "Headers",
        *headers,
        "Body",
        shown_body(event.body, secrets),
    ]


def _secrets(desk: Desk, source: str) -> list[str]:
    account = desk.settings.sources.get(source)
    if account is None:
        return []
    return [each.get_secret_value() for each in (*account.secrets, account.path_secret, account.api_key) if each]


def requeue(event: EventId, /, *, config: Config = None) -> int:
    """Have a quarantined or ignored event read again, after an update or a change of settings.

    For example:

        letterkey events requeue 01k9s0q0v5m5e8r2x6t4c3w7ya
    """
    return asyncio.run(_requeue(event, config))


async def _requeue(event_id: str, config: Config) -> int:
    async with open_desk(config) as desk:
        if await desk.store.write(lambda tx: requeue_event(tx, event_id)):
            say(f"Event {event_id} will be read again.")
            return 0
        event = await desk.store.read(lambda tx: events.by_id(tx, event_id))
        if event is None:
            return _unknown(event_id)
        complain(f"Event {event_id} is {event.state}: only quarantined and ignored events can be read again.")
    return 1


def _unknown(event_id: str) -> int:
    complain(f"There is no event {event_id}. letterkey events list shows the newest.")
    return 1


def commands(group: Group) -> App:
    """`events` and what stands below it."""
    app = App(name="events", help="Look at providers' raw events, and have one read again.", group=group)
    app.command(list_, name="list")
    app.command(show)
    app.command(requeue)
    return app
