"""What a customer bought, as the hub shows it: documents newest first, page by page, and subscriptions.

Rules: every query is given the customer's id and finds nothing of anybody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.core.entry import Entry, thaw_entry
from worker.core.invoice import INVOICE, Invoice
from worker.core.plans import Telling
from worker.core.transaction import from_json
from worker.store.engine import Row, Tx

MOST_TELLINGS = 300
"""What was told of a customer's subscriptions before these was about payments long gone."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """A document of one customer, as lists show it."""

    id: str
    issued_at: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents: all of one group (`payments`, `refunds`, None for both) that have `words` in their number or
    lines or come to `total` (minor units), issued before `(issued_at, id)`."""

    group: str | None = None
    words: str | None = None
    total: int | None = None
    before: tuple[int, str] | None = None


async def newest(tx: Tx, customer_id: str, most: int) -> list[Purchase]:
    """A customer's newest documents."""
    return _purchases(await tx.all("purchases_newest", customer_id=customer_id, most=most))


async def page(tx: Tx, customer_id: str, wanted: Wanted, most: int) -> list[Purchase]:
    """Those of a customer's documents that are wanted, newest first."""
    before_at, before_id = wanted.before or (None, None)
    rows = await tx.all(
        "purchases_page",
        customer_id=customer_id,
        kind_group=wanted.group,
        pattern=None if wanted.words is None else f"%{_escaped(wanted.words)}%",
        total=wanted.total,
        before_at=before_at,
        before_id=before_id,
        most=most,
    )
    return _purchases(rows)


async def document(tx: Tx, customer_id: str, invoice_id: str) -> Invoice | None:
    """A document of that customer; None for one of anybody else's, as for one that isn't there."""
    row = await tx.one("purchase_document", customer_id=customer_id, id=invoice_id)
    return None if row is None else INVOICE.validate_json(row["frozen"])


async def tellings(tx: Tx, customer_id: str) -> list[Telling]:
    """What was told of a customer's subscriptions, newest first."""
    rows = await tx.all("purchases_subscriptions", customer_id=customer_id, most=MOST_TELLINGS)
    return [Telling(row["source"], row["payment_id"], from_json(row["body"])) for row in rows]


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _purchases(rows: Sequence[Row]) -> list[Purchase]:
    return [Purchase(row["id"], row["issued_at"], thaw_entry(row["frozen"])) for row in rows]
