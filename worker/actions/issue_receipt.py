"""Issue the document of a due transaction and put its receipt into the outbox.

Rules: one document a payment, drawn up from its fullest telling; where we invoice, the number is taken in this very
transaction, whatever the style and also when no mail goes; a test takes none. What lacks an address, or a refund its
sale, waits and says for what. Imported history gets a document of the day it happened for the hub to show, with the
provider's number or none, and no mail. After a restore, what happened before it is set aside, for it may have been
issued already, and what needs a number waits until somebody says which is the next.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from worker.actions.draft import Draft, draft_alone, make_draft
from worker.actions.mail_receipt import mail_receipt, receipt_of
from worker.actions.match_refund import Match, match_refund
from worker.actions.raise_alert import raise_alert
from worker.core.alert import AlertKind
from worker.core.fresh import Fresh
from worker.core.instant import MINUTE
from worker.core.invoice import Credited, Invoice, Issue, document_kind, draw_up
from worker.core.policy import Policy, style_of
from worker.core.transaction import Issuer, Kind, Style
from worker.store import invoices, payments, refunds, transactions
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.store.invoices import InvoiceRow, NewInvoice
from worker.store.restoring import RESTORED
from worker.store.transactions import State, Taken, TransactionRow, WaitsFor

MOST_TRIES = 3
LOOK_AGAIN = MINUTE
LOOK_AGAIN_LATER = 60 * MINUTE
"""What waits is woken by what it waits for; looking again is for a wake-up that a crash or a race swallowed."""


class Result(StrEnum):
    """What became of a due transaction."""

    ISSUED = "issued"
    MERGED = "merged"
    WAITING = "waiting"
    SET_ASIDE = "set_aside"  # nobody knows whether it was issued before a restore
    TAKEN = "taken"  # another process has it, or it isn't due any more


@dataclass(frozen=True, slots=True)
class Issued:
    """How it ended; `mail` is the outbox item, None where no mail goes."""

    result: Result
    transaction_id: str
    style: Style = Style.NONE
    number: str | None = None
    mail: str | None = None


async def issue_receipt(tx: Tx, transaction_id: str, policy: Policy, fresh: Fresh) -> Issued:
    """Settle one due transaction."""
    await payments.lock_payment(tx, transaction_id)
    taken = await transactions.take(tx, transaction_id, fresh.now)
    if taken is None:
        return Issued(Result.TAKEN, transaction_id)
    due, sale = taken.row, None
    if due.imported and await _was_told_live(tx, due):
        return await _merged(tx, due)
    if due.told.kind is Kind.REFUND:
        match, due, sale = await match_refund(tx, due)
        if match is Match.MERGED:
            return await _merged(tx, due)
        if match is Match.NO_SALE:
            return await _wait(tx, due, WaitsFor.SALE, fresh.now)
    if taken.undecided and await invoices.of_payment(tx, due.payment_id) is None:
        await transactions.settle(tx, due.id, State.QUARANTINED, RESTORED)
        return Issued(Result.SET_ASIDE, due.id)
    return await _issue(tx, replace(taken, row=due), sale, policy, fresh)


async def draw_imported(tx: Tx, transaction_id: str, policy: Policy, fresh: Fresh) -> Issued:
    """Settle an imported transaction now that all of its history is here."""
    await transactions.make_due(tx, transaction_id, fresh.now)
    return await issue_receipt(tx, transaction_id, policy, fresh)


def draw_alone(
    imported: TransactionRow, customer: CustomerRow, policy: Policy, fresh: Fresh
) -> tuple[NewInvoice, Invoice]:
    """The document of an imported payment of which nothing else was told, for a customer with an address."""
    draft = draft_alone(imported, customer, policy)
    # Of what is imported the number is the provider's, and what nobody told of is not given back.
    return _document(draft, fresh), draw_up(draft.telling.told, _decided(draft, None, 0, policy, fresh))


async def set_aside(tx: Tx, transaction_id: str, reason: str, fresh: Fresh) -> None:
    """Issuing failed unexpectedly: later again, and after three times in quarantine, where the merchant sees it."""
    if await transactions.count_attempt(tx, transaction_id, fresh.now + LOOK_AGAIN) >= MOST_TRIES:
        await transactions.settle(tx, transaction_id, State.QUARANTINED, reason)


async def _issue(tx: Tx, taken: Taken, sale: InvoiceRow | None, policy: Policy, fresh: Fresh) -> Issued:
    due = taken.row
    draft = await make_draft(tx, due, sale, policy)
    if draft is None:
        return await _wait(tx, due, WaitsFor.ADDRESS, fresh.now)
    if taken.numbers_held and _takes_number(draft) and await invoices.of_payment(tx, due.payment_id) is None:
        await raise_alert(tx, AlertKind.NUMBERS_HELD, policy, fresh)
        return await _wait(tx, due, WaitsFor.NUMBER, fresh.now)
    document = _document(draft, fresh)
    if not await invoices.claim(tx, document):
        return await _merged(tx, due)
    number = await invoices.take_number(tx, policy.number_start) if _takes_number(draft) else None
    invoice = await _draw_up(tx, draft, number, policy, fresh)
    await invoices.freeze(tx, document.id, invoice, number)
    await transactions.settle(tx, draft.telling.id, State.DONE)
    await transactions.merge_others(tx, due.payment_id, draft.telling.id)
    if due.id != draft.telling.id:
        await transactions.settle(tx, due.id, State.MERGED)
    if draft.telling.told.kind.is_payment:
        await transactions.wake_refunds_of(tx, due.payment_id, fresh.now)
    style = Style.NONE if draft.imported else style_of(draft.telling.told, policy.receipts)
    receipt = receipt_of(draft, document.id, style)
    mail = await mail_receipt(tx, receipt, policy, fresh) if style is not Style.NONE else None
    return Issued(Result.ISSUED, draft.telling.id, style, invoice.number, mail)


def _takes_number(draft: Draft) -> bool:
    return draft.issuer is Issuer.US and not draft.telling.told.test


def _document(draft: Draft, fresh: Fresh) -> NewInvoice:
    kind = document_kind(draft.telling.told.kind, draft.issuer)
    payment_id, issued_at = draft.telling.payment_id, _issued_at(draft, fresh)
    return NewInvoice(fresh.new_id(), payment_id, draft.telling.id, draft.customer_id, kind, issued_at)


def _issued_at(draft: Draft, fresh: Fresh) -> int:
    return draft.telling.told.occurred_at if draft.imported else fresh.now


async def _draw_up(tx: Tx, draft: Draft, number: int | None, policy: Policy, fresh: Fresh) -> Invoice:
    told = draft.telling.told
    refunded = await refunds.refunded_total(tx, draft.telling.payment_id) if told.kind.is_payment else 0
    return draw_up(told, _decided(draft, number, refunded, policy, fresh))


def _decided(draft: Draft, number: int | None, refunded: int, policy: Policy, fresh: Fresh) -> Issue:
    return Issue(
        issuer=draft.issuer,
        number=None if number is None else f"{policy.number_prefix}{number}",
        issued_at=_issued_at(draft, fresh),
        timezone=policy.timezone,
        locale=draft.buyer.locale or policy.locale,
        seller=policy.seller,
        buyer=draft.buyer,
        credits=_credited(draft.sale),
        refunded=refunded,
        invoiced_there=draft.invoiced_there,
    )


def _credited(sale: InvoiceRow | None) -> Credited | None:
    if sale is None:
        return None
    ours = sale.frozen.issuer is Issuer.US and sale.number is not None
    return Credited(sale.number, sale.issued_at if ours else sale.frozen.supplied_at, sale.frozen.total)


async def _was_told_live(tx: Tx, due: TransactionRow) -> bool:
    """Somebody told of it live before it was imported: that telling brings the document, in its own time."""
    first = await transactions.by_id(tx, due.payment_id) if due.payment_id != due.id else None
    return first is not None and not first.imported


async def _merged(tx: Tx, due: TransactionRow) -> Issued:
    await transactions.settle(tx, due.id, State.MERGED)
    return Issued(Result.MERGED, due.id)


async def _wait(tx: Tx, due: TransactionRow, waits_for: WaitsFor, now: int) -> Issued:
    pause = min(max(now - due.accepted_at, LOOK_AGAIN), LOOK_AGAIN_LATER)
    await transactions.wait(tx, due.id, waits_for, now + pause)
    return Issued(Result.WAITING, due.id)
