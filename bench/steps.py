"""The steps of a receipt, each measured in a process of its own: `python -m bench.steps STEP COUNT [FILE]`.

The shop stands in the environment; the measurement goes to stdout as JSON, the journal to stderr.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

from bench.letters import save
from bench.loop import run
from bench.measured import Measured, Stopwatch
from bench.sales import sales
from bench.shop import Shop, opened
from worker.actions.accept_transaction import Telling, accept_transaction
from worker.core import acceptance
from worker.core.fresh import Fresh
from worker.core.transaction import Transaction
from worker.exit.letters import gather, write
from worker.outbound import run_outbound
from worker.store import outbox, outbox_counts, transactions
from worker.store.changes import Topic
from worker.transactions import run_transactions

LOOK_SECONDS = 0.01
AT_ONCE = 500
Face = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


async def accept(shop: Shop, count: int) -> Measured:
    """Sales → transactions kept, many callers at once."""
    told = [acceptance.read(sale) for sale in sales(count)]
    watch = Stopwatch()
    for at in range(0, count, AT_ONCE):
        await asyncio.gather(*(_accept(shop, each) for each in told[at : at + AT_ONCE]))
    return watch.stop(count)


async def issue(shop: Shop, count: int) -> Measured:
    """Kept transactions → documents with their mails in the outbox."""
    return await _run_until(shop, lambda: _issued(shop), count, _transactions(shop))


async def deliver(shop: Shop, count: int) -> Measured:
    """Mails in the outbox → taken by the relay and settled."""
    return await _run_until(shop, lambda: _sent(shop, count), count, _outbound(shop))


async def issue_and_deliver(shop: Shop, count: int) -> Measured:
    """Kept transactions → mails taken by the relay and settled, both faces at work."""
    return await _run_until(shop, lambda: _sent(shop, count), count, _transactions(shop), _outbound(shop))


async def compose(shop: Shop, count: int) -> Measured:
    """Outbox rows → bytes ready to go, which are saved to FILE where one is named."""
    writer, now = shop.writer(), shop.clock.now()
    items = await shop.store.write(lambda tx: outbox.claim(tx, "bench", now, count))
    material = await shop.store.read(lambda tx: gather(tx, items, writer.locale))
    write(writer, items[0], material, now)  # templates are compiled on first use
    watch = Stopwatch()
    letters = [write(writer, item, material, now) for item in items]
    measured = watch.stop(len(letters))
    if len(sys.argv) > 3:
        save(letters, Path(sys.argv[3]))
    return measured


STEPS = {step.__name__: step for step in (accept, issue, deliver, issue_and_deliver, compose)}


async def _accept(shop: Shop, told: object) -> None:
    assert isinstance(told, Transaction), told
    fresh = Fresh(shop.clock.now(), shop.clock.new_id, shop.clock.secret_id)
    await shop.store.write(lambda tx: accept_transaction(tx, Telling("api", told), fresh))


async def _run_until(shop: Shop, done: Callable[[], Awaitable[bool]], count: int, *faces: Face) -> Measured:
    """Runs faces from here to the moment that `done` says so, then stops them as `app` does."""
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        watch = Stopwatch()
        for face in faces:
            group.create_task(face(stopping))
        while not await done():
            await asyncio.sleep(LOOK_SECONDS)
        measured = watch.stop(count)
        stopping.set()
        shop.store.changes.tell(Topic)
    return measured


def _transactions(shop: Shop) -> Face:
    queue = shop.queue()
    return lambda stopping: run_transactions(lambda: queue, stopping)


def _outbound(shop: Shop) -> Face:
    exit_ = shop.exit()
    return lambda stopping: run_outbound(lambda: exit_, stopping)


async def _issued(shop: Shop) -> bool:
    return await shop.store.read(transactions.next_due) is None


async def _sent(shop: Shop, count: int) -> bool:
    """Counted in memory first: asking the database a hundred times a second would be part of what is measured."""
    told = shop.metrics.registry.get_sample_value("letterkey_mails_total", {"kind": "receipt", "outcome": "sent"})
    if (told or 0) < count:
        return False
    return (await shop.store.read(outbox_counts.counts))["sent"] >= count


def main() -> None:
    step, count = STEPS[sys.argv[1]], int(sys.argv[2])

    async def measure() -> Measured:
        async with opened(os.environ) as shop:
            return await step(shop, count)

    print(run(measure()).as_json())


if __name__ == "__main__":
    main()
