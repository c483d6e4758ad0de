"""Ask to have a subscription cancelled: recorded once, confirmed as received, and handed to the merchant to do.

Rules: nobody says "cancelled" here. That is said once the merchant pressed the link in the mail or the provider's event
came; until then the merchant is reminded after a day.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from worker.actions.queue_mail import NewMail, queue_mail
from worker.actions.settle_cancel import MOST_MERCHANTS, reminder_key, settle_cancel
from worker.core.cancelling import MERCHANT, ends_at, may_cancel
from worker.core.following import Followed
from worker.core.fresh import Fresh
from worker.core.instant import DAY
from worker.core.rights import Allowed
from worker.store import audit, customers, subscriptions
from worker.store.audit import Entry
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.store.outbox import MailKind
from worker.store.subscriptions import CancelRow, NewCancel

REMIND_AFTER = DAY
LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class CancelPolicy:
    """What the merchant allows, and whom at the merchant's a cancellation is handed to."""

    rules: Allowed = field(default_factory=Allowed)
    merchant: tuple[str, ...] = ()
    message_domain: str = "localhost"


class CancelAnswer(StrEnum):
    """What became of the wish."""

    RECEIVED = "received"
    OPEN = "open"  # it was asked for before, and waits to be confirmed
    REFUSED = "refused"  # not this customer's, not running any more, or not allowed here


@dataclass(frozen=True, slots=True)
class Cancelling:
    """`cancel` is the cancellation that is open now."""

    answer: CancelAnswer
    cancel: CancelRow | None = None


async def cancel_subscription(
    tx: Tx, customer_id: str, subscription: tuple[str, str], policy: CancelPolicy, fresh: Fresh
) -> Cancelling:
    """Record that the customer wants it cancelled; `subscription` is (source, reference)."""
    row = await subscriptions.take(tx, *subscription, customer_id)
    customer = await customers.by_id(tx, customer_id)
    if row is None or customer is None:
        return Cancelling(CancelAnswer.REFUSED)
    before = await subscriptions.open_cancel(tx, row.source, row.ref)
    if before is not None:
        return Cancelling(CancelAnswer.OPEN, before)
    if not may_cancel(row.plan, country_of(customer), policy.rules):
        return Cancelling(CancelAnswer.REFUSED)
    cancel_id = await _record(tx, row, customer, policy, fresh)
    return Cancelling(CancelAnswer.RECEIVED, await subscriptions.cancel(tx, cancel_id))


async def confirm_cancel(tx: Tx, link_id: str, fresh: Fresh) -> CancelRow | None:
    """The merchant did it at the provider; None where the link names nothing. Twice is the same as once."""
    cancel = await subscriptions.cancel_by_link(tx, link_id)
    if cancel is not None:
        await settle_cancel(tx, cancel, MERCHANT, fresh)
    return cancel


async def carry_out_cancel(tx: Tx, cancel_id: str, who: str, fresh: Fresh) -> bool:
    """A merchant who is in did it at the provider; False where that was said before, or there is none."""
    cancel = await subscriptions.cancel(tx, cancel_id)
    return cancel is not None and await settle_cancel(tx, cancel, MERCHANT, fresh, who)


async def give_reason(tx: Tx, customer_id: str, cancel_id: str, reason: str) -> bool:
    """Keep why, where the customer likes to say it."""
    said = " ".join(reason.replace("\0", " ").split())[:LONGEST_REASON]
    return await subscriptions.give_reason(tx, cancel_id, customer_id, said or None)


def country_of(customer: CustomerRow) -> str | None:
    """The billing country, which decides what the law allows."""
    return customer.address.country if customer.address is not None else None


async def _record(tx: Tx, row: Followed, customer: CustomerRow, policy: CancelPolicy, fresh: Fresh) -> str:
    cancel_id = fresh.new_id()
    new = NewCancel(
        id=cancel_id,
        source=row.source,
        ref=row.ref,
        customer_id=customer.id,
        requested_at=fresh.now,
        ends_at=ends_at(row.plan, fresh.now),
        link_id=fresh.secret_id(),
        message_domain=policy.message_domain,
    )
    await subscriptions.add_cancel(tx, new)
    for mail in _mails(cancel_id, customer, policy):
        await queue_mail(tx, mail, fresh)
    subject = f"{row.source} {row.ref}"
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, "customer", "cancel_asked", customer.id, subject))
    return cancel_id


def _mails(cancel_id: str, customer: CustomerRow, policy: CancelPolicy) -> list[NewMail]:
    """To the customer that it is received; to the merchant what to do, and tomorrow that it is still to be done."""
    about, domain = {"cancel": cancel_id}, policy.message_domain
    mails = []
    if customer.email is not None:
        mails.append(NewMail(MailKind.CANCEL_RECEIVED, customer.email, domain, about, customer_id=customer.id))
    for number, address in enumerate(policy.merchant[:MOST_MERCHANTS]):
        mails.append(NewMail(MailKind.CANCEL_TODO, address, domain, about))
        key = reminder_key(cancel_id, number)
        mails.append(NewMail(MailKind.CANCEL_REMINDER, address, domain, about, once_key=key, wait=REMIND_AFTER))
    return mails
