"""A customer's documents, and what is odd about one of their transactions, in plain words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from worker.actions.accept_transaction import AHEAD, SUMS_DIFFER
from worker.actions.match_refund import MORE_THAN_SALE
from worker.commands.terminal import clock_time
from worker.core.invoice import DocumentKind, Invoice
from worker.render.formats import money, plain
from worker.store import invoices, progress, refunds
from worker.store.engine import Tx
from worker.store.invoices import InvoiceRow
from worker.store.payments import TOLD_TWICE
from worker.store.progress import Progress

MOST = 50
_KINDS = {
    DocumentKind.INVOICE: "Invoice",
    DocumentKind.RECEIPT: "Receipt",
    DocumentKind.CREDIT_NOTE: "Credit note",
    DocumentKind.REFUND_RECEIPT: "Refund receipt",
}
_SALES = (DocumentKind.INVOICE, DocumentKind.RECEIPT)
_ODD = {
    SUMS_DIFFER: "its lines don't come to its total; the document shows both as they were told",
    MORE_THAN_SALE: "more was given back than the sale had brought",
    AHEAD: "it says that it happened more than a day after it came; look at the teller's clock",
    TOLD_TWICE: "the payment was told before and both tellings have a document; cancel one of the two in your books",
}


@dataclass(frozen=True, slots=True)
class Papers:
    """Documents, newest first, with what was given back of each; and the transactions that are odd."""

    documents: Sequence[tuple[InvoiceRow, int]]
    odd: Sequence[Progress]


async def papers_of(tx: Tx, customer_id: str) -> Papers:
    """What is shown of a customer."""
    documents = await invoices.of_customer(tx, customer_id, MOST)
    return Papers(
        [(each, await refunds.refunded_total(tx, each.payment_id)) for each in documents],
        await progress.odd(tx, customer_id, MOST),
    )


def lines(papers: Papers, timezone: str) -> Iterator[tuple[str, str]]:
    """Label and words of each line."""
    for document, refunded in papers.documents:
        number = document.number or "without a number"
        words = f"{number}, {clock_time(document.issued_at, timezone).strip()}, {_amounts(document.frozen, refunded)}"
        yield _KINDS[document.frozen.kind], words
    if len(papers.documents) == MOST:
        yield "", f"Older documents than these {MOST} are not shown."
    for each in papers.odd:
        yield "Look at", f"{each.source_id} ({each.kind}, {each.source}): {_ODD.get(each.flag or '', each.flag)}"


def _amounts(invoice: Invoice, refunded: int) -> str:
    """`€58.31, €10.00 of it refunded`."""
    amount = _money(invoice.total, invoice) + ", test" * invoice.test
    if invoice.kind not in _SALES or not refunded:
        return amount
    if refunded >= invoice.total:
        return f"{amount}, all of it refunded"
    return f"{amount}, {_money(refunded, invoice)} of it refunded"


def _money(amount: int, invoice: Invoice) -> str:
    return plain(money(amount, invoice.currency, "en"))
