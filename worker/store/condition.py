"""How a database is, looked at from outside: nothing is made, migrated or changed.

It works beside a running `run`: what it tries to write is rolled back.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from worker.store.engine import StoreRefused, sqlite_file
from worker.store.migrate import migrations
from worker.store.postgres import check_order_and_letters

if TYPE_CHECKING:
    import asyncpg

SECONDS = 10.0


class Unusable(StrEnum):
    """Why it can't be used."""

    UNREACHABLE = "unreachable"
    LOGIN = "login refused"
    NO_DATABASE = "no such database"
    UNSUITABLE = "unsuitable"
    DAMAGED = "damaged"
    READ_ONLY = "can't be written"
    BUSY = "locked"
    NO_DRIVER = "a package is missing"


@dataclass(frozen=True, slots=True)
class Condition:
    """`made` is false where the file is still to be made; `newest` is the last migration that it had, `missing` counts
    those that it lacks, `unknown` is one that only a newer Letterkey knows. `now` is its clock, in microseconds.
    """

    made: bool = True
    newest: int = 0
    missing: int = 0
    unknown: int | None = None
    unusable: Unusable | None = None
    words: str = ""
    now: int | None = None

    @property
    def ready(self) -> bool:
        """Whether it can be used as it is, with nothing to be made first."""
        return self.made and self.unusable is None and not self.missing and self.unknown is None


async def condition_of(url: str, *, deep: bool) -> Condition:
    """How the database behind this URL is; `deep` reads all of a SQLite file."""
    file = sqlite_file(url)
    if file is not None:
        return await asyncio.to_thread(_of_sqlite, file, deep)
    return await _of_postgres(url)


def _of_sqlite(file: Path, deep: bool) -> Condition:
    try:
        if not file.exists():
            return Condition(made=False)
    except OSError as error:  # a folder on the way that may not be looked into
        return Condition(unusable=Unusable.UNREACHABLE, words=f"{file}: {error.strerror}")
    try:
        with contextlib.closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=rw", uri=True, timeout=5)) as found:
            found.isolation_level = None
            return _looked_through(found, deep)
    except sqlite3.DatabaseError as error:
        return Condition(unusable=_sqlite_unusable(error), words=str(error))


def _looked_through(connection: sqlite3.Connection, deep: bool) -> Condition:
    check = "integrity_check" if deep else "quick_check"
    damage = connection.execute(f"PRAGMA {check}(1)").fetchone()[0]
    if damage != "ok":
        told = [line for line in str(damage).splitlines() if not line.startswith("***")]
        return Condition(unusable=Unusable.DAMAGED, words="; ".join(told))
    if deep and (broken := connection.execute("PRAGMA foreign_key_check").fetchone()):
        return Condition(unusable=Unusable.DAMAGED, words=f"a row of {broken[0]} points to nothing in {broken[2]}")
    has = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").fetchone()
    numbers = {row[0] for row in connection.execute("SELECT number FROM migrations")} if has else set()
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("CREATE TABLE letterkey_check (number INTEGER)")
    finally:
        connection.execute("ROLLBACK")
    return _with_migrations(Condition(), numbers, (step.number for step in migrations("sqlite")))


def _sqlite_unusable(error: sqlite3.DatabaseError) -> Unusable:
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return {
        sqlite3.SQLITE_READONLY: Unusable.READ_ONLY,
        sqlite3.SQLITE_FULL: Unusable.READ_ONLY,
        sqlite3.SQLITE_IOERR: Unusable.READ_ONLY,
        sqlite3.SQLITE_BUSY: Unusable.BUSY,
        sqlite3.SQLITE_LOCKED: Unusable.BUSY,
        sqlite3.SQLITE_CORRUPT: Unusable.DAMAGED,
        sqlite3.SQLITE_NOTADB: Unusable.DAMAGED,
    }.get(primary, Unusable.UNREACHABLE)


def _with_migrations(condition: Condition, applied: set[int], known: Iterable[int]) -> Condition:
    steps = set(known)
    return replace(
        condition,
        newest=max(applied, default=0),
        missing=len(steps - applied),
        unknown=max(applied - steps, default=None),
    )


async def _of_postgres(url: str) -> Condition:
    try:
        import asyncpg
    except ImportError:
        return Condition(unusable=Unusable.NO_DRIVER, words="pip install 'letterkey[postgres]'")
    try:
        connection = await asyncpg.connect(url, timeout=SECONDS, command_timeout=SECONDS)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        return Condition(unusable=_postgres_unusable(error), words=str(error) or type(error).__name__)
    try:
        return await _asked(connection)
    except StoreRefused as error:
        return Condition(unusable=Unusable.UNSUITABLE, words=str(error))
    except asyncpg.PostgresError as error:
        return Condition(unusable=Unusable.READ_ONLY, words=str(error))
    finally:
        await connection.close()


def _postgres_unusable(error: Exception) -> Unusable:
    import asyncpg

    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return Unusable.LOGIN
    return Unusable.NO_DATABASE if isinstance(error, asyncpg.InvalidCatalogNameError) else Unusable.UNREACHABLE


async def _asked(connection: "asyncpg.Connection") -> Condition:
    await check_order_and_letters(connection)
    now = await connection.fetchval("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
    has = await connection.fetchval("SELECT to_regclass('migrations') IS NOT NULL")
    numbers = {row["number"] for row in await connection.fetch("SELECT number FROM migrations")} if has else set()
    trial = connection.transaction()
    await trial.start()
    try:
        await connection.execute("CREATE TABLE letterkey_check (number BIGINT)")
    finally:
        await trial.rollback()
    return _with_migrations(Condition(now=now), numbers, (step.number for step in migrations("postgres")))
