"""The audit: who changed what about a customer, and when."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from worker.core.instant import LATEST
from worker.store.engine import Row, Tx


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. `who` is a command, a source or a person's role; `details` hold no secrets."""

    id: str
    at: int
    who: str
    what: str
    customer_id: str | None = None
    subject: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)


async def note(tx: Tx, entry: Entry) -> None:
    """Write an entry; it is never changed."""
    await tx.run(
        "audit_insert",
        id=entry.id,
        at=entry.at,
        who=entry.who,
        what=entry.what,
        customer_id=entry.customer_id,
        subject=entry.subject,
        details=json.dumps(dict(entry.details)),
    )


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries: None for any. `since` and `until` are UTC microseconds, `before` the last entry of the page before
    (its moment and id)."""

    who: str | None = None
    what: str | None = None
    customer_id: str | None = None
    since: int = 0
    until: int = LATEST
    before: tuple[int, str] | None = None


async def page(tx: Tx, sought: Sought, most: int) -> list[Entry]:
    """The newest entries of those sought."""
    at, entry_id = min((sought.until, ""), sought.before or (LATEST, ""))
    place = {"before_at": at, "before_id": entry_id, "since": sought.since, "most": most}
    who, what = sought.who, sought.what
    if sought.customer_id is not None:
        customer_id = sought.customer_id
        rows = await tx.all("audit_page_by_customer", customer_id=customer_id, who=who, what=what, **place)
    elif who is not None:
        rows = await tx.all("audit_page_by_who", who=who, what=what, **place)
    elif what is not None:
        rows = await tx.all("audit_page_by_what", what=what, **place)
    else:
        rows = await tx.all("audit_page", **place)
    return [_entry(row) for row in rows]


async def emails_of(tx: Tx, entries: Sequence[Entry]) -> dict[str, str]:
    """The addresses of the customers that these entries are about, by their ids."""
    ids = sorted({each.customer_id for each in entries if each.customer_id is not None})
    return {row["id"]: row["email"] or "" for row in await tx.all("audit_customers", ids=json.dumps(ids))}


async def of_customer(tx: Tx, customer_id: str, most: int = 100) -> list[Entry]:
    """What was changed about a customer, newest first."""
    return [_entry(row) for row in await tx.all("audit_of_customer", customer_id=customer_id, most=most)]


def _entry(row: Row) -> Entry:
    told = {name: row[name] for name in ("id", "at", "who", "what", "customer_id", "subject")}
    return Entry(**told, details=json.loads(row["details"]))
