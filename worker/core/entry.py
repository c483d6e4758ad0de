"""A document as lists show it, read from its frozen form without thawing the whole: most of a list's time went there.

Rules: it is only shown; whatever is decided or drawn up anew looks at the invoice itself.
"""

from dataclasses import dataclass

from pydantic_core import from_json

from worker.core import instant
from worker.core.invoice import INVOICE, DocumentKind, Invoice


@dataclass(frozen=True, slots=True)
class Entry:
    """`total` in minor units, `supplied_at` in UTC microseconds; `first` of so many `lines` is what was bought."""

    kind: DocumentKind
    number: str | None
    supplied_at: int
    timezone: str
    currency: str
    total: int
    test: bool
    first: str
    lines: int


def thaw_entry(frozen: str) -> Entry:
    """The entry of a frozen document. Raises ValueError or KeyError for what was never one."""
    said = from_json(frozen)
    lines = said["lines"]
    return Entry(
        kind=DocumentKind(said["kind"]),
        number=said["number"],
        supplied_at=instant.parse(said["supplied_at"]),
        timezone=said["timezone"],
        currency=said["currency"],
        total=said["total"],
        test=said["test"],
        first=lines[0]["description"] if lines else "",
        lines=len(lines),
    )


def entry_of(invoice: Invoice) -> Entry:
    """The entry of a document that isn't frozen."""
    return thaw_entry(INVOICE.dump_json(invoice).decode())
