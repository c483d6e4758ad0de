"""One body on a SQLite connection: its transaction, run to its end at once, and whose error it is when it fails."""

import functools
import re
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from worker.store.changes import Topic
from worker.store.engine import Row

T = TypeVar("T")

_VALUES = re.compile(r"\bVALUES\s*(\([^()]*\))")
_NAME = re.compile(r":([a-z_]+)")


class SqliteTx:
    """A transaction whose queries finish at once: its coroutines never suspend."""

    def __init__(self, connection: sqlite3.Connection, queries: Mapping[str, Callable[..., Any]]) -> None:
        self._connection = connection
        self._queries = queries
        self.woken: set[Topic] = set()

    async def one(self, query: str, **values: object) -> Row | None:
        row: Row | None = self._queries[query](self._connection, **values)
        return row

    async def all(self, query: str, **values: object) -> Sequence[Row]:
        rows: Sequence[Row] = self._queries[query](self._connection, **values)
        return rows

    async def run(self, query: str, **values: object) -> None:
        self._queries[query](self._connection, **values)

    async def many(self, query: str, rows: Sequence[Mapping[str, object]]) -> None:
        self._queries[query](self._connection, rows)

    async def insert(self, query: str, rows: Sequence[Mapping[str, object]]) -> Sequence[Row]:
        # As one statement: the interpreter's lock is given away and taken back once, and not for each of the rows.
        statement, names = _for_rows(self._queries[query], len(rows))
        found: Sequence[Row] = self._connection.execute(
            statement, [row[name] for row in rows for name in names]
        ).fetchall()
        return found

    def wake(self, topic: Topic) -> None:
        self.woken.add(topic)


@functools.cache
def _for_rows(query: Callable[..., Any], count: int) -> tuple[str, Sequence[str]]:
    """The text of an INSERT of one row as one of `count` rows, and the names of a row's values in their order."""
    insert: str = query.sql  # type: ignore[attr-defined]
    values = _VALUES.search(insert)
    assert values is not None, "an INSERT says VALUES and a row's values, none of them a call"
    row = _NAME.sub("?", values[1])
    return f"{insert[: values.start(1)]}{', '.join([row] * count)}{insert[values.end(1) :]}", _NAME.findall(values[1])


def drive(coroutine: Awaitable[T]) -> T:
    """Run a body to its end. It can't suspend, for nothing it may await does."""
    steps = coroutine.__await__()
    try:
        next(steps)
    except StopIteration as stop:
        result: T = stop.value
        return result
    steps.close()
    raise RuntimeError("a body awaits nothing but its tx")


def is_trouble(error: BaseException) -> bool:
    """Whether the database failed (a bare DatabaseError is a damaged file), and not the body or its SQL."""
    failed = type(error) in (sqlite3.OperationalError, sqlite3.DatabaseError)
    return failed and getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
