"""Tell the merchant of trouble, once an hour for each kind: a thousand failed mails must not make a thousand more."""

from dataclasses import replace

from worker.core.alert import AlertKind
from worker.core.fresh import Fresh
from worker.core.instant import DAY, HOUR, MINUTE
from worker.core.policy import Policy
from worker.store import outbox
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.store.outbox import MailKind, NewItem

GATHER = MINUTE
"""An alert waits this long, so that it tells of the whole wave and not of its first mail."""

_DAILY = (
    AlertKind.FORWARDS_HELD,
    AlertKind.NUMBERS_HELD,
    AlertKind.MAILS_LEFT,
    AlertKind.DECLARATIONS_HELD,
    AlertKind.KEY_REFUSED,
    AlertKind.ACTIONS_DENIED,
)
"""What waits for the merchant, however long."""


async def raise_alert(tx: Tx, kind: AlertKind, policy: Policy, fresh: Fresh) -> None:
    """Have the merchant hear of it within a minute, or once the next hour (or day) begins if this one's alert went."""
    length = DAY if kind in _DAILY else HOUR
    hour = fresh.now // length
    for recipient in policy.alerts_to:
        key = f"alert:{kind}:{recipient}:"
        now = _alert(kind, recipient, policy, fresh)
        if await outbox.add(tx, replace(now, once_key=f"{key}{hour}")) or await outbox.waits(tx, f"{key}{hour}"):
            continue
        await outbox.add(tx, replace(now, once_key=f"{key}{hour + 1}", due_at=(hour + 1) * length + GATHER))
    tx.wake(Topic.OUTBOX)


def _alert(kind: AlertKind, recipient: str, policy: Policy, fresh: Fresh) -> NewItem:
    item_id = fresh.new_id()
    return NewItem(
        id=item_id,
        kind=MailKind.ALERT,
        recipient=recipient,
        message_id=f"<{item_id}@{policy.message_domain}>",
        created_at=fresh.now,
        due_at=fresh.now + GATHER,
        params={"trouble": kind.value, "since": fresh.now - GATHER},
    )
