"""Tell the merchant of trouble, once an hour for each kind: a thousand failed mails must not make a thousand more."""

from dataclasses import replace
from enum import StrEnum

from worker.core.fresh import Fresh
from worker.core.instant import DAY, HOUR, MINUTE
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
    FORWARDS_HELD = "forwards_held"
    MAILS_BOUNCED = "mails_bounced"
    MAILBOX_FAILS = "mailbox_fails"
    MAILS_LEFT = "mails_left"
    NUMBERS_HELD = "numbers_held"
    ACTIONS_DENIED = "actions_denied"
    ENDPOINT_GONE = "endpoint_gone"
    DECLARATIONS_HELD = "declarations_held"
    KEY_REFUSED = "key_refused"
    DISPUTES = "disputes"
    REFUNDS_FAILED = "refunds_failed"


_DAILY = (
    Trouble.FORWARDS_HELD,
    Trouble.NUMBERS_HELD,
    Trouble.MAILS_LEFT,
    Trouble.DECLARATIONS_HELD,
    Trouble.KEY_REFUSED,
    Trouble.ACTIONS_DENIED,
)
"""What waits for the merchant, however long."""


async def raise_alert(tx: Tx, trouble: Trouble, policy: Policy, fresh: Fresh) -> None:
    """Have the merchant hear of it within a minute, or once the next hour (or day) begins if this one's alert went."""
    length = DAY if trouble in _DAILY else HOUR
    hour = fresh.now // length
    for recipient in policy.alerts_to:
        key = f"alert:{trouble}:{recipient}:"
        now = _alert(trouble, recipient, policy, fresh)
        if await outbox.add(tx, replace(now, once_key=f"{key}{hour}")) or await outbox.waits(tx, f"{key}{hour}"):
            continue
        await outbox.add(tx, replace(now, once_key=f"{key}{hour + 1}", due_at=(hour + 1) * length + GATHER))
    tx.wake(Topic.OUTBOX)


def _alert(trouble: Trouble, recipient: str, policy: Policy, fresh: Fresh) -> NewItem:
    item_id = fresh.new_id()
    return NewItem(
        id=item_id,
        kind=MailKind.ALERT,
        recipient=recipient,
        message_id=f"<{item_id}@{policy.message_domain}>",
        created_at=fresh.now,
        due_at=fresh.now + GATHER,
        params={"trouble": trouble.value, "since": fresh.now - GATHER},
    )
