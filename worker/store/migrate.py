"""Numbered migrations: `migrations/NNNN_name.sql`, or `NNNN_name.postgres.sql` for one database alone.

Rules: applied in order together with their numbers, never edited once released: on SQLite each in a transaction of its
own, after the file was copied, on PostgreSQL all in one, so that a failed upgrade leaves the old database; a database
newer than the program is refused.
"""

import re
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from worker.core.instant import iso
from worker.store.copying import copy_sqlite
from worker.store.engine import StoreRefused
from worker.store.named_queries import Dialect
from worker.store.postgres import PostgresStore
from worker.store.sqlite import SqliteStore

if TYPE_CHECKING:
    import asyncpg

_FOLDER = Path(__file__).parent / "migrations"
_NAME = re.compile(r"(?P<number>\d{4})_(?P<name>\w+?)(\.(?P<only>sqlite|postgres))?\.sql")
_TABLE = """CREATE TABLE IF NOT EXISTS migrations
(number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)"""
_COPY = r"\.before-\d{4}(-\d{8}T\d{6}Z)?"
KEPT_COPIES = 3
"""Copies from before an upgrade; older ones are dropped."""
_LOCK_KEY = 7_011_976_443
"""Any fixed number: PostgreSQL's advisory lock under which one process migrates while the others wait."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    number: int
    name: str
    sql: str


def migrations(dialect: Dialect, folder: Path = _FOLDER) -> tuple[Migration, ...]:
    """All steps for one database, in order. Raises ValueError where a file is misnamed or a number comes twice."""
    found: dict[int, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise ValueError(f"migration {path.name} must be named like 0003_what_it_does.sql")
        number = int(match["number"])
        if number in found:
            raise ValueError(f"two migrations have the number {number:04}")
        belongs = match["only"] in (None, dialect)
        found[number] = Migration(number, match["name"], path.read_text(encoding="utf-8") if belongs else "")
    return tuple(found[number] for number in sorted(found))


async def migrate_sqlite(store: SqliteStore, steps: Sequence[Migration], clock: Callable[[], int]) -> list[Migration]:
    """Apply what is missing; return it. Raises StoreRefused where it fails, or the database is the newer one."""
    try:
        return await store.on_writer(lambda connection: _migrate_sqlite(connection, steps, clock))
    except sqlite3.Error as error:
        raise _failed(error) from error


def _migrate_sqlite(
    connection: sqlite3.Connection, steps: Sequence[Migration], clock: Callable[[], int]
) -> list[Migration]:
    connection.execute(_TABLE)
    applied = _numbers(connection)
    missing, copied = _missing(steps, applied), not applied
    for step in missing:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if step.number not in _numbers(connection):  # another process may have been quicker
                if not copied:
                    _copy(connection, step, clock())
                    copied = True
                for statement in _statements(step.sql):
                    connection.execute(statement)
                connection.execute("INSERT INTO migrations VALUES (?, ?, ?)", (step.number, step.name, clock()))
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise _step_failed(step, error) from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
    return missing


async def migrate_postgres(
    store: PostgresStore, steps: Sequence[Migration], clock: Callable[[], int]
) -> list[Migration]:
    """As `migrate_sqlite`; processes that start together wait for one another."""

    async def apply(connection: "asyncpg.Connection") -> list[Migration]:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK_KEY)
        try:
            return await _migrate_postgres(connection, steps, clock)
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK_KEY)

    import asyncpg

    try:
        applied: list[Migration] = await store.on_connection(apply)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _failed(error) from error
    return applied


async def _migrate_postgres(
    connection: "asyncpg.Connection", steps: Sequence[Migration], clock: Callable[[], int]
) -> list[Migration]:
    import asyncpg

    await connection.execute(_TABLE)
    missing = _missing(steps, {row["number"] for row in await connection.fetch("SELECT number FROM migrations")})
    async with connection.transaction():
        for step in missing:
            try:
                if step.sql:
                    await connection.execute(step.sql)
                await connection.execute("INSERT INTO migrations VALUES ($1, $2, $3)", step.number, step.name, clock())
            except asyncpg.PostgresError as error:
                raise _step_failed(step, error) from error
    return missing


def _missing(steps: Sequence[Migration], applied: set[int]) -> list[Migration]:
    unknown = applied - {step.number for step in steps}
    if unknown:
        newest = max(unknown)
        raise StoreRefused(f"the database was made by a newer Letterkey (migration {newest:04}): upgrade this one")
    return [step for step in steps if step.number not in applied]


def _numbers(connection: sqlite3.Connection) -> set[int]:
    return {row[0] for row in connection.execute("SELECT number FROM migrations")}


def _failed(error: Exception) -> StoreRefused:
    return StoreRefused(f"the database can't be brought up to date: {error}")


def _step_failed(step: Migration, error: Exception) -> StoreRefused:
    return StoreRefused(f"migration {step.number:04}_{step.name} failed and changed nothing: {error}")


def _copy(connection: sqlite3.Connection, first: Migration, now: int) -> None:
    """A copy beside the database, looked through, before anything is changed and while nobody else can write."""
    file = Path(connection.execute("PRAGMA database_list").fetchone()[2])
    needed, free = file.stat().st_size, shutil.disk_usage(file.parent).free
    if free < needed:
        raise StoreRefused(
            f"before it is brought up to date it is copied, which needs {(needed >> 20) + 1} MiB beside it, but there "
            f"are {free >> 20} MiB: make room, then start again"
        )
    stamp = re.sub(r"[-:]|\.\d+", "", iso(now))
    copy = file.with_name(f"{file.name}.before-{first.number:04}-{stamp}")
    copy.unlink(missing_ok=True)
    try:
        copy_sqlite(file, copy)
    except (OSError, StoreRefused):
        copy.unlink(missing_ok=True)
        raise
    _drop_older(file)


def _drop_older(file: Path) -> None:
    ours = re.compile(re.escape(file.name) + _COPY)
    copies = [each for each in file.parent.iterdir() if ours.fullmatch(each.name) and each.is_file()]
    for old in sorted(copies, key=lambda copy: copy.stat().st_mtime_ns)[:-KEPT_COPIES]:
        old.unlink()


def _statements(script: str) -> list[str]:
    """The statements of a script, one by one: `executescript` would commit behind our back."""
    found, begun = [], ""
    for line in script.splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            found.append(begun)
            begun = ""
    return found
