"""Have somebody told by mail: an outbox row that says about what; its words are composed when it goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.core.fresh import Fresh
from worker.store import outbox
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.store.outbox import MailKind, NewItem


@dataclass(frozen=True, slots=True)
class NewMail:
    """Who is told what. `domain` is that of its Message-ID; `wait` puts it off, `lasts` ends it (microseconds)."""

    kind: MailKind
    recipient: str
    domain: str
    params: Mapping[str, object] = field(default_factory=dict)
    customer_id: str | None = None
    once_key: str | None = None
    wait: int = 0
    lasts: int | None = None


async def queue_mail(tx: Tx, mail: NewMail, fresh: Fresh) -> None:
    """Put it into the outbox, once for each `once_key`."""
    item_id = fresh.new_id()
    item = NewItem(
        id=item_id,
        kind=mail.kind,
        recipient=mail.recipient,
        message_id=f"<{item_id}@{mail.domain}>",
        created_at=fresh.now,
        due_at=fresh.now + mail.wait,
        customer_id=mail.customer_id,
        params=mail.params,
        once_key=mail.once_key,
        expires_at=None if mail.lasts is None else fresh.now + mail.lasts,
    )
    await outbox.add(tx, item)
    tx.wake(Topic.OUTBOX)
