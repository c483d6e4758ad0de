"""Understanding kept events: some share their COMMITs and come to the same end, and one that kills takes none along."""

import asyncio
import random
import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest

from actions.six_events import NOW, End, Event, end_in, sets, six, told_in
from support.databases import START
from support.desk import POLICY, Desk
from worker.actions.understand_event import MOST_TRIES, keep_events
from worker.clock import Clock, ordered_id
from worker.core.instant import HOUR, SECOND
from worker.intake.events import KeptEvents, understand_events
from worker.intake.together import TOGETHER
from worker.metrics import new_metrics
from worker.sources import SOURCES
from worker.sources.event import RawEvent, Reading
from worker.store import events
from worker.store.engine import Store, Tx
from worker.store.events import TRY_SECONDS, NewEvent
from worker.store.sqlite import SqliteStore

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
DEADLY = b'{"deadly": true}'


class Killed(BaseException):
    """Ends the process that reads an event."""


def kept_in(desk: Desk, store: Store | None = None) -> KeptEvents:
    """What a process understands events with."""
    clock = Clock(desk.clock.now, lambda: 0.0, desk.new_id, desk.new_id, asyncio.sleep)
    accounts = {each.account for name in sets() for each in six(name)}
    readers = {account: SOURCES[account.partition("_")[0]] for account in accounts}
    return KeptEvents(store or desk.store, clock, POLICY, new_metrics(), readers, {}, lambda _: None)


async def keep(desk: Desk, *told: tuple[str, str, bytes]) -> None:
    """Events (account, name, body) come in, in this order."""
    now = desk.clock.now()
    new = [
        NewEvent(ordered_id(now, number), account, f"{name}:{number}", name, START, {}, body)
        for number, (account, name, body) in enumerate(told)
    ]
    await desk.store.write(lambda tx: keep_events(tx, new))


@BOTH
@pytest.mark.parametrize("name", sets())
async def test_two_processes_that_understand_all_at_once_come_to_the_end_of_one_after_another(
    name: str, desk: Desk
) -> None:
    await desk.database.pass_seconds((NOW - START) / SECOND)
    usual = await _end_of(desk, six(name))
    told = [(each.account, each.name, each.body) for each in six(name) * 2]
    random.Random(name).shuffle(told)
    await keep(desk, *told)

    stores = (desk.store, await desk.database.another())
    await asyncio.gather(*(understand_events(kept_in(desk, store)) for store in stores))
    for _ in range(3):
        await desk.later(2 * HOUR / SECOND)

    assert await desk.store.read(lambda tx: events.waiting(tx, 100)) == []
    assert await desk.store.read(end_in) == usual


class _Undone(Exception):
    """Rolls back, with its end."""

    def __init__(self, end: End) -> None:
        self.end = end


async def _end_of(desk: Desk, order: tuple[Event, ...]) -> End:
    async def body(tx: Tx) -> None:
        raise _Undone(await told_in(tx, order))

    with pytest.raises(_Undone) as undone:
        await desk.store.write(body)
    return undone.value.end


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_events_that_wait_together_share_their_commits(desk: Desk) -> None:
    count = 5 * TOGETHER
    await keep(desk, *(("stripe", f"{number}", b"{}") for number in range(count)))
    commits: list[str] = []
    store = desk.store
    assert isinstance(store, SqliteStore)
    await store.on_writer(_noting(commits))

    await understand_events(kept_in(desk))

    assert await desk.store.read(lambda tx: events.waiting(tx, 100)) == []
    assert len(commits) < count / 2  # two for each group of them, and a few more where a group takes its time


def _noting(commits: list[str]) -> Callable[[sqlite3.Connection], None]:
    def note(statement: str) -> None:
        if statement == "COMMIT":
            commits.append(statement)

    return lambda connection: connection.set_trace_callback(note)


@BOTH
async def test_an_event_that_kills_the_process_takes_no_others_along(desk: Desk) -> None:
    bodies = [b"{}"] * (2 * TOGETHER)
    bodies[3] = DEADLY
    await keep(desk, *(("stripe", f"{number}", body) for number, body in enumerate(bodies)))
    kept = kept_in(desk)
    readers = {**kept.sources, "stripe": replace(SOURCES["stripe"], read=_deadly)}

    for _ in range(MOST_TRIES):  # each time another process is killed, and a new one begins once its try is over
        with pytest.raises(Killed):
            await understand_events(replace(kept, sources=readers))
        await desk.database.pass_seconds(TRY_SECONDS + 1)
    await understand_events(replace(kept, sources=readers))

    found = {each.name: each for each in await desk.store.read(lambda tx: events.newest(tx, None, 100))}
    reasons = {name: str(each.reason) for name, each in found.items()}
    assert len(found) == len(bodies)
    assert f"failed {MOST_TRIES} times" in reasons.pop("3")
    assert not [reason for reason in reasons.values() if "times" in reason or reason == "None"]


def _deadly(raw: RawEvent) -> Reading:
    if raw.body == DEADLY:
        raise Killed
    return SOURCES["stripe"].read(raw)
