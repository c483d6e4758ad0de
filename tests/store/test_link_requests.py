"""Requests for links: what counts against an address is found without a look at what doesn't."""

import sqlite3

import pytest

from support.databases import START, migrated_file
from worker.store.named_queries import load

COUNTING = {
    "link_request_times": {"own": 0},
    "link_request_times_merchant": {},
    "link_request_tries": {},
}


@pytest.mark.parametrize("query", COUNTING)
async def test_a_flood_in_somebody_s_name_makes_the_next_request_no_dearer(query: str) -> None:
    connection = sqlite3.connect(":memory:")
    with sqlite3.connect(await migrated_file()) as empty:
        empty.backup(connection)
    empty.close()
    _steps(connection, query)  # reads the schema too
    steps = [_steps(connection, query)]
    connection.executemany(
        "INSERT INTO link_requests (id, way, identity, granted, asked_at) VALUES (?, 'mail', 'ada@example.com', 0, ?)",
        [(f"r{number}", START + number) for number in range(5_000)],
    )
    steps.append(_steps(connection, query))
    connection.close()
    assert steps[1] == steps[0]


def _steps(connection: sqlite3.Connection, query: str) -> int:
    """How many hundreds of SQLite's instructions it takes."""
    taken: list[None] = []
    connection.set_progress_handler(lambda: taken.append(None), 100)
    load("sqlite")[query](connection, identity="ada@example.com", since=0, **COUNTING[query])
    connection.set_progress_handler(None, 0)
    return len(taken)
