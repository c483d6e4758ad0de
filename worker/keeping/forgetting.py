"""Forgetting: once an hour one process removes what need not be kept, a little at a time.

Rules: a step is short, and a pause follows it, so that nobody waits; a round that is cut off goes on with the next.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from worker import journal
from worker.clock import Clock
from worker.core.instant import HOUR, SECOND
from worker.store.engine import Store, StoreUnavailable
from worker.store.forgetting import Forgettable, Retention, claim_round, forget_allowances, forget_some

EVERY = HOUR
STEP = 100
"""Rows at once: some milliseconds."""
PAUSE_SECONDS = 0.1


async def run_forgetting(
    store: Store, clock: Clock, retention: Callable[[], Retention], stopping: asyncio.Event
) -> None:
    """Forget until `stopping` is set. `retention` is asked anew each round: settings may change."""
    while not stopping.is_set():
        try:
            if await store.write(lambda tx: claim_round(tx, clock.now(), EVERY)):
                await forget(store, clock, retention(), stopping)
        except StoreUnavailable as error:
            journal.unexpected("forgetting", error)
        await _pause(stopping, EVERY / SECOND)


async def forget(store: Store, clock: Clock, retention: Retention, stopping: asyncio.Event) -> Counter[str]:
    """One round; returns how much was forgotten of what."""
    forgotten: Counter[str] = Counter()
    await store.write(lambda tx: forget_allowances(tx, clock.now()))
    for what in Forgettable:
        done = STEP
        while done == STEP and not stopping.is_set():
            step = partial(forget_some, what=what, retention=retention, now=clock.now(), most=STEP)
            done = await store.write(step)
            forgotten[what.value] += done
            await _pause(stopping, PAUSE_SECONDS if done else 0)
    while not stopping.is_set() and await store.shrink():
        await _pause(stopping, PAUSE_SECONDS)
    if forgotten.total():
        journal.forgotten({what: count for what, count in forgotten.items() if count})
    return forgotten


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)
