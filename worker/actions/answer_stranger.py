"""Answer a stranger: who proves an address with which nothing was bought hears so, and what to try, once a day."""

from worker.actions.queue_mail import NewMail, queue_mail
from worker.core.allowance import stranger_answers
from worker.core.fresh import Fresh
from worker.mail.read import InboundMail
from worker.store import allowances
from worker.store.engine import Tx
from worker.store.outbox import MailKind


async def answer_stranger(tx: Tx, mail: InboundMail, domain: str, fresh: Fresh) -> bool:
    """Have the answer sent to the mail's sender, who is proven; False where today's went already."""
    assert mail.sender is not None, "a mail without a sender is malformed"
    if not await allowances.take(tx, stranger_answers(mail.sender), fresh.now):
        return False
    about = {"in_reply_to": mail.message_id, "references": list(mail.thread)}
    await queue_mail(tx, NewMail(MailKind.STRANGER, mail.sender, domain, about), fresh)
    return True
