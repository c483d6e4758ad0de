"""An invoice: the frozen document behind a receipt, drawn up once and never again from later data.

Rules: all amounts are minor units of `currency`; a number comes from our series only where we are the issuer; a credit
note carries positive amounts and names what it credits; what a document said at issue it says for ever.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from pydantic import ConfigDict, TypeAdapter

from worker.core.money import times
from worker.core.transaction import (
    Address,
    Customer,
    ExternalInvoice,
    Issuer,
    Kind,
    Line,
    Payment,
    Subscription,
    Transaction,
)
from worker.core.transaction_fields import Instant, Quantity, Rate

_CONFIG = ConfigDict(extra="forbid")


class DocumentKind(StrEnum):
    """What the document is. `receipt`: somebody else invoices, so ours is a confirmation of payment without number."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    RECEIPT = "receipt"
    REFUND_RECEIPT = "refund_receipt"


@dataclass(frozen=True, slots=True)
class Seller:
    """The merchant as the document shows it."""

    __pydantic_config__ = _CONFIG
    name: str
    address: Address = field(default_factory=Address)
    tax_id: str | None = None
    support_email: str | None = None
    support_url: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line as the document shows it. `net` + `tax` is what it adds to the total."""

    __pydantic_config__ = _CONFIG
    description: str
    quantity: Quantity
    unit_amount: int
    discount_amount: int
    net: int
    tax: int
    tax_rate: Rate | None = None
    tax_category: str | None = None
    access_url: str | None = None

    @property
    def gross(self) -> int:
        """Net and tax together."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class TaxRow:
    """The tax of all lines of one rate and category."""

    __pydantic_config__ = _CONFIG
    rate: Rate | None
    category: str | None
    net: int
    tax: int


@dataclass(frozen=True, slots=True)
class Credited:
    """What a credit note or refund receipt gives back: the document of the sale.

    `issued_at` is the day the customer knows it by: our invoice's day of issue, else the day of the payment.
    """

    __pydantic_config__ = _CONFIG
    number: str | None
    issued_at: Instant
    total: int


@dataclass(frozen=True, slots=True)
class Invoice:
    """The document. `number` is ours or the provider's, None for receipts without one."""

    __pydantic_config__ = _CONFIG
    kind: DocumentKind
    issuer: Issuer
    number: str | None
    issued_at: Instant
    supplied_at: Instant
    timezone: str
    locale: str
    currency: str
    total: int
    seller: Seller
    buyer: Customer
    lines: tuple[InvoiceLine, ...]
    taxes: tuple[TaxRow, ...]
    prices_include_tax: bool = False
    test: bool = False
    renewal: bool = False
    external_url: str | None = None
    payment: Payment = field(default_factory=Payment)
    subscription: Subscription | None = None
    credits: Credited | None = None
    refunded: int = 0
    """Already given back when this sale's document was drawn up (a refund can be told before its sale)."""
    sums_differ: bool = False
    """The provider's total and its lines disagree: shown as told, and flagged to the merchant."""
    invoiced_there: bool = True
    """Where we don't invoice: whether the provider is known to. Else the merchant may, by other means."""

    @property
    def tax_total(self) -> int:
        """All tax together."""
        return sum(row.tax for row in self.taxes)

    @property
    def net_total(self) -> int:
        """The total without tax."""
        return self.total - self.tax_total


@dataclass(frozen=True, slots=True)
class Issue:
    """What is decided at the moment of issue and is not in the transaction."""

    issuer: Issuer
    number: str | None
    issued_at: Instant
    timezone: str
    locale: str
    seller: Seller
    buyer: Customer
    credits: Credited | None = None
    refunded: int = 0
    invoiced_there: bool = True


INVOICE: TypeAdapter[Invoice] = TypeAdapter(Invoice)
"""Freezes an invoice to JSON and thaws it."""


def draw_up(transaction: Transaction, issue: Issue) -> Invoice:
    """The document for a sale, renewal or refund. The transaction must have a total and a currency."""
    assert transaction.total is not None and transaction.currency is not None, "only money is invoiced"
    lines = tuple(_line(line, transaction.prices_include_tax) for line in transaction.lines)
    return Invoice(
        kind=document_kind(transaction.kind, issue.issuer),
        issuer=issue.issuer,
        number=issue.number or _external_number(transaction.invoice, issue.issuer),
        issued_at=issue.issued_at,
        supplied_at=transaction.occurred_at,
        timezone=issue.timezone,
        locale=issue.locale,
        currency=transaction.currency,
        total=transaction.total,
        seller=issue.seller,
        buyer=issue.buyer,
        lines=lines,
        taxes=_taxes(lines),
        prices_include_tax=transaction.prices_include_tax,
        test=transaction.test,
        renewal=transaction.kind is Kind.RENEWAL,
        external_url=transaction.invoice.url if issue.issuer is Issuer.PROVIDER else None,
        payment=transaction.payment,
        subscription=transaction.subscription,
        credits=issue.credits,
        refunded=issue.refunded,
        invoiced_there=issue.invoiced_there,
        sums_differ=bool(lines) and sum(line.gross for line in lines) != transaction.total,
    )


def document_kind(kind: Kind, issuer: Issuer) -> DocumentKind:
    """What the document of a transaction is: invoices and credit notes are only ours to issue."""
    if kind is Kind.REFUND:
        return DocumentKind.CREDIT_NOTE if issuer is Issuer.US else DocumentKind.REFUND_RECEIPT
    return DocumentKind.INVOICE if issuer is Issuer.US else DocumentKind.RECEIPT


def _external_number(external: ExternalInvoice, issuer: Issuer) -> str | None:
    return external.number if issuer is Issuer.PROVIDER else None


def _line(line: Line, prices_include_tax: bool) -> InvoiceLine:
    amount = times(line.quantity, line.unit_amount) - line.discount_amount
    return InvoiceLine(
        description=line.description,
        quantity=line.quantity,
        unit_amount=line.unit_amount,
        discount_amount=line.discount_amount,
        net=amount - line.tax_amount if prices_include_tax else amount,
        tax=line.tax_amount,
        tax_rate=line.tax_rate,
        tax_category=line.tax_category,
        access_url=line.access_url,
    )


def _taxes(lines: tuple[InvoiceLine, ...]) -> tuple[TaxRow, ...]:
    """One row a rate and category, highest rate first; none where no line says anything about tax."""
    sums: dict[tuple[Decimal | None, str | None], tuple[int, int]] = {}
    for line in lines:
        key = (line.tax_rate, line.tax_category)
        net, tax = sums.get(key, (0, 0))
        sums[key] = (net + line.net, tax + line.tax)
    rows = (TaxRow(rate, category, net, tax) for (rate, category), (net, tax) in sums.items())
    said = (row for row in rows if row.tax or row.rate is not None or row.category is not None)
    return tuple(sorted(said, key=lambda row: (-(row.rate or 0), row.category or "")))
