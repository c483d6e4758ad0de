"""A cancellation is confirmed, by the merchant or by the provider's own event: its customer is told, once."""

from worker.actions.queue_mail import NewMail, queue_mail
from worker.core.fresh import Fresh
from worker.store import audit, customers, declarations, outbox, subscriptions
from worker.store.audit import Entry
from worker.store.engine import Tx
from worker.store.outbox import MailKind
from worker.store.subscriptions import CancelRow

MOST_MERCHANTS = 5
"""Addresses of the merchant's that are told of one cancellation."""


async def settle_cancel(tx: Tx, cancel: CancelRow, by: str, fresh: Fresh, who: str | None = None) -> bool:
    """Say that it is done, by the merchant or the provider; False where that was said before. `who`: for the audit."""
    if await subscriptions.cancel_done(tx, cancel.id, fresh.now, by) is None:
        return False
    customer = await customers.by_id(tx, cancel.customer_id)
    if customer is not None and customer.email is not None:
        mail = NewMail(
            MailKind.CANCEL_DONE,
            customer.email,
            cancel.message_domain,
            {"cancel": cancel.id},
            customer_id=customer.id,
            once_key=f"cancel done:{cancel.id}",
        )
        await queue_mail(tx, mail, fresh)
    for number in range(MOST_MERCHANTS):
        await outbox.call_off(tx, reminder_key(cancel.id, number), fresh.now)
    await declarations.settle_cancelled(tx, cancel.id, fresh.now, who or by)
    subject = f"{cancel.source} {cancel.ref}"
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, who or by, "cancel_done", cancel.customer_id, subject))
    return True


def reminder_key(cancel_id: str, number: int) -> str:
    """The reminder to the merchant's address of that number is one intent."""
    return f"cancel reminder:{cancel_id}:{number}"
