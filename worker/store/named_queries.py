"""The named queries of `queries/*.sql`, loaded for one database.

One text serves both databases wherever it can; what must differ stands side by side in `queries/sqlite/` and
`queries/postgres/`.
"""

import functools
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import aiosql
from aiosql.adapters.asyncpg import AsyncPGAdapter

Dialect = Literal["sqlite", "postgres"]

_FOLDER = Path(__file__).parent / "queries"


def query_files(dialect: Dialect) -> list[Path]:
    """The files that make up one database's queries."""
    return sorted(_FOLDER.glob("*.sql")) + sorted((_FOLDER / dialect).glob("*.sql"))


@functools.cache
def load(dialect: Dialect) -> Mapping[str, Callable[..., Any]]:
    """Query name → function of a connection and named values. Reading them takes as long as opening a database."""
    adapter = _SqliteAdapter if dialect == "sqlite" else _PostgresAdapter
    text = "\n".join(path.read_text(encoding="utf-8") for path in query_files(dialect))
    queries = aiosql.from_str(text, adapter)  # type: ignore[arg-type]
    names = [name for name in queries.available_queries if not name.endswith("_cursor")]
    return {name: getattr(queries, name) for name in names}


class _SqliteAdapter:
    """aiosql's adapter for the `sqlite3` module that reads every cursor to its end.

    A statement with RETURNING whose cursor isn't exhausted stays open, and with it the transaction.
    """

    is_aio_driver = False

    def process_sql(self, _name: str, _operation: object, sql: str) -> str:
        return sql

    def select(
        self, conn: sqlite3.Connection, _name: str, sql: str, values: Mapping[str, object], _record: object = None
    ) -> list[Any]:
        return conn.execute(sql, values).fetchall()

    def select_one(
        self, conn: sqlite3.Connection, _name: str, sql: str, values: Mapping[str, object], _record: object = None
    ) -> Any:
        rows = conn.execute(sql, values).fetchall()
        return rows[0] if rows else None

    def insert_update_delete(
        self, conn: sqlite3.Connection, _name: str, sql: str, values: Mapping[str, object]
    ) -> None:
        conn.execute(sql, values)

    def insert_update_delete_many(
        self, conn: sqlite3.Connection, _name: str, sql: str, rows: Sequence[Mapping[str, object]]
    ) -> None:
        conn.executemany(sql, rows)


class _PostgresAdapter(AsyncPGAdapter):
    """aiosql's asyncpg adapter without its look, once a query, at every attribute of the connection."""

    async def select(
        self, conn: Any, name: str, sql: str, values: Mapping[str, object], _record: object = None
    ) -> AsyncIterator[Any]:
        for row in await conn.fetch(sql, *self._ordered(name, values)):
            yield row

    async def select_one(
        self, conn: Any, name: str, sql: str, values: Mapping[str, object], _record: object = None
    ) -> Any:
        return await conn.fetchrow(sql, *self._ordered(name, values))

    async def insert_update_delete(self, conn: Any, name: str, sql: str, values: Mapping[str, object]) -> None:
        await conn.execute(sql, *self._ordered(name, values))

    async def insert_update_delete_many(
        self, conn: Any, name: str, sql: str, rows: Sequence[Mapping[str, object]]
    ) -> None:
        await conn.executemany(sql, [self._ordered(name, row) for row in rows])

    def _ordered(self, name: str, values: Mapping[str, object]) -> list[object]:
        return [values[variable] for variable in self.var_sorted[name]]
