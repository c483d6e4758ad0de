"""Have a quarantined transaction issued anew, after an update or a change of settings."""

from worker.core.fresh import Fresh
from worker.store import progress
from worker.store.changes import Topic
from worker.store.engine import Tx


async def requeue_transaction(tx: Tx, transaction_id: str, fresh: Fresh) -> bool:
    """True where it was quarantined, and is due now."""
    requeued = await progress.requeue(tx, transaction_id, fresh.now)
    if requeued:
        tx.wake(Topic.TRANSACTIONS)
    return requeued
