"""A copy of a SQLite database, taken beside a living `run`, and what is found in one.

Rules: one read transaction sees one moment, however long the copying takes and whatever is written meanwhile; nobody
waits for it; a copy is one file, and nothing is said of it before it was looked through.
"""

import contextlib
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from worker.store.engine import StoreRefused

_BUSY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Content:
    """What a database holds: its last migration, and how many rows are in each table."""

    migration: int
    counts: Mapping[str, int]


def copy_sqlite(file: Path, copy: Path) -> Content:
    """Copy the database to a new file and look through the copy. Raises StoreRefused, and OSError where the disk does.

    The writer of the database goes on meanwhile; its write-ahead log shrinks again once this is over.
    """
    if not file.is_file():
        raise StoreRefused(f"there is no database at {file}")
    os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        before = _copied(file, copy)
    except sqlite3.Error as error:
        raise StoreRefused(f"the database {file} can't be copied: {error}") from error
    if look_through(copy) != before:
        raise StoreRefused(f"the copy of {file} has not the same rows as the database")
    return before


def look_through(file: Path) -> Content:
    """What a copy that nobody else has open holds. Raises StoreRefused where SQLite's check finds damage."""
    try:
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
            damage = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if damage != "ok":
                raise StoreRefused(f"the copy is damaged: {damage}")
            return _content(connection)
    except sqlite3.Error as error:
        raise StoreRefused(f"the copy can't be read: {error}") from error


def _copied(file: Path, copy: Path) -> Content:
    with (
        contextlib.closing(sqlite3.connect(file, isolation_level=None, timeout=_BUSY_SECONDS)) as source,
        contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as target,
    ):
        source.execute("BEGIN")  # what is copied is what is counted
        content = _content(source)
        source.backup(target)
        source.execute("ROLLBACK")
        target.execute("PRAGMA journal_mode=DELETE").fetchone()  # one file: nothing beside it belongs to it
        return content


def _content(connection: sqlite3.Connection) -> Content:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    if "migrations" not in tables:
        raise StoreRefused("that is no database of Letterkey's")
    counts = {name: _one(connection, f'SELECT COUNT(*) FROM "{name}"') for name in tables}  # noqa: S608
    return Content(_one(connection, "SELECT COALESCE(MAX(number), 0) FROM migrations"), counts)


def _one(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])
