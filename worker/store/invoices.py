"""Frozen documents, the gapless series their numbers come from, and the links that open them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from worker.core.invoice import INVOICE, DocumentKind, Invoice
from worker.store.engine import Row, Tx

SERIES = "invoices"


class Purpose(StrEnum):
    """What a link is for; each purpose is signed with a salt of its own."""

    DOCUMENT = "document"
    FOOT = "foot"
    ACCESS = "access"
    EMAIL_PROOF = "email proof"
    EMAIL_UNDO = "email undo"
    CANCEL_DONE = "cancel done"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """The claim of one payment's only document."""

    id: str
    payment_id: str
    transaction_id: str
    customer_id: str
    kind: DocumentKind
    issued_at: int


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An issued document."""

    id: str
    payment_id: str
    transaction_id: str
    customer_id: str
    issued_at: int
    number: str | None
    frozen: Invoice


@dataclass(frozen=True, slots=True)
class LinkRow:
    """What a signed id may do. Times are UTC microseconds."""

    id: str
    purpose: Purpose
    customer_id: str
    invoice_id: str | None
    created_at: int
    expires_at: int
    revoked_at: int | None = None


async def take_number(tx: Tx, start: int) -> int:
    """The next number of the series, at least `start`; given back if the transaction fails."""
    row = await tx.one("series_take", name=SERIES, start=start)
    assert row is not None, "an upsert with RETURNING gives a row"
    return int(row["number"])


async def next_number(tx: Tx) -> int | None:
    """The number that the series gives next, unless a later start is set; None where none was taken yet."""
    row = await tx.one("series_next", name=SERIES)
    return None if row is None else int(row["next_number"])


async def claim(tx: Tx, new: NewInvoice) -> bool:
    """Claim the payment's document; False where it has one."""
    return await tx.one("invoice_claim", **_columns(new)) is not None


async def put(tx: Tx, documents: Sequence[tuple[NewInvoice, Invoice]]) -> None:
    """Claim and freeze the documents of payments of which none has one, where no number of ours is taken for them.

    Raises the database's error where one has a document after all.
    """
    rows = [_columns(new) | {"number": said.number, "frozen": _frozen(said)} for new, said in documents]
    await tx.many("invoices_put", rows)


async def freeze(tx: Tx, invoice_id: str, invoice: Invoice, series_number: int | None) -> None:
    """Write down what a claimed document says, for ever."""
    await tx.run(
        "invoice_freeze",
        id=invoice_id,
        series_number=series_number,
        number=invoice.number,
        frozen=_frozen(invoice),
    )


async def by_id(tx: Tx, invoice_id: str) -> InvoiceRow | None:
    """The document of an id."""
    return _invoice(await tx.one("invoice_by_id", id=invoice_id))


async def of_payment(tx: Tx, payment_id: str) -> InvoiceRow | None:
    """The document of a payment or refund."""
    return _invoice(await tx.one("invoice_of_payment", payment_id=payment_id))


async def of_customer(tx: Tx, customer_id: str, most: int) -> list[InvoiceRow]:
    """A customer's documents, the newest first."""
    rows = await tx.all("invoices_of_customer", customer_id=customer_id, most=most)
    return [document for document in map(_invoice, rows) if document is not None]


async def frozen(tx: Tx, ids: Sequence[str]) -> dict[str, Invoice]:
    """The documents of many ids, for composing."""
    rows = await tx.all("outbox_frozen", ids=json.dumps(list(ids)))
    return {row["id"]: INVOICE.validate_json(row["frozen"]) for row in rows}


async def add_links(tx: Tx, links: Sequence[LinkRow]) -> None:
    """Write down links before anything carries their ids."""
    keys = ("id", "purpose", "customer_id", "invoice_id", "created_at", "expires_at")
    await tx.many("link_insert", [{key: getattr(link, key) for key in keys} for link in links])


async def link(tx: Tx, link_id: str) -> LinkRow | None:
    """The link of an id."""
    row = await tx.one("link_by_id", id=link_id)
    if row is None:
        return None
    return LinkRow(
        row["id"],
        Purpose(row["purpose"]),
        row["customer_id"],
        row["invoice_id"],
        row["created_at"],
        row["expires_at"],
        row["revoked_at"],
    )


async def links_of(tx: Tx, invoice_ids: Sequence[str]) -> dict[str, dict[Purpose, str]]:
    """For each document, the newest link id of each purpose."""
    found: dict[str, dict[Purpose, str]] = {}
    for row in await tx.all("links_of_invoices", ids=json.dumps(list(invoice_ids))):
        found.setdefault(row["invoice_id"], {})[Purpose(row["purpose"])] = row["id"]
    return found


def _frozen(invoice: Invoice) -> str:
    return INVOICE.dump_json(invoice).decode()


def _columns(new: NewInvoice) -> dict[str, object]:
    return {name: getattr(new, name) for name in NewInvoice.__dataclass_fields__} | {"kind": new.kind.value}


def _invoice(row: Row | None) -> InvoiceRow | None:
    if row is None or row["frozen"] is None:
        return None
    return InvoiceRow(
        row["id"],
        row["payment_id"],
        row["transaction_id"],
        row["customer_id"],
        row["issued_at"],
        row["number"],
        INVOICE.validate_json(row["frozen"]),
    )
