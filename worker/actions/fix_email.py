"""Correct a mistyped purchase email: a main reason why receipts don't arrive.

Rules: the old address still finds the customer but gets no more mail; what is on its way goes to the new address, what
failed there is sent again; an address that belongs to another customer is never taken from them.
"""

from dataclasses import dataclass
from enum import StrEnum

from worker.actions.mail_receipt import COMMAND, Again, CantResend, resend
from worker.core.delivery import MailState
from worker.core.email_address import identity
from worker.core.fresh import Fresh
from worker.core.policy import Policy
from worker.store import audit, customers, outbox, transactions
from worker.store.audit import Entry
from worker.store.changes import Topic
from worker.store.engine import Tx

_UNDELIVERED = (MailState.FAILED, MailState.PARKED, MailState.WITHHELD)


class CantFix(StrEnum):
    """Why an address can't be corrected; the words are shown to the merchant."""

    UNKNOWN = "no customer has this address"
    TAKEN = "the new address belongs to another customer"
    SAME = "both addresses are the same"


@dataclass(frozen=True, slots=True)
class Fixed:
    """What followed: the ids of new mails for those that had failed."""

    customer_id: str
    resent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """The purchase email `old` becomes `new`, both normalised; `by` is who says so."""

    old: str
    new: str
    by: str = COMMAND


async def fix_email(tx: Tx, correction: Correction, policy: Policy, fresh: Fresh) -> Fixed | CantFix:
    """Replace a purchase email."""
    old, new = correction.old, correction.new
    if identity(old) == identity(new):
        return CantFix.SAME
    customer = await customers.by_email(tx, old)
    if customer is None:
        return CantFix.UNKNOWN
    if await customers.claim_email(tx, new, customer.id, fresh.now) != customer.id:
        return CantFix.TAKEN
    await customers.set_email(tx, customer.id, new)
    await customers.retire_email(tx, old, fresh.now)
    await transactions.wake_for_address(tx, customer.id, fresh.now)
    await outbox.redirect(tx, customer.id, old, new)
    resent = await _send_again(tx, customer.id, correction, (policy, fresh))
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, correction.by, "fix_email", customer.id))
    tx.wake(Topic.OUTBOX)
    tx.wake(Topic.TRANSACTIONS)
    return Fixed(customer.id, resent)


async def _send_again(tx: Tx, customer_id: str, correction: Correction, means: tuple[Policy, Fresh]) -> tuple[str, ...]:
    old, new, by = correction.old, correction.new, correction.by
    mails = await outbox.of_customer(tx, customer_id)
    undelivered = [m for m in mails if m.state in _UNDELIVERED and identity(m.recipient) == identity(old)]
    sent = [await resend(tx, Again(mail.id, new, by), *means) for mail in reversed(undelivered)]
    return tuple(item for item in sent if not isinstance(item, CantResend))
