"""A merchant's word on a parked mail, of which nobody knows whether it arrived: it did, or it goes once more."""

from worker.actions.mail_receipt import Again, CantResend, resend
from worker.core.delivery import MailState
from worker.core.fresh import Fresh
from worker.core.policy import Policy
from worker.store import audit, lists, outbox
from worker.store.audit import Entry
from worker.store.engine import Tx

ARRIVED, SENT_AGAIN = "arrived", "sent_again"


async def note_arrived(tx: Tx, mail_id: str, by: str, fresh: Fresh) -> bool:
    """The customer has it; False where the mail isn't parked."""
    mail = await outbox.by_id(tx, mail_id)
    if mail is None or not await lists.decide(tx, mail_id, MailState.SENT, ARRIVED, fresh.now):
        return False
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, by, "mail_arrived", mail.customer_id, mail_id))
    return True


async def send_again(tx: Tx, again: Again, policy: Policy, fresh: Fresh) -> str | CantResend:
    """As `resend`; a parked mail that goes once more has ended: it is neither counted nor asked about again."""
    done = await resend(tx, again, policy, fresh)
    if not isinstance(done, CantResend) and done != again.item_id:
        await lists.decide(tx, again.item_id, MailState.EXPIRED, SENT_AGAIN, fresh.now)
    return done
