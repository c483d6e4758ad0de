"""Where a SQLite connection's work is done: in a thread of its own, or on the loop itself."""

import sqlite3
from collections.abc import Callable
from typing import Protocol, TypeVar

import aiosqlite

T = TypeVar("T")


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
