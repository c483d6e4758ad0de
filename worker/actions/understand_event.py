"""Turn a kept event into transactions, or say why it stays what it is.

Rules: the count of tries is committed before each one, so an event that kills the process is found out and quarantined;
what can't be understood waits in quarantine with its reason and can be requeued.
"""

from collections.abc import Sequence

from worker.actions.accept_transaction import Answer, Telling, accept_transaction
from worker.actions.join_payment import link_references
from worker.actions.keep_announcement import keep_announcement
from worker.core.fresh import Fresh
from worker.core.transaction import Transaction
from worker.sources.event import Told
from worker.store import events, transactions
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.store.events import EventEnd, EventState, KeptEvent, NewEvent
from worker.store.payments import Family

MOST_TRIES = 3


async def keep_events(tx: Tx, new: Sequence[NewEvent]) -> set[str]:
    """Keep raw events; returns our ids of those that weren't here already."""
    kept = await events.keep(tx, new)
    if kept:
        tx.wake(Topic.EVENTS)
    return kept


async def begin_event(tx: Tx, event: KeptEvent, fresh: Fresh) -> bool:
    """Begin a try at understanding; False where another process has it, or it had its tries and is quarantined now."""
    number = await events.begin(tx, event.id)
    if number is None or number <= MOST_TRIES:
        return number is not None
    reason = f"reading it failed {MOST_TRIES} times"
    await events.settle(tx, event.id, EventEnd(EventState.QUARANTINED, reason), fresh.now)
    return False


async def accept_told(tx: Tx, event: KeptEvent, reading: Told, fresh: Fresh) -> list[tuple[Transaction, Answer]] | None:
    """Accept what an event tells; None where another process was first."""
    if not await events.settle(tx, event.id, EventEnd(EventState.UNDERSTOOD), fresh.now):
        return None
    await _link(tx, reading.linked, fresh)
    for each in reading.announced:
        await keep_announcement(tx, event.source, each, event.id, fresh)
    tellings = [Telling(event.source, each, event.id, so_far=reading.so_far) for each in reading.transactions]
    return [(each.transaction, await accept_transaction(tx, each, fresh)) for each in tellings]


async def link_told(tx: Tx, event: KeptEvent, references: tuple[str, ...], fresh: Fresh) -> None:
    """The event says that these references are one payment."""
    if await events.settle(tx, event.id, EventEnd(EventState.UNDERSTOOD), fresh.now):
        await _link(tx, references, fresh)


async def set_event_aside(tx: Tx, event: KeptEvent, end: EventEnd, fresh: Fresh) -> None:
    """Nothing follows from the event, or it can't be read."""
    await events.settle(tx, event.id, end, fresh.now)


async def requeue_event(tx: Tx, event_id: str) -> bool:
    """Have a quarantined or ignored event read again."""
    requeued = await events.requeue(tx, event_id)
    if requeued:
        tx.wake(Topic.EVENTS)
    return requeued


async def _link(tx: Tx, references: tuple[str, ...], fresh: Fresh) -> None:
    """In both families: an event that only links says nothing of test or live, and ids of the two never meet."""
    if len(references) > 1:
        for family, test in ((Family.PAYMENT, False), (Family.TEST_PAYMENT, True)):
            payment = await link_references(tx, family, references, fresh.new_id())
            await transactions.wake_linked(tx, payment, references, test=test, now=fresh.now)
        tx.wake(Topic.TRANSACTIONS)
