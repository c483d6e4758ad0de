"""Keep a subscription as its source tells of it, and take its end as the word that a cancellation waited for."""

from worker.actions.settle_cancel import settle_cancel
from worker.core.cancelling import PROVIDER
from worker.core.following import Followed
from worker.core.fresh import Fresh
from worker.core.transaction import Transaction
from worker.core.twins import twins_of
from worker.store import purchases, subscriptions
from worker.store.engine import Tx
from worker.store.subscriptions import CancelRow


async def follow_subscription(tx: Tx, source: str, told: Transaction, customer_id: str | None, fresh: Fresh) -> None:
    """Take over what `told` says of its subscription; what happened later wins, in whatever order it is told."""
    row = await subscriptions.tell(tx, source, told, customer_id)
    for cancel in [] if row.plan.runs else await _answered(tx, row):
        await settle_cancel(tx, cancel, PROVIDER, fresh)


async def _answered(tx: Tx, row: Followed) -> list[CancelRow]:
    """The open cancellations that its end confirms: its own, and that of the same thing under another source's name."""
    cancel = await subscriptions.open_cancel(tx, row.source, row.ref)
    if cancel is not None or row.customer_id is None:
        return [cancel] if cancel is not None else []
    others = [each for each in (await subscriptions.cancels_of(tx, row.customer_id)).values() if each.done_at is None]
    groups = twins_of(await purchases.tellings(tx, row.customer_id)) if others else []
    same = {name for group in groups if (row.source, row.ref) in group for name in group}
    return [each for each in others if (each.source, each.ref) in same]
