"""Lift a suppression: mails go to an address again, and those that were withheld are due; the audit says by whom."""

from worker.core.delivery import MailState
from worker.core.email_address import identity
from worker.core.fresh import Fresh
from worker.core.suppression import SuppressionKind
from worker.store import audit, customers, outbox, suppressions
from worker.store.audit import Entry
from worker.store.changes import Topic
from worker.store.engine import Tx

OWN_MAIL, COMMAND = "their own mail", "command"


async def lift_suppression(tx: Tx, address: str, by: str, fresh: Fresh) -> bool:
    """The address works after all; False where no bounce had suppressed it. What a complaint ended stays ended."""
    released = await suppressions.lift(tx, SuppressionKind.BOUNCE, address, by, fresh.now)
    if released:
        tx.wake(Topic.OUTBOX)
    if released is not None and by != OWN_MAIL:
        customer = await customers.by_email(tx, address)
        known = customer.id if customer is not None else None
        await audit.note(tx, Entry(fresh.new_id(), fresh.now, by, "lift_suppression", known, identity(address)))
    return released is not None


async def lift_for_mail(tx: Tx, mail_id: str, recipient: str | None, fresh: Fresh) -> bool:
    """The merchant knows that the address works, `recipient` or the mail's own; whether that lets this very mail go."""
    mail = await outbox.by_id(tx, mail_id)
    if mail is None or not await lift_suppression(tx, recipient or mail.recipient, COMMAND, fresh):
        return False
    after = await outbox.by_id(tx, mail_id)
    return mail.state is MailState.WITHHELD and after is not None and after.state is MailState.DUE
