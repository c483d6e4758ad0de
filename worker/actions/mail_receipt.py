"""Put a receipt into the outbox: when a document is issued, when a merchant asks for it again, and as a test."""

from dataclasses import dataclass, replace
from enum import StrEnum

from worker.actions.draft import Draft
from worker.core.allowance import HELD
from worker.core.email_address import identity
from worker.core.fresh import Fresh
from worker.core.instant import DAY
from worker.core.invoice import INVOICE, Invoice
from worker.core.policy import Policy
from worker.core.transaction import Style
from worker.store import audit, customers, invoices, outbox, suppressions
from worker.store.audit import Entry
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.store.invoices import LinkRow, Purpose
from worker.store.outbox import MailKind, NewItem, OutboxItem
from worker.store.restoring import RESTORED

LINK_YEAR = 366 * DAY
COMMAND = "command"
"""Who asked for it, where a command did."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Which document goes to whom, and in which style."""

    customer_id: str
    invoice_id: str
    recipient: str
    style: Style


def receipt_of(draft: Draft, invoice_id: str, style: Style) -> Receipt:
    """The receipt of a document that was just issued."""
    return Receipt(draft.customer_id, invoice_id, draft.recipient, style)


async def mail_receipt(tx: Tx, receipt: Receipt, policy: Policy, fresh: Fresh) -> str:
    """Mail the receipt of a new document, with the links that it carries; returns the outbox item's id."""
    expires_at = fresh.now + policy.document_years * LINK_YEAR
    links = [
        LinkRow(fresh.secret_id(), purpose, receipt.customer_id, receipt.invoice_id, fresh.now, expires_at)
        for purpose in (Purpose.DOCUMENT, Purpose.FOOT)
    ]
    await invoices.add_links(tx, links)
    item = replace(
        _item(receipt.recipient, {"style": receipt.style.value}, policy, fresh),
        customer_id=receipt.customer_id,
        invoice_id=receipt.invoice_id,
        once_key=f"receipt:{receipt.invoice_id}",
    )
    return await _add(tx, item)


class CantResend(StrEnum):
    """Why a mail isn't sent again; the words are shown to the merchant."""

    UNKNOWN = "there is no mail with this id"
    NO_RECEIPT = "only receipts can be sent again"
    SUPPRESSED = (
        "mails to this address came back, or its reader complained, as letterkey mails ADDRESS tells. "
        "--to ADDRESS sends it to another one, --lift to this one again (not after a complaint)"
    )
    DONE = "that was asked for already, and goes out"
    ON_ITS_WAY = "this mail is still on its way: it goes out by itself"


@dataclass(frozen=True, slots=True)
class Again:
    """Which mail goes once more, to `recipient` or where it went before; `by` is who asks for it.

    Two with one `once` are the same wish: a button that is pressed twice, a form that lay open.
    """

    item_id: str
    recipient: str | None = None
    by: str = COMMAND
    once: str | None = None


async def resend(tx: Tx, again: Again, policy: Policy, fresh: Fresh) -> str | CantResend:
    """Mail a receipt once more, or a person's mail that was held; returns the item's id (26 characters)."""
    old = await outbox.by_id(tx, again.item_id)
    if old is None:
        return CantResend.UNKNOWN
    if await _let_go(tx, old, again.recipient, fresh):
        return old.id
    recipient = again.recipient or await _still_good(tx, old.customer_id, old.recipient)
    refused = await _refused(tx, old, again.recipient, recipient)
    return refused if refused is not None else await _again(tx, old, replace(again, recipient=recipient), policy, fresh)


async def _refused(tx: Tx, old: OutboxItem, asked: str | None, recipient: str) -> CantResend | None:
    if old.kind is not MailKind.RECEIPT or old.invoice_id is None:
        return CantResend.NO_RECEIPT
    if old.settled_at is None and identity(asked or old.recipient) == identity(old.recipient):
        return CantResend.ON_ITS_WAY
    return CantResend.SUPPRESSED if await suppressions.in_force(tx, recipient) else None


async def _again(tx: Tx, old: OutboxItem, again: Again, policy: Policy, fresh: Fresh) -> str | CantResend:
    assert again.recipient is not None, "it was chosen before"
    item = replace(
        _item(again.recipient, {**old.params, "resend_of": old.id}, policy, fresh),
        customer_id=old.customer_id,
        invoice_id=old.invoice_id,
        once_key=f"resend:{old.id}:{again.once}" if again.once is not None else None,
    )
    if not await outbox.add(tx, item):
        return CantResend.DONE
    tx.wake(Topic.OUTBOX)
    details = {"mail": item.id, "to_another_address": again.recipient != old.recipient}
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, again.by, "resend", old.customer_id, old.id, details))
    return item.id


async def _let_go(tx: Tx, old: OutboxItem, recipient: str | None, fresh: Fresh) -> bool:
    """Send what was held or parked without having been sent, as it is; a link's mail never, for its link is dead."""
    if recipient is not None and identity(recipient) != identity(old.recipient):
        return False
    held = old.kind is MailKind.FORWARD and await outbox.let_go(tx, old.id, HELD, fresh.now)
    if not held and (old.kind is MailKind.ACCESS or not await outbox.let_go(tx, old.id, RESTORED, fresh.now)):
        return False
    tx.wake(Topic.OUTBOX)
    return True


async def _still_good(tx: Tx, customer_id: str | None, address: str) -> str:
    """`address`, or what the customer has replaced it by."""
    customer = await customers.by_id(tx, customer_id) if customer_id is not None else None
    if customer is None or customer.email is None:
        return address
    retired = {identity(each.address) for each in await customers.emails(tx, customer.id) if each.retired_at}
    return customer.email if identity(address) in retired else address


async def mail_test_receipt(
    tx: Tx, sample: Invoice, receipt_to: tuple[str, Style], policy: Policy, fresh: Fresh
) -> str:
    """Mail a made-up receipt that is marked as a test, takes no number and belongs to nobody."""
    recipient, style = receipt_to
    frozen = INVOICE.dump_python(sample, mode="json")
    return await _add(tx, _item(recipient, {"style": style.value, "sample": frozen}, policy, fresh))


def _item(recipient: str, params: dict[str, object], policy: Policy, fresh: Fresh) -> NewItem:
    item_id = fresh.new_id()
    return NewItem(
        id=item_id,
        kind=MailKind.RECEIPT,
        recipient=recipient,
        message_id=f"<{item_id}@{policy.message_domain}>",
        created_at=fresh.now,
        due_at=fresh.now,
        params=params,
    )


async def _add(tx: Tx, item: NewItem) -> str:
    await outbox.add(tx, item)
    tx.wake(Topic.OUTBOX)
    return item.id
