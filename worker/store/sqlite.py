"""SQLite: one writer connection with group commit, several readers.

Rules: WAL, `synchronous=FULL` (a commit survives power loss), `BEGIN IMMEDIATE` (a deferred read that turns into a
write fails at once, whatever the timeout). Writes that wait together share one COMMIT, each in a SAVEPOINT of its own.
A body runs to its end inside the connection's thread, so a whole group costs one hop between threads.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from worker.store.changes import Changes, Topic
from worker.store.engine import Body, StoreRefused, StoreUnavailable
from worker.store.gathering import gather
from worker.store.named_queries import load
from worker.store.runners import Runner, open_runner
from worker.store.sqlite_groups import GROUP_BODIES, Pending, Waiting, fail, run_group, settle
from worker.store.sqlite_tx import SqliteTx, drive, is_trouble

T = TypeVar("T")

READERS = 3
WATCH_SECONDS = 0.25
"""How often other processes' commits are looked for; asking costs about a microsecond."""
INCREMENTAL = 2
SHRINK_PAGES = 256
"""1 MiB a step: some milliseconds of the writer's time."""
SPARE_PART = 10
"""A tenth of the file may be unused: it is needed again."""
OLDEST_SQLITE = (3, 35)
"""The first with RETURNING."""


class SqliteStore:
    """An open SQLite database."""

    def __init__(self, writer: Runner, readers: Sequence[Runner]) -> None:
        self.changes = Changes()
        self.failed_at: float | None = None
        self._writer = writer
        self._readers = len(readers)
        self._idle: asyncio.Queue[Runner] = asyncio.Queue()
        for reader in readers:
            self._idle.put_nowait(reader)
        self._queries = load("sqlite")
        self._waiting = Waiting()
        self._committing: asyncio.Task[None] | None = None
        self._expected = 1
        self._writer_free = asyncio.Lock()
        self._closed = False

    async def read(self, body: Body[T]) -> T:
        """Run a body that only reads, on one consistent view."""
        self._must_be_open()
        reader = await self._idle.get()
        try:
            return await reader.call(lambda: self._view(reader.connection, body))
        except sqlite3.DatabaseError as error:
            if is_trouble(error):
                raise StoreUnavailable(str(error)) from error
            raise
        finally:
            self._idle.put_nowait(reader)

    async def write(self, body: Body[T], *, patient: bool = False) -> T:
        """Run a body; return once its group's COMMIT is durable."""
        self._must_be_open()
        pending = Pending(body, asyncio.get_running_loop().create_future(), patient)
        self._waiting.add(pending)
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit_groups())
        try:
            result: T = await pending.done
        except StoreUnavailable:
            self.failed_at = time.monotonic()
            raise
        return result

    async def watch(self) -> None:
        """Tell of other connections' commits: `data_version` changes only by those.

        While the file can't be read the version is None: afterwards everything may have changed.
        """
        seen = await self._data_version()
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            version = await self._data_version()
            if version != seen:
                seen = version
                self.changes.tell(Topic)

    async def shrink(self) -> bool:
        """Give back a few pages, where so many are unused that new rows won't need them soon."""
        self._must_be_open()
        try:
            return await self.on_writer(_shrink)
        except sqlite3.DatabaseError as error:
            if is_trouble(error):
                raise StoreUnavailable(str(error)) from error
            raise

    async def close(self) -> None:
        """Finish waiting reads and writes, then close every connection. Later ones get StoreUnavailable."""
        if self._closed:
            return
        self._closed = True
        if self._committing is not None:
            await self._committing
        for _ in range(self._readers):
            await (await self._idle.get()).close()
        await self._writer.close()

    async def on_writer(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function on the writer connection, outside any transaction (migrations, backups)."""
        async with self._writer_free:
            return await self._writer.call(lambda: function(self._writer.connection))

    def _must_be_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")

    async def damage(self) -> str | None:
        """What SQLite's own check finds wrong with the file, None if nothing; on a reader, so that writes go on."""
        self._must_be_open()
        reader = await self._idle.get()
        try:
            rows = await reader.call(lambda: reader.connection.execute("PRAGMA quick_check(1)").fetchall())
        except sqlite3.DatabaseError as error:
            return str(error)
        finally:
            self._idle.put_nowait(reader)
        return None if rows[0][0] == "ok" else str(rows[0][0])

    async def _data_version(self) -> int | None:
        try:
            return await self.on_writer(lambda c: int(c.execute("PRAGMA data_version").fetchone()[0]))
        except sqlite3.DatabaseError as error:
            if is_trouble(error):
                return None
            raise

    def _view(self, connection: sqlite3.Connection, body: Body[T]) -> T:
        connection.execute("BEGIN")
        try:
            return drive(body(SqliteTx(connection, self._queries)))
        finally:
            connection.execute("ROLLBACK")

    async def _commit_groups(self) -> None:
        while self._waiting:
            await gather(self._waiting, self._expected, GROUP_BODIES)
            group = self._waiting.take()
            try:
                await self._commit_group(group)
            except Exception as error:
                fail(group, StoreUnavailable(str(error)))

    async def _commit_group(self, group: list[Pending]) -> None:
        async with self._writer_free:
            closed = await self._writer.call(lambda: run_group(self._writer.connection, self._queries, group))
        self._waiting.put_back(closed.left)
        self._expected = len(closed.ran) + len(self._waiting)
        self.changes.tell(closed.woken)
        for pending in closed.ran:
            settle(pending)


def _shrink(connection: sqlite3.Connection) -> bool:
    """Only files that were made for it can shrink: elsewhere nothing happens."""
    asked = ("freelist_count", "page_count", "auto_vacuum")
    unused, pages, mode = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in asked)
    if mode != INCREMENTAL or unused < max(pages // SPARE_PART, SHRINK_PAGES):
        return False
    connection.execute(f"PRAGMA incremental_vacuum({SHRINK_PAGES})").fetchall()
    return True


async def open_sqlite(file: Path, clock: Callable[[], int], *, inline: bool = False) -> SqliteStore:
    """Open (or make) a database file. `clock` gives leases their time; `inline` runs all on the loop, for simulation.

    Raises StoreRefused where the file can't be used.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreRefused(f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed")
    runners: list[Runner] = []
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Customers' data: for the owner alone also in a folder that others may look into. SQLite's other files follow.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        for writes in (True, *(False,) * READERS):
            runners.append(await open_runner(file, clock, inline=inline, writes=writes))
    except (OSError, sqlite3.Error, StoreRefused) as error:
        for runner in runners:
            await runner.close()
        raise StoreRefused(f"the database {file} can't be opened: {error}") from error
    return SqliteStore(runners[0], runners[1:])
