"""What the engine promises, held on every database: durable, alone, consistent, heard of, and honest when it can't."""

import asyncio

import pytest

from support.databases import Database
from worker.core.transaction import Customer
from worker.store import customers
from worker.store.changes import Topic
from worker.store.engine import Store, StoreRefused, StoreUnavailable, Tx
from worker.store.opening import open_store

PATIENCE = 5.0


async def take(tx: Tx) -> int:
    row = await tx.one("series_take", name="n", start=1)
    assert row is not None
    return int(row["number"])


async def taken(store: Store) -> int:
    """How many numbers were taken and kept."""
    return (await store.write(take)) - 1


async def test_what_was_written_is_seen_by_others_and_after_reopening(database: Database) -> None:
    other = await database.another()
    assert await database.store.write(take) == 1
    assert await other.write(take) == 2
    await database.store.close()
    await other.close()
    assert await (await database.another()).write(take) == 3


async def test_a_body_that_raises_is_rolled_back_and_its_caller_alone_hears_of_it(store: Store) -> None:
    async def body(number: int) -> int:
        async def write(tx: Tx) -> int:
            taken = await take(tx)
            tx.wake(Topic.OUTBOX)
            if number % 3 == 0:
                raise LookupError(number)
            return taken

        return await store.write(write)

    ends = await asyncio.gather(*(body(number) for number in range(200)), return_exceptions=True)
    failed = [end for end in ends if isinstance(end, BaseException)]
    numbers = [end for end in ends if isinstance(end, int)]
    assert [str(error) for error in failed] == [str(number) for number in range(0, 200, 3)]
    assert all(type(error) is LookupError for error in failed)
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert await taken(store) == len(numbers)


async def test_a_failed_statement_ends_its_body_and_no_other(store: Store) -> None:
    async def twice(tx: Tx) -> None:
        await take(tx)
        for _ in range(2):
            await customers.make(tx, "c1", Customer(), 0)

    ends = await asyncio.gather(*(store.write(body) for body in (take, twice, take)), return_exceptions=True)
    assert [ends[0], ends[2]] in ([1, 2], [2, 1])
    assert isinstance(ends[1], Exception)
    assert not isinstance(ends[1], StoreUnavailable)
    assert await taken(store) == 2


async def test_a_value_that_no_column_takes_is_the_callers_fault(store: Store) -> None:
    async def too_large(tx: Tx) -> None:
        await customers.make(tx, "c1", Customer(), 2**70)

    with pytest.raises(Exception, match=r"(?i)too large|out of .*range") as raised:
        await store.write(too_large)
    assert raised.type is not StoreUnavailable
    assert await store.write(take) == 1


async def test_a_read_can_not_write(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)read.?only"):
        await store.read(take)
    assert await store.write(take) == 1


async def test_a_read_that_raises_leaves_the_reader_in_order(store: Store) -> None:
    async def fails(tx: Tx) -> None:
        await tx.one("customer_by_id", id="nobody")
        raise LookupError("mine")

    async def looks(tx: Tx) -> bool:
        return await tx.one("customer_by_id", id="nobody") is None

    for _ in range(20):
        with pytest.raises(LookupError, match="mine"):
            await store.read(fails)
    assert await asyncio.gather(*(store.read(looks) for _ in range(20))) == [True] * 20


async def test_fifty_increments_at_once_lose_nothing(database: Database) -> None:
    stores = [database.store, await database.another()]
    numbers = await asyncio.gather(*(stores[number % 2].write(take) for number in range(50)))
    assert sorted(numbers) == list(range(1, 51))


async def test_a_write_returns_only_when_a_reader_sees_it(store: Store) -> None:
    async def save(number: int) -> str | None:
        await store.write(lambda tx: tx.run("relay_save", name=f"r{number}", state="{}", now=0))
        row = await store.read(lambda tx: tx.one("relay_state", name=f"r{number}"))
        return None if row is None else str(row["state"])

    assert await asyncio.gather(*(save(number) for number in range(30))) == ["{}"] * 30


async def test_closing_finishes_what_waits_and_refuses_what_comes_later(database: Database) -> None:
    store = database.store
    writes = [asyncio.create_task(store.write(take)) for _ in range(100)]
    await asyncio.sleep(0)  # all are in hand
    await store.close()
    assert sorted(await asyncio.gather(*writes)) == list(range(1, 101))
    for use in (store.read, store.write):
        with pytest.raises(StoreUnavailable):
            await use(take)
    await store.close()
    assert await (await database.another()).write(take) == 101


async def test_a_cancelled_writer_leaves_the_others_alone(store: Store) -> None:
    writes = [asyncio.create_task(store.write(take)) for _ in range(60)]
    await asyncio.sleep(0)
    for write in writes[::3]:
        write.cancel()
    ends = await asyncio.gather(*writes, return_exceptions=True)
    told = [end for end in ends if isinstance(end, int)]
    assert len(told) >= 40
    assert len(set(told)) == len(told)
    assert len(told) <= await taken(store) <= 60  # a cancelled body is kept whole or not at all


async def test_who_waits_in_the_same_process_hears_of_a_commit(store: Store) -> None:
    async def wakes(tx: Tx) -> None:
        await take(tx)
        tx.wake(Topic.EVENTS)

    seen = store.changes.count(Topic.EVENTS)
    waiter = asyncio.create_task(store.changes.wait(Topic.EVENTS, seen, PATIENCE))
    await asyncio.sleep(0)
    await store.write(wakes)
    await asyncio.wait_for(waiter, 0.2)
    assert store.changes.count(Topic.EVENTS) == seen + 1
    assert store.changes.count(Topic.OUTBOX) == 0


async def test_a_body_that_failed_wakes_nobody(store: Store) -> None:
    async def fails(tx: Tx) -> None:
        tx.wake(Topic.EVENTS)
        raise LookupError

    with pytest.raises(LookupError):
        await store.write(fails)
    assert store.changes.count(Topic.EVENTS) == 0


async def test_a_commit_between_looking_and_waiting_is_not_missed(store: Store) -> None:
    seen = store.changes.count(Topic.OUTBOX)
    await store.write(_wake_outbox)
    async with asyncio.timeout(0.2):
        await store.changes.wait(Topic.OUTBOX, seen, PATIENCE)


async def test_waiting_ends_by_itself_and_leaves_nothing_behind(store: Store) -> None:
    changes = store.changes
    async with asyncio.timeout(PATIENCE):
        await changes.wait(Topic.OUTBOX, 0, 0.01)
        await changes.wait(Topic.OUTBOX, 0, 0)
    cancelled = asyncio.create_task(changes.wait(Topic.OUTBOX, 0, PATIENCE))
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    await store.write(_wake_outbox)
    assert changes.count(Topic.OUTBOX) == 1


async def test_who_waits_in_another_process_hears_of_a_commit(database: Database) -> None:
    other = await database.another()
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(other.watch())
        await _until_heard(database.store, other)
        for _ in range(3):  # and again, each time
            seen = other.changes.count(Topic.OUTBOX)
            await database.store.write(_wake_outbox)
            await asyncio.wait_for(other.changes.wait(Topic.OUTBOX, seen, 60), PATIENCE)
        watching.cancel()


async def _until_heard(store: Store, other: Store) -> None:
    """Until the other one listens: a watch has no moment of its own at which it began."""
    async with asyncio.timeout(PATIENCE):
        while other.changes.count(Topic.EVENTS) == 0:
            await store.write(lambda tx: _wake(tx, Topic.EVENTS))
            await other.changes.wait(Topic.EVENTS, 0, 0.1)


async def _wake_outbox(tx: Tx) -> None:
    await _wake(tx, Topic.OUTBOX)


async def _wake(tx: Tx, topic: Topic) -> None:
    await take(tx)
    tx.wake(topic)


@pytest.mark.parametrize("url", ["", "mysql://root@localhost/x", "sqlite://relative.db"])
async def test_a_database_of_another_make_is_refused(url: str) -> None:
    with pytest.raises(StoreRefused, match="sqlite:/// or postgresql://"):
        await open_store(url, lambda: 0)
