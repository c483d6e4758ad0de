"""Find the sale that a refund gives back, and whether another source told of the same refund before.

Rules: a refund calls its sale by the source's own id or by a reference of the payment. Sources tell refunds without a
common reference, so two of one sale and one amount told by two sources are one; a source tells each refund once, so
each side is matched once.
"""

from dataclasses import replace
from enum import StrEnum

from worker.store import invoices, payments, refunds, transactions
from worker.store.engine import Tx
from worker.store.invoices import InvoiceRow
from worker.store.restoring import RESTORED
from worker.store.transactions import State, TransactionRow

MORE_THAN_SALE = "more_than_the_sale"


class Match(StrEnum):
    """What was found."""

    SALE = "sale"
    NO_SALE = "no_sale"
    MERGED = "merged"


async def match_refund(tx: Tx, refund: TransactionRow) -> tuple[Match, TransactionRow, InvoiceRow | None]:
    """What was found, the refund with its sale, and the sale's document where it has one."""
    payment_id = await _locked_sale(tx, refund)
    if payment_id is None:
        return Match.NO_SALE, refund, None
    await transactions.set_sale(tx, refund.id, payment_id)
    refund = replace(refund, sale_payment_id=payment_id)
    document = await invoices.of_payment(tx, payment_id)
    if document is None and await _is_on_its_way(tx, payment_id):
        return Match.NO_SALE, refund, None
    if refund.payment_id != refund.id or not await _is_first_telling(tx, refund, payment_id):
        return Match.MERGED, refund, document
    if document is not None and await refunds.refunded_total(tx, payment_id) > document.frozen.total:
        await transactions.set_flag(tx, refund.id, MORE_THAN_SALE)
    return Match.SALE, refund, document


async def _locked_sale(tx: Tx, refund: TransactionRow) -> str | None:
    """The payment that is given back: of two that look at it in one moment, the second sees what the first did."""
    found = await _sale_payment(tx, refund)
    while found is not None:
        await payments.lock_payment(tx, found)
        # Asked anew: while we waited, or since the refund was looked at last, it may have become one with another.
        found, before = await _sale_payment(tx, refund), found
        if found == before:
            break
    return found


async def _sale_payment(tx: Tx, refund: TransactionRow) -> str | None:
    name = refund.told.refund_of
    if name is None:
        return None
    sale = await transactions.by_source_id(tx, refund.source, name)
    if sale is not None and sale.told.kind.is_payment and sale.told.test == refund.told.test:
        return sale.payment_id
    family = payments.Family.TEST_PAYMENT if refund.told.test else payments.Family.PAYMENT
    return await payments.reference_owner(tx, family, name)


async def _is_on_its_way(tx: Tx, payment_id: str) -> bool:
    """The sale's document is not drawn up yet: the credit note waits, for it names that document's number."""
    tellings = await transactions.of_payment(tx, payment_id)
    return not tellings or any(
        telling.state in (State.DUE, State.WAITING) or telling.reason == RESTORED for telling in tellings
    )


async def _is_first_telling(tx: Tx, refund: TransactionRow, sale_payment_id: str) -> bool:
    told_before = await refunds.unmatched_refund(tx, refund, sale_payment_id)
    if told_before is None:
        return True
    oldest, other = sorted((told_before, refund.payment_id))
    await payments.unite(tx, other, oldest)
    return False
