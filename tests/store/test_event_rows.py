"""Kept events: each once, byte for byte, tried by one process at a time, settled once."""

import asyncio

import pytest

from support.databases import START, Database
from worker.store import events
from worker.store.engine import Store
from worker.store.events import TRY_SECONDS, EventEnd, EventState, NewEvent

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)

BODY = bytes(range(256)) * 3


def event(number: int, name: str = "1", source: str = "stripe") -> NewEvent:
    return NewEvent(f"e{number:03}", source, name, "invoice.paid", START, {"stripe-signature": "t=1,v1=ü"}, BODY)


async def keep(store: Store, new: NewEvent) -> bool:
    return bool(await store.write(lambda tx: events.keep(tx, [new])))


async def settle(store: Store, event_id: str, state: EventState, reason: str | None = None) -> bool:
    return await store.write(lambda tx: events.settle(tx, event_id, EventEnd(state, reason, "lines[0]"), START))


async def waiting(store: Store) -> list[str]:
    return [each.id for each in await store.read(lambda tx: events.waiting(tx, 100))]


async def test_an_event_told_again_and_again_is_kept_once(database: Database) -> None:
    stores = [database.store, await database.another()]
    kept = await asyncio.gather(*(keep(stores[number % 2], event(number)) for number in range(40)))
    assert sum(kept) == 1
    assert len(await waiting(database.store)) == 1
    assert await keep(database.store, event(50, source="thrivecart"))


async def test_an_event_comes_back_as_it_went_in(store: Store) -> None:
    await keep(store, event(1))
    found = await store.read(lambda tx: events.by_id(tx, "e001"))
    assert found is not None
    assert (found.body, found.headers, found.name) == (BODY, {"stripe-signature": "t=1,v1=ü"}, "invoice.paid")
    assert (found.state, found.attempts, found.reason) == (EventState.WAITING, 0, None)
    assert await store.read(lambda tx: events.by_id(tx, "nothing")) is None


async def test_one_process_has_an_event_in_hand_until_its_time_is_over(database: Database, store: Store) -> None:
    await keep(store, event(1))
    other = await database.another()
    tries = await asyncio.gather(
        *(each.write(lambda tx: events.begin(tx, "e001")) for each in (store, other) for _ in range(5))
    )
    assert sorted(tries, key=str) == [1] + [None] * 9
    assert await waiting(store) == []
    await database.pass_seconds(TRY_SECONDS + 1)
    assert await waiting(store) == ["e001"]
    assert await store.write(lambda tx: events.begin(tx, "e001")) == 2
    assert await store.write(lambda tx: events.begin(tx, "nothing")) is None


async def test_an_event_is_settled_once(store: Store) -> None:
    await keep(store, event(1))
    ends = [EventState.UNDERSTOOD, EventState.QUARANTINED, EventState.IGNORED] * 5
    assert sum(await asyncio.gather(*(settle(store, "e001", end) for end in ends))) == 1
    assert await waiting(store) == []


async def test_what_was_not_understood_can_be_read_again(store: Store) -> None:
    for number, end in enumerate((EventState.QUARANTINED, EventState.IGNORED, EventState.UNDERSTOOD)):
        await keep(store, event(number, str(number)))
        await store.write(lambda tx, n=number: events.begin(tx, f"e{n:03}"))  # type: ignore[misc]
        await settle(store, f"e{number:03}", end, "unknown_currency")
    assert await store.read(events.counts) == {"waiting": 0, "quarantined": 1}
    again = [
        await store.write(lambda tx, n=number: events.requeue(tx, f"e{n:03}"))  # type: ignore[misc]
        for number in range(4)
    ]
    assert again == [True, True, False, False]
    assert await waiting(store) == ["e000", "e001"]
    found = await store.read(lambda tx: events.by_id(tx, "e000"))
    assert found is not None
    assert (found.reason, found.field, found.attempts) == (None, None, 0)
    assert await store.read(events.counts) == {"waiting": 2, "quarantined": 0}


async def test_lists_are_newest_first_and_of_one_state_or_all(store: Store) -> None:
    for number in range(4):
        await keep(store, event(number, str(number)))
    await settle(store, "e001", EventState.QUARANTINED, "unknown_currency")
    every = await store.read(lambda tx: events.newest(tx, None, 3))
    assert [each.id for each in every] == ["e003", "e002", "e001"]
    (one,) = await store.read(lambda tx: events.newest(tx, EventState.QUARANTINED, 10))
    assert (one.id, one.reason, one.field, one.state) == (
        "e001",
        "unknown_currency",
        "lines[0]",
        EventState.QUARANTINED,
    )
