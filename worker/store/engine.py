"""The one way to the database: bodies of reads and writes, run by SQLite or PostgreSQL beneath.

Rules: a body gets a `Tx` and awaits nothing else (on SQLite it runs to its end inside the database's thread); the edge
that called `write` owns the transaction; after `write` returns, what the body did is durable; a body that raises is
rolled back alone. A body may be run again from its start (PostgreSQL deadlocks), so it touches nothing but its `Tx`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from worker.store.changes import Changes, Topic

T = TypeVar("T")


class Row(Protocol):
    """One row of a result, read by column name."""

    def __getitem__(self, column: str, /) -> Any: ...


class Tx(Protocol):
    """A transaction: named queries run through it, by the names in `queries/*.sql`."""

    async def one(self, query: str, **values: object) -> Row | None:
        """The only row of a query, or None."""

    async def all(self, query: str, **values: object) -> Sequence[Row]:
        """All rows of a query."""

    async def run(self, query: str, **values: object) -> None:
        """Run a statement. Its row count is not to be relied on: once-only statements say RETURNING and use `one`."""

    async def many(self, query: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Run a statement once for each of `rows`."""

    async def insert(self, query: str, rows: Sequence[Mapping[str, object]]) -> Sequence[Row]:
        """Insert one or more `rows` as cheaply as the database can, and return what RETURNING says of them."""

    def wake(self, topic: Topic) -> None:
        """After the commit, wake whoever waits for `topic`, in every process."""


Body = Callable[[Tx], Awaitable[T]]
"""What `read` and `write` run."""


class StoreUnavailable(Exception):
    """The database can't take it now (full, locked, gone): nothing was kept, and trying again later may help."""


class StoreRefused(Exception):
    """The database can't be used as it is; the message says why and what to do."""


class Store(Protocol):
    """An open database."""

    changes: Changes
    failed_at: float | None
    """When a write last failed because the database could not take it (monotonic seconds)."""

    async def read(self, body: Body[T]) -> T:
        """Run a body that only reads, on one consistent view. Raises StoreUnavailable."""

    async def write(self, body: Body[T], *, patient: bool = False) -> T:
        """Run a body and commit. Raises StoreUnavailable where the commit failed, and whatever the body raised.

        `patient`: nobody waits for an answer, so where many write at once the others go first, though not for ever.
        """

    async def watch(self) -> None:
        """Hear of other processes' commits until cancelled."""

    async def damage(self) -> str | None:
        """What is wrong with the database's file, None if nothing is."""

    async def shrink(self) -> bool:
        """Give a little of the file's unused space back to the disk; whether there is more worth giving back."""

    async def close(self) -> None:
        """Finish what is in hand and close every connection."""


def sqlite_file(url: str) -> Path | None:
    """The file of a `sqlite:///…` URL (four slashes for an absolute path), None for any other database."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
