"""Payments: whose the references are, and which tellings are found to be one payment."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from worker.core.transaction import Kind, reference_form
from worker.store.engine import Tx

TOLD_TWICE = "told_twice"
"""The flag of a telling whose document is the second one of its payment."""


class Family(StrEnum):
    """References match within a family: a refund shares its sale's references and is no second telling of it."""

    PAYMENT = "payment"
    REFUND = "refund"
    TEST_PAYMENT = "test payment"
    TEST_REFUND = "test refund"


def family(kind: Kind, *, test: bool) -> Family:
    """The family in which a transaction's references match."""
    if kind is Kind.REFUND:
        return Family.TEST_REFUND if test else Family.REFUND
    return Family.TEST_PAYMENT if test else Family.PAYMENT


@dataclass(frozen=True, slots=True)
class Twin:
    """What another telling of the same money would look like.

    Times are UTC microseconds; `near` is how far apart one source tells it, `nearer` how far two sources do.
    """

    payment_id: str
    source: str
    customer_id: str
    currency: str
    total: int
    test: bool
    occurred_at: int
    near: int
    nearer: int


async def claim_reference(tx: Tx, family: Family, reference: str, payment_id: str) -> str:
    """Give a reference to a payment; returns whose it is now, which is another's if it was told first."""
    row = await tx.one("reference_claim", **_columns(family, reference, payment_id))
    assert row is not None, "an upsert with RETURNING gives a row"
    return str(row["payment_id"])


async def put_references(tx: Tx, claims: Iterable[tuple[Family, str, str]]) -> None:
    """Give references (family, reference) that nobody has to payments. Raises the database's error where one is had."""
    await tx.many("references_put", [_columns(*claim) for claim in claims])


async def told_references(tx: Tx, names: Sequence[str]) -> set[str]:
    """Which of these references were told before, in any family."""
    return {row["reference"] for row in await tx.all("references_told", names=json.dumps(list(names)))}


async def reference_owner(tx: Tx, family: Family, reference: str) -> str | None:
    """The payment that a reference belongs to."""
    row = await tx.one("reference_owner", family=family.value, reference=reference)
    return None if row is None else str(row["payment_id"])


async def unite(tx: Tx, old_payment: str, new_payment: str) -> None:
    """Two payments are found to be one: all that names the old one names the new one.

    Where each has a document already, refunds find the new one's; the old one's stays where it is and is flagged.
    """
    for statement in ("references_move", "payment_move", "payment_move_refunds", "invoice_move_payment"):
        await tx.run(statement, old_id=old_payment, new_id=new_payment)
    await tx.run("payment_flag_second", old_id=old_payment, flag=TOLD_TWICE)


async def twin_payment(tx: Tx, twin: Twin) -> str | None:
    """The payment of the same money that was told in another way, and that nothing shows to be another one."""
    row = await tx.one(
        "payment_twin",
        payment_id=twin.payment_id,
        source=twin.source,
        customer_id=twin.customer_id,
        currency=twin.currency,
        total=twin.total,
        test=int(twin.test),
        occurred_at=twin.occurred_at,
        near=twin.near,
        nearer=twin.nearer,
    )
    return None if row is None else str(row["payment_id"])


async def lock_payment(tx: Tx, payment_id: str) -> None:
    """Until this transaction ends, nobody else settles a telling of this payment (named by its or a telling's id)."""
    await tx.run("payment_lock", id=payment_id)


def _columns(family: Family, reference: str, payment_id: str) -> dict[str, object]:
    form = reference_form(reference)
    return {"family": family.value, "reference": reference, "form": form, "payment_id": payment_id}
