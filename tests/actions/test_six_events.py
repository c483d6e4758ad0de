"""Six events of one story, each told twice, come to one end in each of their 720 orders (see `six_events`)."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from itertools import permutations

import pytest

from actions.six_events import End, Event, every_end, sets, six, told_in
from support.databases import Database, migrated_file
from worker.sources import SOURCES
from worker.sources.event import Ignored, Unreadable
from worker.store.engine import Tx


@pytest.fixture
async def in_memory() -> AsyncIterator[sqlite3.Connection]:
    """An empty database in memory."""
    with (
        closing(sqlite3.connect(await migrated_file())) as empty,
        closing(sqlite3.connect(":memory:", isolation_level=None)) as connection,
    ):
        empty.backup(connection)
        connection.row_factory = sqlite3.Row
        yield connection


def test_every_source_tells_a_story() -> None:
    assert {each.account.partition("_")[0] for name in sets() for each in six(name)} >= set(SOURCES)


@pytest.mark.parametrize("name", sets())
def test_a_set_has_six_events_that_say_something(name: str) -> None:
    assert [each.name[0] for each in six(name)] == list("123456")
    assert [each.name for each in six(name) if isinstance(each.reading, Ignored | Unreadable)] == []


MORE = {"stripe_changes", "thrivecart_twice"}
"""Second sets of their sources: all their orders are told in the long run alone."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long if name in MORE else ()) for name in sets()]
)
async def test_all_orders_come_to_one_end(name: str, in_memory: sqlite3.Connection) -> None:
    ends = await every_end(in_memory, six(name))

    assert len(ends) == 720
    usual = ends[0][1]
    assert usual["unsettled"] == []
    assert [(order, _differs(end, usual)) for order, end in ends if end != usual][:3] == []


@pytest.mark.parametrize("name", sets())
async def test_a_few_orders_come_to_it_on_every_database(name: str, database: Database) -> None:
    orders = [*list(permutations(six(name)))[::240], six(name)[::-1]]

    ends = [await _undone(database, order) for order in orders]

    assert [_differs(end, ends[0]) for end in ends[1:]] == [{}] * (len(orders) - 1)


class _Undone(Exception):
    """Rolls an order back, with its end."""

    def __init__(self, end: End) -> None:
        self.end = end


async def _undone(database: Database, order: Sequence[Event]) -> End:
    async def body(tx: Tx) -> None:
        raise _Undone(await told_in(tx, order))

    with pytest.raises(_Undone) as undone:
        await database.store.write(body)
    return undone.value.end


def _differs(end: End, usual: End) -> dict[str, object]:
    return {what: (end[what], usual[what]) for what in end if end[what] != usual[what]}
