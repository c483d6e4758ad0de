"""Notices: mails by which somebody declared a cancellation or withdrawal. Times are UTC microseconds."""

from dataclasses import dataclass

from worker.store.engine import Tx


@dataclass(frozen=True, slots=True)
class Notice:
    """The kept mail `mail_id` came in at `received_at`; `customer_id` is None where a stranger wrote it."""

    id: str
    mail_id: str
    customer_id: str | None
    received_at: int


async def add(tx: Tx, notice: Notice) -> bool:
    """Write it down; False where the mail's is written already."""
    row = await tx.one(
        "notice_insert",
        id=notice.id,
        mail_id=notice.mail_id,
        customer_id=notice.customer_id,
        received_at=notice.received_at,
    )
    return row is not None


async def of_customer(tx: Tx, customer_id: str, since: int, most: int = 3) -> tuple[int, ...]:
    """When a customer's newest came in, the newest first."""
    rows = await tx.all("notices_of", customer_id=customer_id, since=since, most=most)
    return tuple(row["received_at"] for row in rows)
