"""Kept events understood: a provider's or relay's raw message becomes transactions, references or bounces.

Rules: each try is counted before it; what can't be understood is set aside with its reason, and never stops the rest.
Some are understood together, but one that was tried before goes alone, so that an event that kills the process takes no
others' tries along.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from worker import journal
from worker.actions.accept_transaction import Answer
from worker.actions.understand_event import accept_told, begin_event, link_told, set_event_aside
from worker.actions.understand_relay_event import record_told
from worker.clock import Clock
from worker.core.bounce import Delivery, Returned
from worker.core.fresh import Fresh
from worker.core.policy import Policy
from worker.core.transaction import Transaction
from worker.intake.together import in_groups
from worker.metrics import Metrics
from worker.relays.relay import Relay
from worker.sources.event import Ignored, Linked, RawEvent, Reading, Source, Told, Unreadable
from worker.store import events
from worker.store.engine import Store, StoreUnavailable
from worker.store.events import EventEnd, EventState, KeptEvent

BATCH = 64
"""Events a round."""


@dataclass(frozen=True, slots=True)
class KeptEvents:
    """What understanding works with.

    `sources` has the reader of each provider account by its name, `relays` that of each relay by the name that its
    events are kept under; `bounced` is the delivery that a bounce address of ours names.
    """

    store: Store
    clock: Clock
    policy: Policy
    metrics: Metrics
    sources: Mapping[str, Source]
    relays: Mapping[str, Relay]
    bounced: Callable[[str], Delivery | None]


async def understand_events(kept: KeptEvents) -> bool:
    """Understand a batch of what waits; whether there may be more."""
    batch = await kept.store.read(lambda tx: events.waiting(tx, BATCH))
    for together in _shared(batch):
        await asyncio.gather(*(_try(kept, event) for event in together))
    return len(batch) == BATCH


def _shared(batch: Sequence[KeptEvent]) -> Iterator[Sequence[KeptEvent]]:
    """Those that are understood together, in their order."""
    yield from in_groups([event for event in batch if not event.attempts])
    yield from ([event] for event in batch if event.attempts)


async def _try(kept: KeptEvents, event: KeptEvent) -> None:
    try:
        await _understand(kept, event)
    except StoreUnavailable:
        raise
    except Exception as error:  # one odd event never stops the loop; its tries are counted before each
        journal.unexpected("events", error, item=event.id)


async def _understand(kept: KeptEvents, event: KeptEvent) -> None:
    fresh = Fresh(kept.clock.now(), kept.clock.new_id, kept.clock.secret_id)
    if not await kept.store.write(lambda tx: begin_event(tx, event, fresh), patient=True):
        return
    source = kept.sources.get(event.source) or kept.relays.get(event.source)
    raw = RawEvent(event.headers, event.body, event.received_at)
    reading = source.read(raw) if source else Unreadable("this source is not in the settings any more", "")
    outcome = await _act_on(kept, event, reading, fresh)
    kept.metrics.events.labels(event.source, outcome).inc()
    if outcome == EventState.QUARANTINED:
        journal.event_quarantined(event.id, source=event.source, reason=getattr(reading, "reason", ""))
    else:
        journal.event_understood(event.id, source=event.source, outcome=outcome)


async def _act_on(kept: KeptEvents, event: KeptEvent, reading: Reading | Returned, fresh: Fresh) -> str:
    write = partial(kept.store.write, patient=True)
    match reading:
        case Told() as told:
            answers = await write(lambda tx: accept_told(tx, event, told, fresh))
            for transaction, answer in answers or ():
                _tell_answer(kept, event, transaction, answer)
            return EventState.UNDERSTOOD
        case Linked(references):
            await write(lambda tx: link_told(tx, event, references, fresh))
            return EventState.UNDERSTOOD
        case Returned():
            delivery = kept.bounced(reading.envelope) if reading.envelope else None
            await write(lambda tx: record_told(tx, event, (reading, delivery), kept.policy, fresh))
            return EventState.UNDERSTOOD
        case Ignored(reason):
            end = EventEnd(EventState.IGNORED, reason)
        case Unreadable(reason, field):
            end = EventEnd(EventState.QUARANTINED, reason, field)
    await write(lambda tx: set_event_aside(tx, event, end, fresh))
    return end.state


def _tell_answer(kept: KeptEvents, event: KeptEvent, told: Transaction, answer: Answer) -> None:
    kept.metrics.transactions.labels(event.source, answer.value).inc()
    if answer is Answer.CONFLICT:
        journal.transaction_conflict(told.id, source=event.source)
    elif answer is Answer.ACCEPTED:
        journal.transaction_accepted(told.id, source=event.source, kind=told.kind.value)
