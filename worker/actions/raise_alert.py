"""Tell the merchant of trouble, once an hour for each kind: a thousand failed mails must not make a thousand more."""

from enum import StrEnum

from worker.core.fresh import Fresh
from worker.core.instant import HOUR, MINUTE
from worker.core.policy import Policy
from worker.store import outbox
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.store.outbox import MailKind, NewItem

GATHER = MINUTE
"""An alert waits this long, so that it tells of the whole wave and not of its first mail."""


class Trouble(StrEnum):
    """What the merchant must hear of."""

    RELAY_PAUSED = "relay_paused"
    MAILS_FAILED = "mails_failed"
    MAILS_PARKED = "mails_parked"


async def raise_alert(tx: Tx, trouble: Trouble, policy: Policy, fresh: Fresh) -> None:
    """Put the alert into the outbox, unless this hour has it already."""
    hour = fresh.now // HOUR
    for recipient in policy.alerts_to:
        item_id = fresh.new_id()
        item = NewItem(
            id=item_id,
            kind=MailKind.ALERT,
            recipient=recipient,
            message_id=f"<{item_id}@{policy.message_domain}>",
            created_at=fresh.now,
            due_at=fresh.now + GATHER,
            params={"trouble": trouble.value, "since": fresh.now - GATHER},
            once_key=f"alert:{trouble}:{hour}:{recipient}",
        )
        await outbox.add(tx, item)
    tx.wake(Topic.OUTBOX)
