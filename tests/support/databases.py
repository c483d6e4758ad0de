"""An open, migrated database for one test, on SQLite or PostgreSQL, with a time of day that the test sets.

Leases run by the database's clock: on PostgreSQL too it is made to show the test's time. Each test process migrates
once and copies the outcome for each test; that the migrations do what they should is tested on empty databases.
"""

import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from support.postgres import Postgres, fresh_database
from worker.clock import SECOND
from worker.store.engine import Store, sqlite_file
from worker.store.named_queries import Dialect
from worker.store.opening import open_store
from worker.store.postgres import PostgresStore

Kind = Literal["sqlite", "sqlite-inline", "postgres"]
KINDS: tuple[Kind, ...] = ("sqlite", "sqlite-inline", "postgres")

START = 1_795_373_280 * SECOND  # 2026-11-22T18:48:00Z


@dataclass(slots=True)
class SetClock:
    """A time of day that stands still until a test moves it."""

    at: int = START

    def now(self) -> int:
        return self.at


@dataclass(eq=False)
class Database:
    """`store` is open and empty; `another()` opens the same database once more, as another process would."""

    kind: Kind
    url: str
    clock: SetClock
    _stack: AsyncExitStack
    store: Store = field(init=False)

    @property
    def dialect(self) -> Dialect:
        return "postgres" if self.kind == "postgres" else "sqlite"

    async def another(self) -> Store:
        store = await open_store(self.url, self.clock.now, inline=self.kind == "sqlite-inline")
        self._stack.push_async_callback(store.close)
        return store

    async def pass_seconds(self, seconds: float) -> None:
        """Move the time, the database's own included."""
        self.clock.at += int(seconds * SECOND)
        if isinstance(self.store, PostgresStore):
            shows = f"SELECT CAST({self.clock.at} AS BIGINT)"
            await self.store.on_connection(
                lambda connection: connection.execute(
                    f"CREATE OR REPLACE FUNCTION now_us() RETURNS BIGINT LANGUAGE SQL VOLATILE AS '{shows}'"
                )
            )


@asynccontextmanager
async def open_database(kind: Kind, url: str) -> AsyncIterator[Database]:
    file = sqlite_file(url)
    if file is not None and not file.exists():
        shutil.copyfile(await migrated_file(), file)
    async with AsyncExitStack() as stack:
        database = Database(kind, url, SetClock(), stack)
        database.store = await database.another()
        await database.pass_seconds(0)
        yield database


@asynccontextmanager
async def fresh_url(
    kind: Kind, folder: Path, cluster: Callable[[], Postgres], *, migrated: bool = False
) -> AsyncIterator[str]:
    """The URL of an empty database; `cluster` is called only where PostgreSQL is meant.

    A SQLite file doesn't exist yet; `migrated` gives PostgreSQL's its tables.
    """
    if kind == "postgres":
        async with fresh_database(cluster(), migrated=migrated) as url:
            yield url
    else:
        yield f"sqlite:///{folder / 'letterkey.db'}"


async def migrated_file() -> Path:
    """A SQLite file that has its tables and nothing in them."""
    file = _folder() / "migrated.db"
    if not file.exists():
        made = file.with_suffix(".new")
        store = await open_store(f"sqlite:///{made}", lambda: START, inline=True)
        await store.close()
        made.rename(file)
    return file


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="letterkey-db-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
