"""The rows of an exported table as transactions.

Rules: amounts include their tax; rows of one order that follow each other are its lines; a row without an id is known
by its content, so the same file again says nothing new. Where there are orders, ids are those of ThriveCart's events:
the order's, and a recurring payment's with its own invoice (`7:000000141-6`).
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from worker.core.instant import SECOND
from worker.core.money import EXPONENTS, MAX_AMOUNT
from worker.core.transaction import Address, Customer, ExternalInvoice, Kind, Payment, Subscription, Transaction
from worker.sources.cells import BadCell, Habits, amount_of, is_yes, kind_of, moment_of
from worker.sources.columns import Columns
from worker.sources.picking import Pick, UnpickableError, made
from worker.sources.sold import Sold, lines_of

T = TypeVar("T")

_RECURRING = re.compile(r".+-[0-9]+", re.ASCII)
_FORMULA = re.compile(r"^'?[=+@]")
_ADDRESS = ("line1", "line2", "city", "region", "postal_code")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row: `field` is the column's meaning."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" if self.field else self.reason


class Nothing:
    """The row tells of no money that moved."""


@dataclass(frozen=True, slots=True)
class _Happened:
    """What a row says of money. `tax` is inside the total."""

    kind: Kind
    occurred_at: int
    currency: str
    total: int
    tax: int
    number: str | None


@dataclass(slots=True)
class Table:
    """A table whose columns are known. `currency` is that of rows that name none."""

    columns: Columns
    habits: Habits
    currency: str | None = None
    _seen: "Counter[str]" = field(default_factory=Counter)

    def read(self, row: Sequence[str]) -> Transaction | Nothing | Problem:
        """What a row tells. Never raises."""
        try:
            return self._read(row)
        except UnpickableError as error:
            return Problem(error.field, error.reason)

    def _read(self, row: Sequence[str]) -> Transaction | Nothing:
        cell = self.columns.cell
        kind = self._of(row, "kind", kind_of) if cell(row, "kind") else Kind.SALE
        currency = self._of(row, "currency", self._currency)
        total = self._of(row, "total", partial(amount_of, currency=currency, habits=self.habits))
        if kind is None or total == 0:
            return Nothing()
        if abs(total) > MAX_AMOUNT:
            raise UnpickableError("is more than anybody pays", "total")
        told_tax = self._of(row, "tax", partial(amount_of, currency=currency, habits=self.habits), "0")
        happened = _Happened(
            kind=_kind(kind, total, cell(row, "order"), number := _reference(cell(row, "number"))),
            occurred_at=self._of(row, "occurred_at", partial(moment_of, habits=self.habits)),
            currency=currency,
            total=abs(total),
            tax=abs(told_tax),
            number=number,
        )
        return self._made(row, happened)

    def _made(self, row: Sequence[str], happened: _Happened) -> Transaction:
        lines, inside = lines_of([self._sold(row, happened)])
        own_id, refund_of = self._ids(row, happened)
        return made(
            Pick(None),
            Transaction,
            id=own_id,
            kind=happened.kind,
            occurred_at=happened.occurred_at,
            currency=happened.currency,
            total=happened.total,
            customer=self._customer(row),
            lines=lines,
            prices_include_tax=inside,
            test=is_yes(self.columns.cell(row, "mode")),
            payment=self._payment(row, own_id, happened.kind),
            subscription=self._subscription(row, happened.kind),
            invoice=ExternalInvoice(number=happened.number),
            refund_of=refund_of,
        )

    def _of(self, row: Sequence[str], name: str, read: Callable[[str], T], otherwise: str = "") -> T:
        try:
            return read(self.columns.cell(row, name) or otherwise)
        except BadCell as error:
            raise UnpickableError(str(error), name) from None

    def _currency(self, text: str) -> str:
        code = text.upper() or self.currency
        if code is None:
            raise BadCell("is not told; say --currency EUR, or whichever it is")
        if code not in EXPONENTS:
            raise BadCell("is no ISO 4217 currency")
        return code

    def _sold(self, row: Sequence[str], happened: _Happened) -> Sold:
        cell = self.columns.cell
        told = cell(row, "quantity")
        quantity = int(told) if told.isascii() and told.isdigit() and 0 < len(told) < 7 and int(told) else 1
        named = (
            cell(row, "description") or cell(row, "product") or cell(row, "number") or cell(row, "order") or "Purchase"
        )
        rate = Pick(cell(row, "tax_rate").rstrip("% ").replace(",", ".")).rate()
        return Sold(
            where=Pick(None, "description"),
            description=_without_formula(named)[:500],
            amount=happened.total,
            quantity=quantity,
            product=_reference(cell(row, "product")),
            tax_inside=happened.tax,
            tax_rate=rate,
        )

    def _customer(self, row: Sequence[str]) -> Customer:
        cell = self.columns.cell
        named = " ".join(part for part in (cell(row, "first_name"), cell(row, "last_name")) if part)
        address = Address(
            **{name: Pick(_without_formula(cell(row, name))).text() for name in _ADDRESS},
            country=Pick(cell(row, "country").upper()).country(),
        )
        if not cell(row, "email"):
            raise UnpickableError("is missing", "email")
        return made(
            Pick(None, "email"),
            Customer,
            email=cell(row, "email"),
            ref=_reference(cell(row, "customer")),
            name=Pick(_without_formula(cell(row, "name") or named)).text(),
            company=Pick(_without_formula(cell(row, "company"))).text(),
            tax_id=Pick(cell(row, "tax_id")).text(),
            phone=Pick(cell(row, "phone").lstrip("'")).text(),
            address=None if address == Address() else address,
        )

    def _ids(self, row: Sequence[str], happened: _Happened) -> tuple[str, str | None]:
        """The transaction's id, and of a refund what it gives back."""
        cell, number = self.columns.cell, happened.number
        order, own, of = (_reference(cell(row, name)) for name in ("order", "id", "refund_of"))
        recurring = number if number is not None and _RECURRING.fullmatch(number) else None
        if happened.kind is Kind.REFUND:
            back = of or (f"{order}:{recurring}" if order and recurring else order)
            if back is None:
                raise UnpickableError("is not told: a refund needs its order, or what it is a refund of", "refund_of")
            return (own if own and not order else f"{back}:refund:{self._by_content(row)}"), back
        if order is None:
            return own or self._by_content(row), None
        if happened.kind is Kind.RENEWAL:
            return f"{order}:{recurring or happened.occurred_at // SECOND}", None
        return order, None

    def _by_content(self, row: Sequence[str]) -> str:
        """A print of the row; the second of two equal rows has another."""
        print_ = hashlib.sha256("\x1f".join(row).encode("utf-8", "replace")).hexdigest()[:24]
        self._seen[print_] += 1
        return print_ if self._seen[print_] == 1 else f"{print_}-{self._seen[print_]}"

    def _payment(self, row: Sequence[str], own_id: str, kind: Kind) -> Payment:
        cell = self.columns.cell
        told = [_reference(cell(row, "reference"))]
        if cell(row, "order"):
            told += [_reference(cell(row, "id")), f"thrivecart:{own_id}" if kind.is_payment else None]
        return Payment(
            method=Pick(cell(row, "method")).text(),
            brand=Pick(cell(row, "brand")).text(),
            last4=Pick(cell(row, "last4")[-4:]).matching("[0-9]{4}"),
            references=tuple(dict.fromkeys(each for each in told if each)),
        )

    def _subscription(self, row: Sequence[str], kind: Kind) -> Subscription | None:
        ref = _reference(self.columns.cell(row, "subscription"))
        return Subscription(ref=ref, status=None) if ref and kind is not Kind.REFUND else None


def _kind(told: Kind, total: int, order: str, number: str | None) -> Kind:
    if total < 0:
        return Kind.REFUND
    recurs = bool(order and number and _RECURRING.fullmatch(number))
    return Kind.RENEWAL if told is Kind.SALE and recurs else told


def joined(told: Iterator[tuple[int, Transaction]]) -> Iterator[tuple[int, Transaction]]:
    """Transactions of one id that follow each other as one, whose lines they are; each with its first line's number."""
    waiting: tuple[int, Transaction] | None = None
    for number, each in told:
        if waiting is not None and _is_more_of(waiting[1], each):
            waiting = (waiting[0], _with_lines_of(waiting[1], each))
            continue
        if waiting is not None:
            yield waiting
        waiting = (number, each)
    if waiting is not None:
        yield waiting


def _is_more_of(one: Transaction, other: Transaction) -> bool:
    said = [(each.id, each.kind, each.currency, each.customer.email, each.invoice.number) for each in (one, other)]
    return said[0] == said[1] and len(one.lines) < 500


def _with_lines_of(one: Transaction, other: Transaction) -> Transaction:
    references = tuple(dict.fromkeys((*one.payment.references, *other.payment.references)))[:50]
    changes: dict[str, Any] = {"prices_include_tax": one.prices_include_tax or other.prices_include_tax}
    return replace(
        one,
        total=(one.total or 0) + (other.total or 0),
        lines=(*one.lines, *other.lines),
        payment=replace(one.payment, references=references),
        **changes,
    )


def _reference(text: str) -> str | None:
    return Pick(text).reference()


def _without_formula(text: str) -> str:
    # Exports put an apostrophe before what a spreadsheet would take for a formula.
    return text[1:] if _FORMULA.match(text) and text.startswith("'") else text
