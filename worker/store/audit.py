"""The audit: who changed what about a customer, and when."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.store.engine import Tx


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


async def of_customer(tx: Tx, customer_id: str, most: int = 100) -> list[Entry]:
    """What was changed about a customer, newest first."""
    rows = await tx.all("audit_of_customer", customer_id=customer_id, most=most)
    return [
        Entry(
            row["id"],
            row["at"],
            row["who"],
            row["what"],
            row["customer_id"],
            row["subject"],
            json.loads(row["details"]),
        )
        for row in rows
    ]
