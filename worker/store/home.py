"""What the console's first page knows: how all is, and what each day of a month brought.

Rules: every count comes off an index and stops at a number, so the page costs the same with a million transactions.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from worker.core.month import Day
from worker.core.wellbeing import MOST, Heard, Standing, Watched
from worker.store import declarations, outbox_counts, relays, restoring, transactions
from worker.store.engine import Tx
from worker.store.relays import RELAY

MOST_A_DAY = 5_000
"""More in one day are drawn as so many."""
_COUNTED = ("due", "deferred", "sending", "parked")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of a kind each of some days brought."""

    receipts: tuple[int, ...]
    links: tuple[int, ...]
    cancellations: tuple[int, ...]
    bounces: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Doors:
    """Which ways in there are, as the settings say."""

    sources: tuple[str, ...] = ()
    listens: bool = False
    mailbox: bool = False


async def standing(tx: Tx, doors: Doors, now: int, today: int) -> Standing:
    """How all is; `today` is when the day began (UTC microseconds)."""
    mails = await tx.all("home_mails", states=json.dumps(list(_COUNTED)), most=MOST + 1)
    failed = await _count(tx, "home_failed", since=today)
    inbox, heard = await tx.one("home_inbox"), await tx.all("home_events", sources=json.dumps(list(doors.sources)))
    mailboxes = await tx.all("home_mailboxes") if doors.mailbox else ()
    return Standing(
        relay=await relays.by_name(tx, RELAY),
        mails={row["state"]: int(row["n"]) for row in mails} | {"failed": failed},
        oldest_due=await outbox_counts.oldest_due(tx, now),
        oldest_sale=await transactions.next_due(tx),
        held=(await restoring.series(tx)).held_at is not None,
        quarantined=await _count(tx, "home_quarantined"),
        actions=await _count(tx, "home_actions"),
        declarations=await declarations.count_open(tx, MOST + 1),
        mail_at=inbox["last_at"] if inbox is not None else None,
        listens=doors.listens,
        watches=doors.mailbox,
        mailboxes=tuple(Watched(row["name"], row["looked_at"], row["failing_since"]) for row in mailboxes),
        heard=tuple(Heard(row["source"], row["last_at"]) for row in heard),
    )


async def waiting_mails(tx: Tx) -> dict[str, int]:
    """How many mails wait in each state, up to one more than `MOST`."""
    rows = await tx.all("home_mails", states=json.dumps([*_COUNTED, "withheld"]), most=MOST + 1)
    return {row["state"]: int(row["n"]) for row in rows}


async def tally(tx: Tx, days: Sequence[Day]) -> Tally:
    """What each of these days brought, up to `MOST_A_DAY` each."""
    told = json.dumps([f"{day.since:016} {day.until:016}" for day in days])
    return Tally(
        *[
            tuple(int(row["n"]) for row in await tx.all(query, days=told, most=MOST_A_DAY))
            for query in ("home_receipts", "home_links", "home_cancellations", "home_bounces")
        ]
    )


async def _count(tx: Tx, query: str, **values: object) -> int:
    row = await tx.one(query, most=MOST + 1, **values)
    return 0 if row is None else int(row["n"])
