"""What refunds give back: of which sale, and how much so far."""

from worker.core.transaction import Transaction
from worker.store.engine import Tx
from worker.store.transactions import TransactionRow


async def unmatched_refund(tx: Tx, row: TransactionRow, sale_payment_id: str) -> str | None:
    """The settled refund of the same amount that another source told of the same sale, and that has no match yet."""
    found = await tx.one(
        "refund_unmatched",
        id=row.id,
        source=row.source,
        payment_id=row.payment_id,
        sale_payment_id=sale_payment_id,
        total=row.told.total,
    )
    return None if found is None else str(found["payment_id"])


async def given_back(tx: Tx, source: str, refund: Transaction) -> int:
    """What this source told to be given back of the same sale before, in minor units."""
    row = await tx.one("refunds_before", source=source, refund_of=refund.refund_of, test=int(refund.test))
    return 0 if row is None else int(row["total"])


async def refunded_total(tx: Tx, sale_payment_id: str) -> int:
    """What was given back of a sale so far, in minor units, each refund once.

    Of one amount there were as many refunds as the source tells that tells most of them.
    """
    told: dict[int, int] = {}
    for row in await tx.all("refunds_told", sale_payment_id=sale_payment_id):
        told[row["total"]] = max(told.get(row["total"], 0), row["n"])
    return sum(total * times for total, times in told.items())
