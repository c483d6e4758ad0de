"""Forward what a person wrote to the people of the shop, once, with the mail as it came.

Rules: where those people read the mailbox that we watch, the mail stays there for them instead; too many from one
sender, or in all, are held here until somebody sends for them. Notices of cancellation have limits of their own, which
other mails don't use up, and strangers' notices not those of customers; one that is held is written down all the same.
"""

from dataclasses import dataclass

from worker.actions.raise_alert import raise_alert
from worker.core.alert import AlertKind
from worker.core.allowance import HELD, forwards, notices
from worker.core.fresh import Fresh
from worker.core.mail_policy import MailPolicy
from worker.mail.authentication import Standing
from worker.store import allowances, inbox, outbox
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.store.inbox import MAILBOX_PEER, KeptMail
from worker.store.outbox import MailKind, NewItem

NOTICE = "notice"
"""Why a mail is forwarded that declares a cancellation or withdrawal."""


@dataclass(frozen=True, slots=True)
class Forward:
    """Why a person must see a mail, and how its From address stands; `customers`: it is proven to be one's own."""

    why: str
    sender: Standing = Standing.UNVERIFIED
    customers: bool = False


async def forward_mail(tx: Tx, kept: KeptMail, case: Forward, policy: MailPolicy, fresh: Fresh) -> bool:
    """Add the forward; False where none goes now."""
    if policy.people_read_mailbox and kept.peer == MAILBOX_PEER:
        await inbox.leave(tx, kept.id, fresh.now)
        return False
    if policy.forward_to is None:
        return False
    item_id = fresh.new_id()
    item = NewItem(
        id=item_id,
        kind=MailKind.FORWARD,
        recipient=policy.forward_to,
        message_id=f"<{item_id}@{policy.access.message_domain}>",
        created_at=fresh.now,
        due_at=fresh.now,
        params={"mail": kept.id, "why": case.why, "sender": case.sender.value, "from": kept.sender},
        once_key=f"forward:{kept.id}",
    )
    added = await outbox.add(tx, item)
    limits = notices(kept.sender, proven=case.customers) if case.why == NOTICE else forwards(kept.sender)
    if added and not await allowances.take(tx, limits, fresh.now):
        return await _hold(tx, item, policy, fresh)
    tx.wake(Topic.OUTBOX)
    return added


async def _hold(tx: Tx, item: NewItem, policy: MailPolicy, fresh: Fresh) -> bool:
    """Too many came: it stays here until somebody sends for it, and the merchant hears of it once a day."""
    await outbox.hold(tx, item.id, HELD, fresh.now)
    if policy.alerts is not None:
        await raise_alert(tx, AlertKind.FORWARDS_HELD, policy.alerts, fresh)
    return False
