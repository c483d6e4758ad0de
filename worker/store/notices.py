"""Notices: mails by which somebody declared a cancellation or withdrawal. Times are UTC microseconds."""

from dataclasses import dataclass

from worker.core.cancelling import ReceivedNotice
from worker.store.engine import Tx


@dataclass(frozen=True, slots=True)
class Notice:
    """The kept mail `mail_id` came in at `received_at`; `customer_id` is None where a stranger wrote it, `proven_at`
    where it isn't proven to come from the customer.
    """

    id: str
    mail_id: str
    customer_id: str | None
    received_at: int
    proven_at: int | None = None


async def add(tx: Tx, notice: Notice) -> bool:
    """Write it down; False where the mail's is written already."""
    row = await tx.one(
        "notice_insert",
        id=notice.id,
        mail_id=notice.mail_id,
        customer_id=notice.customer_id,
        received_at=notice.received_at,
        proven_at=notice.proven_at,
    )
    return row is not None


async def of_customer(tx: Tx, customer_id: str, since: int, most: int = 3) -> tuple[ReceivedNotice, ...]:
    """A customer's newest, the proven ones first, else the newest first."""
    rows = await tx.all("notices_of", customer_id=customer_id, since=since, most=most)
    return tuple(ReceivedNotice(row["received_at"], proven=row["proven_at"] is not None) for row in rows)
