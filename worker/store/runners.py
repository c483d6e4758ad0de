"""Where a SQLite connection's work is done (in a thread of its own, or on the loop itself), and how one is opened."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import aiosqlite

from worker.store.engine import StoreRefused

T = TypeVar("T")

BUSY_SECONDS = 10


class Runner(Protocol):
    """Where a connection's work is done: in a thread of its own, or on the loop itself."""

    connection: sqlite3.Connection

    async def call(self, function: Callable[[], T]) -> T:
        """Run `function`, which may use the connection."""

    async def close(self) -> None:
        """Close the connection."""


class ThreadRunner:
    """A connection in aiosqlite's thread, so that no disk wait stops the loop."""

    def __init__(self, wrapped: aiosqlite.Connection) -> None:
        self._wrapped = wrapped
        self.connection: sqlite3.Connection = wrapped._conn

    async def call(self, function: Callable[[], T]) -> T:
        # aiosqlite's public calls cost a hop each; its queue runs any function in one. The lock pins the version.
        result: T = await self._wrapped._execute(function)  # type: ignore[no-untyped-call]
        return result

    async def close(self) -> None:
        await self._wrapped.close()


class InlineRunner:
    """A connection on the loop: no threads, so a simulation is repeatable."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    async def call(self, function: Callable[[], T]) -> T:
        return function()

    async def close(self) -> None:
        self.connection.close()


async def open_runner(file: Path, clock: Callable[[], int], *, inline: bool, writes: bool) -> Runner:
    """Open a connection, ready for use. Raises sqlite3.Error or StoreRefused."""
    options: dict[str, Any] = {"isolation_level": None, "timeout": BUSY_SECONDS, "cached_statements": 256}
    runner: Runner
    if inline:
        runner = InlineRunner(sqlite3.connect(file, **options))
    else:
        sqlite3.connect(file).close()  # raises here what it would raise in a thread that then outlives the loop
        runner = ThreadRunner(await aiosqlite.connect(file, **options))
    try:
        await runner.call(lambda: _prepare(runner.connection, clock, writes=writes))
    except BaseException:
        await runner.close()
        raise
    return runner


def _prepare(connection: sqlite3.Connection, clock: Callable[[], int], *, writes: bool) -> None:
    connection.row_factory = sqlite3.Row
    connection.create_function("now_us", 0, clock)
    if writes:  # heeded while the file is empty: what is forgotten can make the file smaller later
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    if not writes:
        connection.execute("PRAGMA query_only=ON")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Where SQLite can't, it raises nothing but stays in a mode in which readers and the writer shut each other out."""
    mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":
        raise StoreRefused(
            f"SQLite's write-ahead log can't be used there (its journal is {mode!r}): network file systems and memory "
            "have none; put state_dir on a local disk, or use PostgreSQL"
        )
