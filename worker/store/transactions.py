"""Transactions as they were told, and what they wait for."""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from worker.core.transaction import Kind, Transaction, from_json, to_json
from worker.store.engine import Row, Tx

LET_THROUGH = "let through"
"""Why a transaction is issued though a restore doesn't know whether it was before: somebody says so."""


class State(StrEnum):
    """Where a transaction stands on its way to a receipt."""

    DUE = "due"
    WAITING = "waiting"
    DONE = "done"
    MERGED = "merged"  # another transaction told of the same payment and brought the receipt
    QUARANTINED = "quarantined"


class WaitsFor(StrEnum):
    """What a transaction waits for."""

    ADDRESS = "address"
    SALE = "sale"
    NUMBER = "number"  # after a restore, until somebody says which is the next


@dataclass(frozen=True, slots=True)
class NewTransaction:
    """A transaction as it is first kept."""

    id: str
    source: str
    told: Transaction
    fingerprint: str
    accepted_at: int
    due_at: int
    state: State
    customer_id: str | None
    event_id: str | None = None
    flag: str | None = None
    imported_at: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Our id of a transaction, the fingerprint of what was told, and whether it was imported."""

    id: str
    fingerprint: str
    imported: bool


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """A kept transaction. `payment_id` is the first one that told of this payment or refund; `imported` is history."""

    id: str
    source: str
    told: Transaction
    payment_id: str
    customer_id: str | None
    sale_payment_id: str | None
    accepted_at: int
    state: State
    attempts: int
    flag: str | None
    imported: bool = False
    reason: str | None = None

    @property
    def bare(self) -> bool:
        """Told without lines."""
        return not self.told.lines


@dataclass(frozen=True, slots=True)
class Taken:
    """A due transaction in hand. `undecided`: it happened before a restore, so its receipt may have gone out, and
    nobody has let it through; `numbers_held`: no number can be taken now.
    """

    row: TransactionRow
    undecided: bool
    numbers_held: bool


async def insert(tx: Tx, new: NewTransaction) -> bool:
    """Keep a transaction; False where this source told this id before."""
    return await tx.one("transaction_insert", **_columns(new)) is not None


async def put(tx: Tx, new: Sequence[NewTransaction]) -> None:
    """Keep transactions of which none is known. Raises the database's error where one is after all."""
    await tx.many("transactions_put", [_columns(each) for each in new])


async def told_of(tx: Tx, source: str, ids: Sequence[str]) -> set[str]:
    """Which of these ids a source told before."""
    rows = await tx.all("transactions_told", source=source, ids=json.dumps(list(ids)))
    return {row["source_id"] for row in rows}


async def waited_for(tx: Tx, names: Sequence[str]) -> set[str]:
    """Which of these names of sales (their ids and references) refunds wait for."""
    rows = await tx.all("transactions_waited_for", names=json.dumps(list(names)))
    return {row["refund_of"] for row in rows}


async def known(tx: Tx, source: str, source_id: str) -> Known | None:
    """What a source told under this id."""
    row = await tx.one("transaction_fingerprint", source=source, source_id=source_id)
    return None if row is None else Known(row["id"], row["fingerprint"], row["imported_at"] is not None)


async def set_customer(tx: Tx, transaction_id: str, customer_id: str) -> None:
    """Say whose transaction it is."""
    await tx.run("transaction_set_customer", id=transaction_id, customer_id=customer_id)


async def by_id(tx: Tx, transaction_id: str) -> TransactionRow | None:
    """The transaction of our id."""
    row = await tx.one("transaction_by_id", id=transaction_id)
    return None if row is None else _transaction(row)


async def by_source_id(tx: Tx, source: str, source_id: str) -> TransactionRow | None:
    """The transaction of a source's own id."""
    row = await tx.one("transaction_by_source_id", source=source, source_id=source_id)
    return None if row is None else _transaction(row)


async def of_payment(tx: Tx, payment_id: str) -> list[TransactionRow]:
    """All tellings of one payment, oldest first."""
    return [_transaction(row) for row in await tx.all("transactions_of_payment", payment_id=payment_id)]


async def due(tx: Tx, now: int, most: int) -> list[str]:
    """The ids of transactions that are to be looked at now."""
    return [row["id"] for row in await tx.all("transactions_due", now=now, most=most)]


async def next_due(tx: Tx) -> int | None:
    """When the next one is to be looked at (UTC microseconds)."""
    row = await tx.one("transactions_next_due")
    return None if row is None else row["due_at"]


async def take(tx: Tx, transaction_id: str, now: int) -> Taken | None:
    """Settle a due transaction, once only: None where another process has it, or it isn't due any more."""
    row = await tx.one("transaction_take", id=transaction_id, now=now)
    if row is None:
        return None
    taken = _transaction(row)
    before = row["restored_at"] is not None and min(row["occurred_at"], row["accepted_at"]) < row["restored_at"]
    undecided = before and not taken.imported and taken.reason != LET_THROUGH
    return Taken(taken, undecided, row["numbers_held_at"] is not None)


async def undrawn(tx: Tx, source: str, after: str, most: int, *, refunds: bool) -> list[str]:
    """The ids of imported payments (or refunds) that have no document yet, from the first behind `after` on."""
    rows = await tx.all("transactions_undrawn", source=source, refunds=int(refunds), after=after, most=most)
    return [row["id"] for row in rows]


async def make_due(tx: Tx, transaction_id: str, now: int) -> None:
    """It need not wait any longer, if it isn't settled."""
    await tx.run("transaction_make_due", id=transaction_id, now=now)


async def settle(tx: Tx, transaction_id: str, state: State, reason: str | None = None) -> None:
    """Say what became of a transaction."""
    await tx.run("transaction_settle", id=transaction_id, state=state.value, reason=reason)


async def wait(tx: Tx, transaction_id: str, waits_for: WaitsFor, due_at: int) -> None:
    """Have it wait; it is looked at again at `due_at` even if nothing wakes it."""
    await tx.run("transaction_wait", id=transaction_id, waits_for=waits_for.value, due_at=due_at)


async def set_sale(tx: Tx, transaction_id: str, sale_payment_id: str) -> None:
    """Say which payment a refund gives back."""
    await tx.run("transaction_set_sale", id=transaction_id, sale_payment_id=sale_payment_id)


async def merge_others(tx: Tx, payment_id: str, except_id: str) -> None:
    """The other tellings of a payment need no receipt of their own."""
    await tx.run("transactions_merge", payment_id=payment_id, except_id=except_id)


async def wake_for_address(tx: Tx, customer_id: str, now: int) -> None:
    """The customer's address is known now: what waited for it is due."""
    await tx.run("transactions_wake_address", customer_id=customer_id, now=now)


async def wake_refunds(tx: Tx, source: str, sale: Transaction, payment_id: str, now: int) -> None:
    """A sale has come: refunds that came before it know now what they give back."""
    await tx.run(
        "transactions_wake_refunds",
        source=source,
        source_id=sale.id,
        names=json.dumps(sale.payment.references),
        sale_payment_id=payment_id,
        test=int(sale.test),
        now=now,
    )


async def wake_linked(tx: Tx, payment_id: str, references: Sequence[str], *, test: bool, now: int) -> None:
    """References are found to be one payment's: what waits for it is looked at again."""
    names = json.dumps(list(references))
    await tx.run("transactions_wake_linked", payment_id=payment_id, names=names, test=int(test), now=now)


async def wake_refunds_of(tx: Tx, sale_payment_id: str, now: int) -> None:
    """A sale has its document: refunds that waited for it can be issued."""
    await tx.run("transactions_wake_refunds_of", sale_payment_id=sale_payment_id, now=now)


async def set_flag(tx: Tx, transaction_id: str, flag: str) -> None:
    """Say what is odd about a transaction that is kept all the same."""
    await tx.run("transaction_set_flag", id=transaction_id, flag=flag)


async def count_attempt(tx: Tx, transaction_id: str, due_at: int) -> int:
    """One more failed try at this transaction; the next is at `due_at`."""
    row = await tx.one("transaction_count_attempt", id=transaction_id, due_at=due_at)
    return 0 if row is None else int(row["attempts"])


async def waiting_counts(tx: Tx) -> dict[str, int]:
    """How many transactions wait, by what they wait for."""
    return {row["waits_for"]: int(row["n"]) for row in await tx.all("transactions_waiting")}


def _columns(new: NewTransaction) -> dict[str, object]:
    told = new.told
    return {
        "id": new.id,
        "source": new.source,
        "source_id": told.id,
        "kind": told.kind.value,
        "fingerprint": new.fingerprint,
        "body": to_json(told),
        "event_id": new.event_id,
        "customer_id": new.customer_id,
        "refund_of": told.refund_of,
        "currency": told.currency,
        "total": told.total,
        "test": int(told.test),
        "bare": int(not told.lines),
        "flag": new.flag,
        "occurred_at": told.occurred_at,
        "accepted_at": new.accepted_at,
        "state": new.state.value,
        "due_at": new.due_at,
        "subscription_ref": told.subscription.ref if told.subscription and told.kind is not Kind.REFUND else None,
        "imported_at": new.imported_at,
        "card_end": told.payment.last4,
    }


_told = functools.lru_cache(128)(from_json)
"""The same rows are read several times while a receipt is issued."""


def _transaction(row: Row) -> TransactionRow:
    return TransactionRow(
        id=row["id"],
        source=row["source"],
        told=_told(row["body"]),
        payment_id=row["payment_id"],
        customer_id=row["customer_id"],
        sale_payment_id=row["sale_payment_id"],
        accepted_at=row["accepted_at"],
        state=State(row["state"]),
        attempts=row["attempts"],
        flag=row["flag"],
        imported=row["imported_at"] is not None,
        reason=row["reason"],
    )
