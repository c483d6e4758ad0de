"""Kept events: a provider's raw messages, durable before they are understood."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from worker.store.engine import Row, Tx

TRY_SECONDS = 10
"""How long an event is left to whoever tries to understand it; a failed try is repeated after this."""


class EventState(StrEnum):
    """What became of an event."""

    WAITING = "waiting"
    UNDERSTOOD = "understood"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A message as it came in. Header names are lower-case; `received_at` is UTC microseconds."""

    id: str
    source: str
    event_id: str
    name: str
    received_at: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class EventEnd:
    """What became of an event, and for what is not understood why and at which field."""

    state: EventState
    reason: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event in the database; `attempts` counts the tries to understand it."""

    id: str
    source: str
    event_id: str
    name: str
    received_at: int
    headers: Mapping[str, str]
    body: bytes
    state: EventState
    reason: str | None
    field: str | None
    attempts: int
    forgotten_at: int | None = None


@dataclass(frozen=True, slots=True)
class EventSummary:
    """A line of `letterkey events list`."""

    id: str
    source: str
    event_id: str
    name: str
    received_at: int
    state: EventState
    reason: str | None
    field: str | None


async def keep(tx: Tx, new: Sequence[NewEvent]) -> set[str]:
    """Keep events; returns our ids of those that weren't here already."""
    # In one order everywhere: processes that are told the same at the same time don't wait for each other in a ring.
    rows = [_columns(event) for event in sorted(new, key=lambda event: (event.source, event.event_id))]
    return {row["id"] for row in await tx.insert("event_keep", rows)}


async def waiting(tx: Tx, most: int) -> list[KeptEvent]:
    """The events that wait to be understood and that nobody has in hand, oldest first."""
    return [event_of(row) for row in await tx.all("events_waiting", most=most, seconds=TRY_SECONDS)]


async def by_id(tx: Tx, event_id: str) -> KeptEvent | None:
    """The event of our id."""
    row = await tx.one("event_by_id", id=event_id)
    return None if row is None else event_of(row)


async def first_after(tx: Tx, source: str, after: str) -> KeptEvent | None:
    """The first event of an account that came after the moment of the id `after`."""
    row = await tx.one("event_after", source=source, after=after)
    return None if row is None else event_of(row)


async def settle(tx: Tx, event_id: str, end: EventEnd, now: int) -> bool:
    """Say what became of a waiting event; False where another process was first."""
    row = await tx.one("event_settle", id=event_id, state=end.state.value, reason=end.reason, field=end.field, now=now)
    return row is not None


async def begin(tx: Tx, event_id: str) -> int | None:
    """Begin a try: returns its number, or None where another process has the event in hand.

    Committed before the try, so that an event that kills the process is found out.
    """
    row = await tx.one("event_begin", id=event_id, seconds=TRY_SECONDS)
    return None if row is None else int(row["attempts"])


async def requeue(tx: Tx, event_id: str) -> bool:
    """Have a quarantined or ignored event read again; False for any other."""
    return await tx.one("event_requeue", id=event_id) is not None


async def newest(tx: Tx, state: EventState | None, most: int) -> list[EventSummary]:
    """The newest events, of one state or of all."""
    rows = await tx.all("events_list", state=state.value if state else None, most=most)
    return [
        EventSummary(
            row["id"],
            row["source"],
            row["event_id"],
            row["name"],
            row["received_at"],
            EventState(row["state"]),
            row["reason"],
            row["field"],
        )
        for row in rows
    ]


async def counts(tx: Tx) -> dict[str, int]:
    """How many events wait and how many are quarantined."""
    found = {row["state"]: int(row["n"]) for row in await tx.all("events_count")}
    return {state: found.get(state, 0) for state in ("waiting", "quarantined")}


def _columns(event: NewEvent) -> dict[str, object]:
    return {
        "id": event.id,
        "source": event.source,
        "event_id": event.event_id,
        "name": event.name,
        "received_at": event.received_at,
        "headers": json.dumps(dict(event.headers)),
        "body": event.body,
    }


def event_of(row: Row) -> KeptEvent:
    """A row as a value."""
    return KeptEvent(
        row["id"],
        row["source"],
        row["event_id"],
        row["name"],
        row["received_at"],
        json.loads(row["headers"]),
        bytes(row["body"]),
        EventState(row["state"]),
        row["reason"],
        row["field"],
        row["attempts"],
        row["forgotten_at"],
    )


async def oldest_waiting(tx: Tx) -> int | None:
    """Since when the oldest event has waited to be understood (UTC microseconds)."""
    row = await tx.one("events_oldest_waiting")
    return None if row is None else row["received_at"]
