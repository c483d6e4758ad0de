"""Inquiries: which customers' addresses providers are asked for, and what came of it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.core.inquiry import Inquiry, Standing
from worker.store import events
from worker.store.engine import Row, Tx
from worker.store.events import KeptEvent


@dataclass(frozen=True, slots=True)
class Wanted:
    """A customer whose address is missing, or an event of ours that leaves something out; `tries` is how often it was
    asked for before.
    """

    source: str
    ref: str
    tries: int


async def due(tx: Tx, sources: Sequence[str], before: int, now: int) -> list[Wanted]:
    """Whom these accounts are to be asked for now: receipts have waited for them since `before` or longer."""
    rows = await tx.all("inquiries_due", sources=json.dumps(list(sources)), before=before, now=now, most=_MOST)
    return [Wanted(row["source"], row["ref"], int(row["tries"])) for row in rows]


async def incomplete(tx: Tx, source: str, names: Iterable[str], now: int) -> list[tuple[KeptEvent, Wanted]]:
    """What this account is to be asked for now: events of these names in quarantine, the oldest first."""
    said = {"source": source, "names": json.dumps(sorted(names)), "now": now, "most": _MOST}
    rows = await tx.all("events_incomplete", **said)
    return [(events.event_of(row), Wanted(source, row["id"], int(row["tries"]))) for row in rows]


async def say_why(tx: Tx, event_id: str, reason: str) -> None:
    """What was heard of an event that stays in quarantine."""
    await tx.run("event_incomplete_why", id=event_id, reason=reason)


async def begin(tx: Tx, wanted: Wanted, now: int, again_at: int) -> bool:
    """Take it in hand until `again_at`; False where another process has it."""
    return await tx.one("inquiry_begin", source=wanted.source, ref=wanted.ref, now=now, again_at=again_at) is not None


async def settle(tx: Tx, wanted: Wanted, standing: Standing, reason: str, due_at: int | None) -> None:
    """Say what came of it."""
    told = {"standing": standing.value, "reason": reason, "due_at": due_at}
    await tx.run("inquiry_settle", source=wanted.source, ref=wanted.ref, **told)


async def end(tx: Tx, wanted: Wanted) -> None:
    """The address is here."""
    await tx.run("inquiry_end", source=wanted.source, ref=wanted.ref)


async def about(tx: Tx, transaction_ids: Sequence[str]) -> dict[str, Inquiry]:
    """The newest inquiry about the customer of each of these transactions, where there is one."""
    rows = await tx.all("inquiries_about", ids=json.dumps(list(transaction_ids)))
    return {row["id"]: _inquiry(row) for row in rows}


async def open_ones(tx: Tx) -> list[Inquiry]:
    """Those that a receipt still waits for, by account."""
    return [_inquiry(row) for row in await tx.all("inquiries_open")]


_MOST = 100
"""A round: after it, others of the loop have their turn."""


def _inquiry(row: Row) -> Inquiry:
    return Inquiry(
        source=row["source"],
        ref=row["ref"],
        standing=Standing(row["standing"]),
        reason=row["reason"],
        tries=int(row["tries"]),
        asked_at=row["asked_at"],
        due_at=row["due_at"],
    )
