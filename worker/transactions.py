"""The transaction queue: kept events → transactions → receipts due.

Loops over the database that can be stopped, repeated and re-run: one understands events, one issues what is due, one
decides what announcements bring, two ask providers for what is missing: addresses, and what events leave out. A bad
row is counted, tried again, and set aside after three tries; it never stops the loop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from worker import journal
from worker.clock import Clock
from worker.core.bounce import Delivery
from worker.core.instant import SECOND
from worker.core.policy import Policy
from worker.intake.due import DueRows, decide, issue
from worker.intake.events import KeptEvents, understand_events
from worker.intake.incomplete import IncompleteEvents, run_completing
from worker.intake.inquiries import Inquirer, LateAddresses
from worker.intake.together import in_groups
from worker.metrics import Metrics
from worker.relays.relay import Relay
from worker.sources.event import Source
from worker.store import announcements, transactions
from worker.store.changes import Topic
from worker.store.engine import Store, StoreUnavailable

BATCH = 64
"""Rows a round."""
LOOK_AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class TransactionQueue:
    """What the queue works with; see `KeptEvents`. Without `late` and `incomplete` no provider is asked."""

    store: Store
    clock: Clock
    policy: Policy
    sources: Mapping[str, Source]
    metrics: Metrics
    relays: Mapping[str, Relay] = field(default_factory=dict)
    bounced: Callable[[str], Delivery | None] = lambda _: None
    late: LateAddresses | None = None
    incomplete: IncompleteEvents | None = None

    @property
    def events(self) -> KeptEvents:
        """What understanding events works with."""
        return KeptEvents(self.store, self.clock, self.policy, self.metrics, self.sources, self.relays, self.bounced)

    @property
    def due(self) -> DueRows:
        """What seeing to what is due works with."""
        return DueRows(self.store, self.clock, self.policy, self.metrics)


Current = Callable[[], TransactionQueue]
"""What is in force at this moment: asked for anew for each round, and for each receipt."""


async def run_transactions(current: Current, stopping: asyncio.Event) -> None:
    """Understand events and issue receipts until `stopping` is set (and all topics are told of it)."""
    async with asyncio.TaskGroup() as loops:
        loops.create_task(_repeat(current, stopping, Topic.EVENTS, _understand_waiting))
        loops.create_task(_repeat(current, stopping, Topic.TRANSACTIONS, _issue_due))
        loops.create_task(_repeat(current, stopping, Topic.ANNOUNCEMENTS, _dun_due))
        asking = (
            loops.create_task(Inquirer(lambda: current().late).run()),
            loops.create_task(run_completing(lambda: current().incomplete)),
        )
        await stopping.wait()
        for each in asking:
            each.cancel()  # when it asks again is set before each question: nothing is lost with an answer


Round = Callable[[Current], Awaitable[float]]
"""One look at what waits; returns the seconds until the next, 0 where there may be more."""


async def _repeat(current: Current, stopping: asyncio.Event, topic: Topic, look: Round) -> None:
    changes = current().store.changes
    while not stopping.is_set():
        seen = changes.count(topic)
        try:
            seconds = await look(current)
        except StoreUnavailable as error:
            journal.unexpected(topic.value, error)
            seconds, seen = 1.0, changes.count(topic)
        await changes.wait(topic, seen, seconds)


async def _understand_waiting(current: Current) -> float:
    return 0 if await understand_events(current().events) else LOOK_AGAIN_SECONDS


async def _issue_due(current: Current) -> float:
    queue = current()
    now = queue.clock.now()
    due = await queue.store.read(lambda tx: transactions.due(tx, now, BATCH))
    for together in in_groups(due):
        await asyncio.gather(*(issue(current().due, each) for each in together))
    return 0 if len(due) == BATCH else _pause(await queue.store.read(transactions.next_due), queue)


async def _dun_due(current: Current) -> float:
    queue = current()
    now = queue.clock.now()
    due = await queue.store.read(lambda tx: announcements.due(tx, now, BATCH))
    for announcement_id in due:
        await decide(current().due, announcement_id)
    return 0 if len(due) == BATCH else _pause(await queue.store.read(announcements.next_due), queue)


def _pause(next_due: int | None, queue: TransactionQueue) -> float:
    seconds = LOOK_AGAIN_SECONDS if next_due is None else (next_due - queue.clock.now()) / SECOND
    return min(max(seconds, 0.01), LOOK_AGAIN_SECONDS)
