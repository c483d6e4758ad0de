"""Keeping events: those that come together are kept by one statement.

Rules: an event is durable once `keep` returns; what is wrong with one of them is that one's alone.
"""

import asyncio
from dataclasses import dataclass, field

from worker.actions.understand_event import keep_events
from worker.store.engine import Store, StoreUnavailable
from worker.store.events import NewEvent
from worker.store.gathering import gather

MOST = 32
"""Events a statement."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    event: NewEvent
    kept: asyncio.Future[bool]


@dataclass(slots=True)
class EventKeeper:
    """The events that wait to be kept."""

    _waiting: list[_Waiting] = field(default_factory=list)
    _keeping: asyncio.Task[None] | None = None
    _expected: int = 1

    async def keep(self, store: Store, event: NewEvent) -> bool:
        """Keep an event; False where it is here already. Raises StoreUnavailable where it can't be kept now."""
        waiting = _Waiting(event, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep_all(store))
        return await waiting.kept

    async def _keep_all(self, store: Store) -> None:
        while self._waiting:
            await gather(self._waiting, self._expected, MOST)
            group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            await _keep(store, group)
            self._expected = len(group) + len(self._waiting)


async def _keep(store: Store, group: list[_Waiting]) -> None:
    try:
        kept = await store.write(lambda tx: keep_events(tx, [each.event for each in group]))
    except Exception as error:
        if len(group) == 1 or isinstance(error, StoreUnavailable):
            _fail(group, error)
        else:
            for each in group:
                await _keep(store, [each])
        return
    for each in group:
        if not each.kept.done():  # whoever waited was cancelled; the event is kept
            each.kept.set_result(each.event.id in kept)


def _fail(group: list[_Waiting], error: Exception) -> None:
    for each in group:
        if not each.kept.done():
            each.kept.set_exception(error)
