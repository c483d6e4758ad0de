"""Keep a subscription as its source tells of it, and take its end as the word that a cancellation waited for."""

from worker.actions.settle_cancel import PROVIDER, settle_cancel
from worker.core.fresh import Fresh
from worker.core.transaction import Transaction
from worker.store import subscriptions
from worker.store.engine import Tx


async def follow_subscription(tx: Tx, source: str, told: Transaction, customer_id: str | None, fresh: Fresh) -> None:
    """Take over what `told` says of its subscription; what happened later wins, in whatever order it is told."""
    row = await subscriptions.tell(tx, source, told, customer_id)
    if row is None or row.plan.runs:
        return
    cancel = await subscriptions.open_cancel(tx, row.source, row.ref)
    if cancel is not None:
        await settle_cancel(tx, cancel, PROVIDER, fresh)
