"""Find out whether a transaction tells of a payment that was told before: one payment brings one receipt.

Rules: tellings that share a reference are one payment, across sources and in any order. Stripe's charges and invoices
share none today, nor do a cart's renewals and their charges: so the same money of the same customer told again within
minutes is one payment too, unless both tellings name an id of the same kind (two charges, two orders), for then it was
paid twice.
"""

from worker.core.instant import MINUTE
from worker.core.transaction import Kind, Transaction
from worker.store import customers, payments, transactions
from worker.store.engine import Tx
from worker.store.payments import Family, Twin

TWIN_WITHIN = 10 * MINUTE
"""How far apart a charge and its invoice are told to have been paid: seconds as a rule, minutes in a backlog."""
OTHER_SOURCE_WITHIN = 2 * MINUTE
"""The same for a cart and its processor: less, for two sources can also have sold two things."""
API = "api"


async def join_payment(tx: Tx, source: str, transaction_id: str, told: Transaction, customer_id: str | None) -> str:
    """Join the payments that this telling shows to be one; returns the payment's id."""
    family = payments.family(told.kind, test=told.test)
    if told.kind is Kind.REFUND:
        return await _join_refund(tx, source, transaction_id, told)
    if customer_id is not None:
        # Before the references, as who fills the profile has it: nobody waits in a circle. Of two twins told at the
        # same moment, the second sees the first.
        await customers.lock(tx, customer_id)
    payment = await link_references(tx, family, told.payment.references, transaction_id)
    if customer_id is not None and source != API and told.payment.references:
        payment = await _join_twin(tx, source, payment, told, customer_id)
    return payment


async def may_have_twin(tx: Tx, source: str, payment: str, told: Transaction, customer_id: str) -> bool:
    """Whether a payment that isn't kept yet may have been told by another telling without a common reference."""
    if source == API or not told.payment.references:
        return False
    await customers.lock(tx, customer_id)
    return await _twin_payment(tx, source, payment, told, customer_id) is not None


async def link_references(tx: Tx, family: Family, references: tuple[str, ...], payment: str) -> str:
    """All of `references` belong to one payment, `payment` or the oldest that any of them had; returns its id."""
    # Sorted, so that two processes that link the same references never wait for one another in a circle.
    owners = {await payments.claim_reference(tx, family, name, payment) for name in sorted(set(references))}
    oldest = min(owners | {payment})
    for other in sorted((owners | {payment}) - {oldest}):
        await payments.unite(tx, other, oldest)
    return oldest


async def _join_refund(tx: Tx, source: str, transaction_id: str, told: Transaction) -> str:
    """A refund may name its charge, and so may the next one of the same source: those two are two."""
    family, payment = payments.family(told.kind, test=told.test), transaction_id
    for name in sorted(set(told.payment.references)):
        owner = await payments.claim_reference(tx, family, name, payment)
        tellings = await transactions.of_payment(tx, owner) if owner != payment else ()
        if owner != payment and not any(telling.source == source for telling in tellings):
            payment, other = sorted((owner, payment))
            await payments.unite(tx, other, payment)
    return payment


async def _join_twin(tx: Tx, source: str, payment: str, told: Transaction, customer_id: str) -> str:
    found = await _twin_payment(tx, source, payment, told, customer_id)
    if found is None:
        return payment
    oldest, other = sorted((found, payment))
    await payments.unite(tx, other, oldest)
    return oldest


async def _twin_payment(tx: Tx, source: str, payment: str, told: Transaction, customer_id: str) -> str | None:
    if told.currency is None or told.total is None:
        return None
    twin = Twin(
        payment_id=payment,
        source=source,
        customer_id=customer_id,
        currency=told.currency,
        total=told.total,
        test=told.test,
        occurred_at=told.occurred_at,
        near=TWIN_WITHIN,
        nearer=OTHER_SOURCE_WITHIN,
    )
    return await payments.twin_payment(tx, twin)
