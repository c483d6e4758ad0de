"""Have what is in quarantine tried again, by a merchant's word: one event or transaction, or all events of a reason."""

from worker.actions.requeue_transaction import requeue_transaction
from worker.actions.understand_event import requeue_event
from worker.core.fresh import Fresh
from worker.store import audit, lists
from worker.store.audit import Entry
from worker.store.engine import Tx

MOST_AT_ONCE = 500
"""Events of one reason that one press tries again: the transaction stays short, and the next press takes the rest."""


async def requeue_held(tx: Tx, held_id: str, by: str, fresh: Fresh) -> bool:
    """Try an event or a transaction again; False where it isn't in quarantine (any more)."""
    if not await requeue_event(tx, held_id) and not await requeue_transaction(tx, held_id, fresh):
        return False
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, by, "requeue", subject=held_id))
    return True


async def requeue_quarantined(tx: Tx, which: tuple[str | None, str | None], after: str, fresh: Fresh) -> list[str]:
    """Try the next events again that are in quarantine, `which` being of one account and reason; returns their ids.

    Behind `after`, for those that were tried again may be back before the last of them is.
    """
    source, reason = which
    ids = await lists.in_quarantine(tx, source, reason, after, MOST_AT_ONCE)
    for event_id in ids:
        await requeue_event(tx, event_id)
    if ids:
        details = {"source": source, "reason": reason, "events": len(ids)}
        await audit.note(tx, Entry(fresh.new_id(), fresh.now, "command", "requeue", details=details))
    return ids


async def requeue_reason(tx: Tx, reason: str, by: str, fresh: Fresh) -> int:
    """Try every event again that is in quarantine for that reason; returns how many."""
    ids = await lists.events_of_reason(tx, reason, MOST_AT_ONCE)
    for event_id in ids:
        await requeue_event(tx, event_id)
    if ids:
        details = {"reason": reason, "events": len(ids)}
        await audit.note(tx, Entry(fresh.new_id(), fresh.now, by, "requeue", details=details))
    return len(ids)
