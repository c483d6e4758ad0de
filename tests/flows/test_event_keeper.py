"""Events that come in together: kept by few statements, each for itself where one of them is odd."""

import asyncio

import pytest

from support.databases import START, Database
from worker.store import events
from worker.store.engine import Body, Store, StoreUnavailable
from worker.store.events import NewEvent
from worker.web.event_keeper import EventKeeper

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
MANY = 100
FEW = 10


def event(number: int, event_id: str = "", name: str = "invoice.paid") -> NewEvent:
    return NewEvent(f"e{number:03}", "stripe", event_id or f"evt_{number}", name, START, {}, b"{}")


class Counting:
    """A store that counts what is written, and refuses it where it is full."""

    def __init__(self, store: Store, *, full: bool = False) -> None:
        self.store = store
        self.full = full
        self.writes = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)

    async def write(self, body: Body[object], *, patient: bool = False) -> object:
        self.writes += 1
        if self.full:
            raise StoreUnavailable("database or disk is full")
        return await self.store.write(body, patient=patient)


async def kept_ids(store: Store) -> list[str]:
    return [each.id for each in await store.read(lambda tx: events.waiting(tx, 1000))]


@BOTH
async def test_those_that_come_together_are_kept_by_few_writes(database: Database) -> None:
    keeper, store = EventKeeper(), Counting(database.store)
    kept = await asyncio.gather(*(keeper.keep(store, event(number)) for number in range(MANY)))  # type: ignore[arg-type]
    assert kept == [True] * MANY
    assert await kept_ids(database.store) == [f"e{number:03}" for number in range(MANY)]
    assert store.writes <= FEW


@BOTH
async def test_one_told_twice_at_once_is_kept_once(database: Database) -> None:
    keeper, others = EventKeeper(), EventKeeper()
    another = await database.another()
    twice = [(keeper, database.store), (others, another)] * 40
    kept = await asyncio.gather(
        *(each.keep(store, event(number, f"evt_{number % 8}")) for number, (each, store) in enumerate(twice))
    )
    assert sum(kept) == 8
    assert len(await kept_ids(database.store)) == 8


@BOTH
async def test_one_that_no_database_takes_fails_alone(database: Database) -> None:
    keeper = EventKeeper()
    told = [event(number, name="half a \ud800" if number == 5 else "paid") for number in range(12)]
    ends = await asyncio.gather(*(keeper.keep(database.store, each) for each in told), return_exceptions=True)
    assert [number for number, end in enumerate(ends) if end is not True] == [5]
    assert "surrogates not allowed" in str(ends[5])
    assert len(await kept_ids(database.store)) == 11


async def test_all_hear_that_the_database_takes_nothing_now(sqlite_database: Database) -> None:
    keeper, store = EventKeeper(), Counting(sqlite_database.store, full=True)
    told = [keeper.keep(store, event(number)) for number in range(20)]  # type: ignore[arg-type]
    ends = await asyncio.gather(*told, return_exceptions=True)
    assert {type(end) for end in ends} == {StoreUnavailable}
    assert store.writes <= FEW
    store.full = False
    assert await keeper.keep(store, event(20))  # type: ignore[arg-type]


async def test_who_goes_away_leaves_the_others_theirs(sqlite_database: Database) -> None:
    keeper = EventKeeper()
    keeping = [asyncio.create_task(keeper.keep(sqlite_database.store, event(number))) for number in range(9)]
    await asyncio.sleep(0)
    keeping[4].cancel()
    ends = await asyncio.gather(*keeping, return_exceptions=True)
    assert [end for end in ends if end is not True] == [ends[4]]
    assert isinstance(ends[4], asyncio.CancelledError)
    assert len(await kept_ids(sqlite_database.store)) == 9
