"""PostgreSQL: a pool, one transaction a body, LISTEN/NOTIFY between processes.

Rules: the database uses collation C, so both databases sort alike; wake-ups leave after the commit and at most every
50 ms a process, for a NOTIFY in each transaction would make all commits queue for one lock.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from worker.store.changes import Changes, Topic
from worker.store.engine import Body, Row, StoreRefused, StoreUnavailable
from worker.store.named_queries import load

if TYPE_CHECKING:
    import asyncpg

T = TypeVar("T")

POOL_SIZE = 12
PATIENT = 8
"""Connections that those may hold for whose answer nobody waits."""
CHANNEL = "letterkey"
NOTIFY_SECONDS = 0.05
RECONNECT_SECONDS = 2.0
TRIES = 5
"""Runs of a body that lost against another process: a deadlock's victim, or too late by a moment."""
COLLATIONS = ("C", "POSIX", "C.UTF-8", "C.utf8")
_RECIPE = "CREATE DATABASE letterkey TEMPLATE template0 LC_COLLATE 'C' ENCODING 'UTF8'"


class PostgresTx:
    """A transaction on a pooled connection."""

    def __init__(self, connection: "asyncpg.Connection", queries: Mapping[str, Callable[..., Any]]) -> None:
        self._connection = connection
        self._queries = queries
        self.woken: set[Topic] = set()

    async def one(self, query: str, **values: object) -> Row | None:
        row: Row | None = await self._queries[query](self._connection, **values)
        return row

    async def all(self, query: str, **values: object) -> Sequence[Row]:
        return [row async for row in self._queries[query](self._connection, **values)]

    async def run(self, query: str, **values: object) -> None:
        await self._queries[query](self._connection, **values)

    async def many(self, query: str, rows: Sequence[Mapping[str, object]]) -> None:
        await self._queries[query](self._connection, rows)

    async def insert(self, query: str, rows: Sequence[Mapping[str, object]]) -> Sequence[Row]:
        return [found for row in rows async for found in self._queries[query](self._connection, **row)]

    def wake(self, topic: Topic) -> None:
        self.woken.add(topic)


class PostgresStore:
    """An open PostgreSQL database."""

    def __init__(self, pool: "asyncpg.Pool", connect: Callable[[], Any]) -> None:
        self.changes = Changes()
        self.failed_at: float | None = None
        self._pool = pool
        self._connect = connect
        self._queries = load("postgres")
        self._to_tell: set[Topic] = set()
        self._telling: asyncio.Task[None] | None = None
        self._patient = asyncio.Semaphore(PATIENT)
        self._in_hand = 0
        self._finished = asyncio.Event()
        self._closed = False

    async def read(self, body: Body[T]) -> T:
        """Run a body that only reads, on one consistent view."""
        with self._must_be_open():
            result, _ = await self._run(body, isolation="repeatable_read", readonly=True)
            return result

    async def write(self, body: Body[T], *, patient: bool = False) -> T:
        """Run a body and commit."""
        with self._must_be_open():
            try:
                async with self._patient if patient else contextlib.nullcontext():
                    result, woken = await self._run(body, isolation="read_committed", readonly=False)
            except StoreUnavailable:
                self.failed_at = time.monotonic()
                raise
            if woken:
                self.changes.tell(woken)
                self._tell_others(woken)
            return result

    async def watch(self) -> None:
        """Hear other processes' wake-ups; after a lost connection, everything may have changed."""
        while True:
            try:
                await self._listen()
            except _errors():
                await asyncio.sleep(RECONNECT_SECONDS)

    async def damage(self) -> str | None:
        """PostgreSQL looks after its own files."""
        return None

    async def shrink(self) -> bool:
        """PostgreSQL uses its space anew by itself."""
        return False

    async def close(self) -> None:
        """Finish waiting reads and writes, send the last wake-ups, close the pool. Later ones get StoreUnavailable."""
        self._closed = True
        while self._in_hand:  # the pool alone would cut off those that wait for a connection
            await self._finished.wait()
        if self._telling is not None:
            await self._telling
        await self._pool.close()

    async def on_connection(self, function: Callable[["asyncpg.Connection"], Any]) -> Any:
        """Run a function with a connection, outside any transaction (migrations, checks)."""
        async with self._pool.acquire() as connection:
            return await function(connection)

    @contextlib.contextmanager
    def _must_be_open(self) -> Iterator[None]:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        self._in_hand += 1
        self._finished.clear()
        try:
            yield
        finally:
            self._in_hand -= 1
            if not self._in_hand:
                self._finished.set()

    async def _run(self, body: Body[T], *, isolation: str, readonly: bool) -> tuple[T, set[Topic]]:
        import asyncpg  # an extra: only those who use PostgreSQL have it

        for last in (False,) * (TRIES - 1) + (True,):
            try:
                async with (
                    self._pool.acquire() as connection,
                    connection.transaction(isolation=isolation, readonly=readonly),
                ):
                    tx = PostgresTx(connection, self._queries)
                    result = await body(tx)
                return result, tx.woken
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
                if last:
                    raise StoreUnavailable(str(error)) from error
            except (asyncpg.UniqueViolationError, asyncpg.ForeignKeyViolationError):
                # Another process was quicker between two statements: run again, the body sees what it did.
                if last:
                    raise
            except _unavailable() as error:
                raise StoreUnavailable(str(error)) from error
        raise AssertionError("unreachable")

    def _tell_others(self, topics: set[Topic]) -> None:
        self._to_tell |= topics
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_soon())

    async def _tell_soon(self) -> None:
        while self._to_tell:
            topics, self._to_tell = self._to_tell, set()
            # A lost wake-up only delays: the other process looks again by itself within seconds.
            with contextlib.suppress(*_errors()):
                await self._pool.execute("SELECT pg_notify($1, $2)", CHANNEL, ",".join(sorted(topics)))
            await asyncio.sleep(NOTIFY_SECONDS)

    async def _listen(self) -> None:
        connection = await self._connect()
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._heard)
            self.changes.tell(Topic)
            await lost.wait()
        finally:
            if not connection.is_closed():
                await connection.close()

    def _heard(self, _connection: object, _process: int, _channel: str, payload: str) -> None:
        self.changes.tell(Topic(name) for name in payload.split(",") if name in Topic._value2member_map_)


def _errors() -> tuple[type[Exception], ...]:
    import asyncpg

    return (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


def _unavailable() -> tuple[type[Exception], ...]:
    import asyncpg

    return (
        OSError,
        asyncpg.PostgresConnectionError,
        asyncpg.InsufficientResourcesError,
        asyncpg.OperatorInterventionError,
        asyncpg.InterfaceError,
    )


async def open_postgres(url: str) -> PostgresStore:
    """Connect to `postgresql://…`. Raises StoreRefused where it can't be used, saying why."""
    try:
        import asyncpg
    except ImportError:
        raise StoreRefused("PostgreSQL needs one more package: pip install 'letterkey[postgres]'") from None
    try:
        pool = await asyncpg.create_pool(url, min_size=1, max_size=POOL_SIZE, command_timeout=60)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise StoreRefused(f"PostgreSQL can't be reached: {error}") from error
    store = PostgresStore(pool, lambda: asyncpg.connect(url))
    try:
        await store.on_connection(check_order_and_letters)
    except BaseException:
        await store.close()
        raise
    return store


async def check_order_and_letters(connection: "asyncpg.Connection") -> None:
    """Raises StoreRefused where the database sorts or keeps letters otherwise than SQLite does."""
    # What sorts is asked, not only what is declared: a database may declare C and sort by ICU.
    found = await connection.fetchrow(
        "SELECT datcollate, pg_encoding_to_char(encoding) AS encoding, 'a' < 'B' AS by_language "
        "FROM pg_database WHERE datname = current_database()"
    )
    collation = (
        found["datcollate"] if found["datcollate"] not in COLLATIONS else "ICU" if found["by_language"] else None
    )
    if collation is not None:
        raise StoreRefused(f"the database sorts by {collation}, but must use collation C: {_RECIPE}")
    if found["encoding"] != "UTF8":
        raise StoreRefused(f"the database keeps text as {found['encoding']}, but must use UTF8: {_RECIPE}")
