"""A transaction: what a sale, renewal, refund or change says, as one value that API, command line and sources share.

Rules: unknown fields are refused; amounts are whole minor units; times are UTC microseconds inside and ISO 8601 with an
offset outside. Constructing one validates its fields; `sum_problems` says whether its amounts add up.
"""

import hashlib
import json
import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from worker.core.money import times
from worker.core.transaction_fields import (
    Amount,
    Country,
    Currency,
    Email,
    Instant,
    Link,
    Quantity,
    Rate,
    Ref,
    Required,
    SignedAmount,
    Text,
)

_FORM = re.compile(r"([A-Za-z]{1,20})[_:]")
_CONFIG = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Kind(StrEnum):
    """What happened. The last three carry no money and bring no receipt."""

    SALE = "sale"
    RENEWAL = "renewal"
    REFUND = "refund"
    SUBSCRIPTION_CHANGED = "subscription_changed"
    CUSTOMER_CHANGED = "customer_changed"
    PAYMENT_FAILED = "payment_failed"

    @property
    def is_payment(self) -> bool:
        """Money came in: a receipt may be due."""
        return self in (Kind.SALE, Kind.RENEWAL)

    @property
    def has_money(self) -> bool:
        """Money moved, in or out: lines and a total belong to it."""
        return self.is_payment or self is Kind.REFUND


class Style(StrEnum):
    """How much a receipt shows: all details with the foot link, the essentials, or no mail at all."""

    INVOICE = "invoice"
    SIMPLE = "simple"
    NONE = "none"


class Issuer(StrEnum):
    """Who invoices this supply: two invoices for one would make the merchant owe its tax twice."""

    US = "us"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Address:
    """A postal address; `country` is an ISO 3166 code of two letters."""

    line1: Text | None = None
    line2: Text | None = None
    city: Text | None = None
    region: Text | None = None
    postal_code: Text | None = None
    country: Country | None = None


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Customer:
    """What the transaction says about who bought. `ref` is the provider's own id of this customer."""

    email: Email | None = None
    ref: Ref | None = None
    name: Text | None = None
    company: Text | None = None
    tax_id: Text | None = None
    phone: Text | None = None
    locale: Annotated[str, Field(max_length=35, pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*$")] | None = None
    address: Address | None = None


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Line:
    """One thing bought. `unit_amount` is net of tax unless the transaction's prices include it."""

    description: Required
    quantity: Quantity
    unit_amount: SignedAmount
    product: Ref | None = None
    discount_amount: Amount = 0
    tax_rate: Rate | None = None
    tax_amount: SignedAmount = 0
    tax_category: Literal["S", "Z", "E", "AE", "K", "G", "O"] | None = None
    access_url: Link | None = None

    def amount(self, *, prices_include_tax: bool) -> int:
        """What this line adds to the total, in minor units, tax included."""
        net = times(self.quantity, self.unit_amount) - self.discount_amount
        return net if prices_include_tax else net + self.tax_amount


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Payment:
    """How it was paid. `references` are the provider's ids of this payment: they match one payment told twice."""

    method: Text | None = None
    brand: Text | None = None
    last4: Annotated[str, Field(pattern=r"^[0-9]{4}$")] | None = None
    expires: Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")] | None = None
    references: Annotated[tuple[Ref, ...], Field(max_length=50)] = ()


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Subscription:
    """The subscription that this transaction belongs to; `payments_total` set means split pay or a limited plan.

    `status` null: the teller doesn't say how it stands, and an end that was told before is not undone.
    """

    ref: Ref
    interval: Literal["day", "week", "month", "year"] | None = None
    interval_count: Annotated[int, Field(ge=1, le=1000, strict=True)] = 1
    status: Literal["trialing", "active", "past_due", "paused", "cancelled", "completed"] | None = "active"
    next_payment_at: Instant | None = None
    next_amount: Amount | None = None
    payments_made: Annotated[int, Field(ge=0, le=100_000, strict=True)] | None = None
    payments_total: Annotated[int, Field(ge=1, le=100_000, strict=True)] | None = None
    cancel_at: Instant | None = None


@dataclass(frozen=True, slots=True, config=_CONFIG)
class ExternalInvoice:
    """Who invoices, and the number and web page of the provider's own invoice where there is one."""

    issuer: Issuer | None = None
    number: Ref | None = None
    url: Link | None = None


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Transaction:
    """One thing that happened at a provider or shop. `id` is the teller's own id of it."""

    id: Ref
    kind: Kind
    occurred_at: Instant
    currency: Currency | None = None
    total: Amount | None = None
    customer: Customer = Field(default_factory=Customer)
    lines: Annotated[tuple[Line, ...], Field(max_length=500)] = ()
    test: Annotated[bool, Field(strict=True)] = False
    prices_include_tax: Annotated[bool, Field(strict=True)] = False
    payment: Payment = Field(default_factory=Payment)
    subscription: Subscription | None = None
    invoice: ExternalInvoice = Field(default_factory=ExternalInvoice)
    refund_of: Ref | None = None
    receipt_style: Style | None = None


TRANSACTION: TypeAdapter[Transaction] = TypeAdapter(Transaction)
"""Reads and writes a transaction's JSON. Reading raises pydantic's ValidationError."""
CUSTOMER: TypeAdapter[Customer] = TypeAdapter(Customer)
"""The same for what it says about who bought."""


def to_json(transaction: Transaction) -> str:
    """The transaction's JSON, as the API takes it; equal values give equal text."""
    return TRANSACTION.dump_json(transaction).decode("utf-8")


def from_json(text: str | bytes) -> Transaction:
    """The transaction of a JSON text. Raises pydantic's ValidationError."""
    return TRANSACTION.validate_json(text)


def fingerprint(transaction: Transaction) -> str:
    """SHA-256 (hex) of the content: the same id with another fingerprint is a conflict.

    Key order, left-out defaults and the spelling of numbers and times make no difference.
    """
    canonical = json.dumps(TRANSACTION.dump_python(transaction, mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def reference_form(reference: str) -> str:
    """What kind of id a reference is: `ch` of `ch_1`, `thrivecart` of `thrivecart:7`, empty where it doesn't say."""
    found = _FORM.match(reference)
    return found[1].lower() if found else ""


def sum_of_lines(transaction: Transaction) -> int:
    """What the lines come to, in minor units, tax included."""
    return sum(line.amount(prices_include_tax=transaction.prices_include_tax) for line in transaction.lines)


def sums_match(transaction: Transaction) -> bool:
    """Whether the lines, where there are any, come to the total."""
    return not transaction.lines or sum_of_lines(transaction) == transaction.total
