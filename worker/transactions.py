"""The transaction queue: kept events → transactions → receipts due.

Two loops over the database that can be stopped, repeated and re-run: one understands events, one issues what is due.
A bad row is counted, tried again, and set aside after three tries; it never stops the loop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from worker import journal
from worker.actions.accept_transaction import Answer
from worker.actions.issue_receipt import Result, issue_receipt, set_aside
from worker.actions.understand_event import accept_told, begin_event, link_told, set_event_aside
from worker.actions.understand_relay_event import record_told
from worker.clock import Clock
from worker.core.bounce import Returned
from worker.core.fresh import Fresh
from worker.core.instant import SECOND
from worker.core.policy import Policy
from worker.core.transaction import Transaction
from worker.metrics import Metrics
from worker.relays.relay import Relay
from worker.sources.event import Ignored, Linked, RawEvent, Reading, Source, Told, Unreadable
from worker.store import events, transactions
from worker.store.changes import Topic
from worker.store.engine import Store, StoreUnavailable
from worker.store.events import EventEnd, EventState, KeptEvent

BATCH = 64
"""Rows a round: as many as share one COMMIT on SQLite."""
LOOK_AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class TransactionQueue:
    """What the queue works with. `sources` has the reader of each provider account by its name, `relays` that of each
    relay by the name that its events are kept under; `bounced` is the delivery that a bounce address of ours names.
    """

    store: Store
    clock: Clock
    policy: Policy
    sources: Mapping[str, Source]
    metrics: Metrics
    relays: Mapping[str, Relay] = field(default_factory=dict)
    bounced: Callable[[str], str | None] = lambda _: None


async def run_transactions(queue: TransactionQueue, stopping: asyncio.Event) -> None:
    """Understand events and issue receipts until `stopping` is set (and all topics are told of it)."""
    async with asyncio.TaskGroup() as loops:
        loops.create_task(_repeat(queue, stopping, Topic.EVENTS, _understand_waiting))
        loops.create_task(_repeat(queue, stopping, Topic.TRANSACTIONS, _issue_due))


Round = Callable[[TransactionQueue], Awaitable[float]]
"""One look at what waits; returns the seconds until the next, 0 where there may be more."""


async def _repeat(queue: TransactionQueue, stopping: asyncio.Event, topic: Topic, look: Round) -> None:
    while not stopping.is_set():
        seen = queue.store.changes.count(topic)
        try:
            seconds = await look(queue)
        except StoreUnavailable as error:
            journal.unexpected(topic.value, error)
            seconds, seen = 1.0, queue.store.changes.count(topic)
        await queue.store.changes.wait(topic, seen, seconds)


async def _understand_waiting(queue: TransactionQueue) -> float:
    batch = await queue.store.read(lambda tx: events.waiting(tx, BATCH))
    for event in batch:
        try:
            await _understand(queue, event)
        except StoreUnavailable:
            raise
        except Exception as error:  # one odd event never stops the loop; its tries are counted before each
            journal.unexpected("events", error, item=event.id)
    return 0 if len(batch) == BATCH else LOOK_AGAIN_SECONDS


async def _understand(queue: TransactionQueue, event: KeptEvent) -> None:
    fresh = _fresh(queue)
    if not await queue.store.write(lambda tx: begin_event(tx, event, fresh)):
        return
    source = queue.sources.get(event.source) or queue.relays.get(event.source)
    raw = RawEvent(event.headers, event.body, event.received_at)
    reading = source.read(raw) if source else Unreadable("this source is not in the settings any more", "")
    outcome = await _act_on(queue, event, reading, fresh)
    queue.metrics.events.labels(event.source, outcome).inc()
    if outcome == EventState.QUARANTINED:
        journal.event_quarantined(event.id, source=event.source, reason=getattr(reading, "reason", ""))
    else:
        journal.event_understood(event.id, source=event.source, outcome=outcome)


async def _act_on(queue: TransactionQueue, event: KeptEvent, reading: Reading | Returned, fresh: Fresh) -> str:
    write = queue.store.write
    match reading:
        case Told(told, linked):
            answers = await write(lambda tx: accept_told(tx, event, told, linked, fresh))
            for transaction, answer in answers or ():
                _tell_answer(queue, event, transaction, answer)
            return EventState.UNDERSTOOD
        case Linked(references):
            await write(lambda tx: link_told(tx, event, references, fresh))
            return EventState.UNDERSTOOD
        case Returned():
            delivery = queue.bounced(reading.envelope) if reading.envelope else None
            await write(lambda tx: record_told(tx, event, (reading, delivery), queue.policy, fresh))
            return EventState.UNDERSTOOD
        case Ignored(reason):
            end = EventEnd(EventState.IGNORED, reason)
        case Unreadable(reason, field):
            end = EventEnd(EventState.QUARANTINED, reason, field)
    await write(lambda tx: set_event_aside(tx, event, end, fresh))
    return end.state


def _tell_answer(queue: TransactionQueue, event: KeptEvent, told: Transaction, answer: Answer) -> None:
    queue.metrics.transactions.labels(event.source, answer.value).inc()
    if answer is Answer.CONFLICT:
        journal.transaction_conflict(told.id, source=event.source)
    elif answer is Answer.ACCEPTED:
        journal.transaction_accepted(told.id, source=event.source, kind=told.kind.value)


async def _issue_due(queue: TransactionQueue) -> float:
    now = queue.clock.now()
    due = await queue.store.read(lambda tx: transactions.due(tx, now, BATCH))
    await asyncio.gather(*(_issue(queue, transaction_id) for transaction_id in due))
    if len(due) == BATCH:
        return 0
    next_due = await queue.store.read(transactions.next_due)
    seconds = LOOK_AGAIN_SECONDS if next_due is None else (next_due - queue.clock.now()) / SECOND
    return min(max(seconds, 0.01), LOOK_AGAIN_SECONDS)


async def _issue(queue: TransactionQueue, transaction_id: str) -> None:
    fresh = _fresh(queue)
    try:
        issued = await queue.store.write(lambda tx: issue_receipt(tx, transaction_id, queue.policy, fresh))
    except StoreUnavailable:
        raise
    except Exception as error:  # one odd transaction never stops the loop
        journal.unexpected("transactions", error, item=transaction_id)
        reason = type(error).__name__
        await queue.store.write(lambda tx: set_aside(tx, transaction_id, reason, fresh))
        return
    if issued.result is Result.ISSUED:
        style, number = issued.style.value, issued.number
        journal.receipt_issued(issued.mail, transaction=issued.transaction_id, style=style, number=number)


def _fresh(queue: TransactionQueue) -> Fresh:
    return Fresh(queue.clock.now(), queue.clock.new_id, queue.clock.secret_id)
