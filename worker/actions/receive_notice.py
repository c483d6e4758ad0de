"""Receive a notice: a mail that declares a cancellation or withdrawal, in much of Europe valid as it stands.

Rules: whoever wrote it, proven or not, within limits or not, it is written down with the time at which it came in, and
a person gets to read it; nothing is done at the provider by itself. Of a robot's mails only those count that say it
outright: services cancel for people.
"""

from worker.core.fresh import Fresh
from worker.mail.authentication import Authentication
from worker.mail.classify import Class, Outcome
from worker.mail.intent import declares_end, says_outright
from worker.mail.read import InboundMail
from worker.store import audit, customers, notices
from worker.store.audit import Entry
from worker.store.engine import Tx
from worker.store.inbox import KeptMail
from worker.store.notices import Notice
from worker.store.outbox import OutboxItem

_BY_PEOPLE = (Outcome.LINK_REQUEST, Outcome.FOR_PEOPLE, Outcome.MALFORMED)
_BY_ROBOTS = (Outcome.AUTOMATIC, Outcome.LIST)


def is_notice(mail: InboundMail, what: Class) -> bool:
    """Whether the mail is one."""
    if what.loop:
        return False
    if what.outcome in _BY_PEOPLE or what.by_name:
        return declares_end(mail.subject, mail.text)
    return what.outcome in _BY_ROBOTS and says_outright(mail.subject, mail.text)


async def receive_notice(
    tx: Tx, kept: KeptMail, mail: InboundMail, sent: tuple[Authentication, OutboxItem | None], fresh: Fresh
) -> bool:
    """Write it down, once for each mail; returns whether it is proven to be a customer's own.

    `sent`: how its sender stands, and the mail of ours that it answers. It is that customer's from whose address it
    came, else whose mail it answers; proven only the former's.
    """
    origin, answered = sent
    writer = await customers.by_email(tx, mail.sender) if mail.sender else None
    customer_id = writer.id if writer else answered.customer_id if answered else None
    proven_at = fresh.now if writer and origin.authentic else None
    notice = Notice(fresh.new_id(), kept.id, customer_id, kept.received_at, proven_at)
    if not await notices.add(tx, notice):
        return proven_at is not None
    details = {"received_at": kept.received_at, "sender": origin.standing.value, "message_id": mail.message_id}
    entry = Entry(notice.id, fresh.now, "mail", "cancellation notice received", customer_id, kept.id, details)
    await audit.note(tx, entry)
    return proven_at is not None
