"""Take a mail from a mailbox: keep it as the listener would, and remember where it lies until it is put away.

Rules: all in one transaction, so that a crash between any two steps neither loses a mail nor answers it twice.
"""

from worker.actions.raise_alert import raise_alert
from worker.actions.receive_mail import keep_mail
from worker.core.alert import AlertKind
from worker.core.fresh import Fresh
from worker.core.mailbox import TELL_AFTER, TELL_EVERY
from worker.core.policy import Policy
from worker.mail.classify import Outcome
from worker.store import inbox, mailboxes
from worker.store.engine import Tx
from worker.store.inbox import NewMail
from worker.store.mailboxes import Spot


async def take_mail(tx: Tx, spot: Spot, mail: NewMail) -> bool:
    """Keep the mail at this place; False where it is here already. Either way it is put away once it is settled."""
    kept = await keep_mail(tx, mail)
    mail_id = mail.id if kept else await inbox.same(tx, mail)
    assert mail_id is not None, "a mail that isn't kept is here"
    await mailboxes.keep_place(tx, spot, mail_id)
    await mailboxes.advance(tx, spot)
    return kept


async def pass_by(tx: Tx, spot: Spot, mail: NewMail, outcome: Outcome, reason: str) -> bool:
    """Record a mail of ours that is left where it lies; False where it was recorded before."""
    await mailboxes.advance(tx, spot)
    return await inbox.keep_settled(tx, mail, outcome, reason)


async def tell_of_left(tx: Tx, policy: Policy, fresh: Fresh) -> None:
    """A mail of ours stays in the mailbox, unanswered: the merchant hears of such once a day."""
    await raise_alert(tx, AlertKind.MAILS_LEFT, policy, fresh)


async def tell_of_trouble(tx: Tx, mailbox: str, policy: Policy, fresh: Fresh) -> bool:
    """A mailbox can't be read: the merchant hears of it once it has lasted, and then once a day."""
    await mailboxes.fails(tx, mailbox, fresh.now)
    if not await mailboxes.tell(tx, mailbox, fresh.now, after=TELL_AFTER, every=TELL_EVERY):
        return False
    await raise_alert(tx, AlertKind.MAILBOX_FAILS, policy, fresh)
    return True
