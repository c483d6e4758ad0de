"""Migrations: from empty they make one schema on both databases, keep rows, and do nothing by halves."""

import asyncio
import os
import re
import shutil
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from support.databases import START, Database
from support.desk import Desk, refund, rich
from worker.core.transaction import Customer, Subscription
from worker.store import customers
from worker.store.engine import Store, StoreRefused, sqlite_file
from worker.store.migrate import Migration, migrate_postgres, migrate_sqlite, migrations
from worker.store.opening import open_and_migrate
from worker.store.postgres import PostgresStore
from worker.store.sqlite import SqliteStore

Apply = Callable[[Store], Awaitable[list[Migration]]]

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def shipped(database: Database) -> tuple[Migration, ...]:
    return migrations(database.dialect)


async def migrate(store: Store, steps: tuple[Migration, ...]) -> list[Migration]:
    if isinstance(store, SqliteStore):
        return await migrate_sqlite(store, steps, lambda: START)
    assert isinstance(store, PostgresStore)
    return await migrate_postgres(store, steps, lambda: START)


async def fetch(store: Store, sql: str) -> list[tuple[object, ...]]:
    if isinstance(store, SqliteStore):
        return await store.on_writer(lambda c: [tuple(row) for row in c.execute(sql)])
    assert isinstance(store, PostgresStore)
    rows = await store.on_connection(lambda c: c.fetch(sql))
    return [tuple(row) for row in rows]


def after(shipped: tuple[Migration, ...], *sql: str) -> tuple[Migration, ...]:
    """The shipped steps and then these: what a later release brings."""
    last = shipped[-1].number
    return shipped + tuple(Migration(last + place, f"step_{place}", text) for place, text in enumerate(sql, 1))


async def columns(store: Store) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    sql = (
        "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
        if isinstance(store, SqliteStore)
        else "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    for table, column in await fetch(store, sql):
        found.setdefault(str(table), set()).add(str(column))
    return found


async def indexes(store: Store) -> set[str]:
    sql = (
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        if isinstance(store, SqliteStore)
        else """SELECT indexname FROM pg_indexes i WHERE schemaname = 'public'
                AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)"""
    )
    return {str(name) for (name,) in await fetch(store, sql)}


async def test_what_ships_is_applied_once(database: Database, shipped: tuple[Migration, ...]) -> None:
    rows = await fetch(database.store, "SELECT number, name FROM migrations ORDER BY number")
    assert rows == [(step.number, step.name) for step in shipped]
    assert await migrate(database.store, shipped) == []
    store, applied = await open_and_migrate(database.url, lambda: START)
    await store.close()
    assert applied == []


async def test_both_databases_have_the_same_tables_columns_and_indexes(database: Database, tmp_path: Path) -> None:
    other, _ = await open_and_migrate(f"sqlite:///{tmp_path / 'other.db'}", lambda: START)
    assert await columns(database.store) == await columns(other)
    assert await indexes(database.store) == await indexes(other)
    assert {"outbox", "customers", "migrations"} <= set(await columns(other))
    await other.close()


async def test_an_older_database_keeps_its_rows(database: Database, shipped: tuple[Migration, ...]) -> None:
    await database.store.write(lambda tx: customers.make(tx, "c1", Customer(), 7))
    steps = after(
        shipped,
        "ALTER TABLE customers ADD COLUMN nickname TEXT; -- a comment; with a semicolon",
        "UPDATE customers SET nickname = 'a;b';\nCREATE INDEX customers_by_nickname ON customers (nickname);",
    )
    assert [step.name for step in await migrate(database.store, steps)] == ["step_1", "step_2"]
    assert await fetch(database.store, "SELECT id, created_at, nickname FROM customers") == [("c1", 7, "a;b")]
    assert "customers_by_nickname" in await indexes(database.store)


async def test_what_was_told_before_says_of_which_subscription(
    database: Database, shipped: tuple[Migration, ...]
) -> None:
    plan = Subscription("sub_1", "month")
    await Desk(database).tell(rich("in_1", subscription=plan), rich("in_2"), refund("re_1", "in_1", subscription=plan))
    await fetch(database.store, "UPDATE transactions SET subscription_ref = NULL")
    step = next(step for step in shipped if step.name == "subscription_tellings")
    await fetch(database.store, next(text for text in step.sql.split(";") if "UPDATE" in text))
    found = await fetch(database.store, "SELECT source_id, subscription_ref FROM transactions ORDER BY source_id")
    assert found == [("in_1", "sub_1"), ("in_2", None), ("re_1", None)]


async def test_cancellations_of_older_releases_stay(database: Database, shipped: tuple[Migration, ...]) -> None:
    """Made by the table as it was, and brought over by the step that knows more verbs."""
    await Desk(database).tell(rich("in_1", subscription=Subscription("sub_1", "month")))
    [(customer,)] = await fetch(database.store, "SELECT id FROM customers")
    for drop in ("declarations", "action_attempts", "provider_actions"):
        await fetch(database.store, f"DROP TABLE {drop}")
    before = [text for step in shipped if step.name in ("hub", "home", "to_do") for text in statements(step)]
    for text in before:
        if "provider_actions" in text:
            await fetch(database.store, text)
    row = f"'cancel', 'stripe', 'sub_1', '{customer}'"
    await fetch(
        database.store,
        f"""INSERT INTO provider_actions (id, kind, source, ref, customer_id, state, requested_at, ends_at, link_id,
        message_domain, done_at, done_by) VALUES ('a', {row}, 'requested', 5, 9, 'l1', 'd', NULL, NULL),
        ('b', {row}, 'done', 5, 5, 'l2', 'd', 7, 'merchant'), ('c', {row}, 'failed', 5, 5, 'l3', 'd', NULL, NULL)""",
    )
    step = next(step for step in shipped if step.name == "provider_actions")
    for text in statements(step):
        await fetch(database.store, text)
    found = await fetch(database.store, "SELECT id, verb, way, state, done_by FROM provider_actions ORDER BY id")
    assert found == [
        ("a", "cancel_at_period_end", "manual", "manual", None),
        ("b", "cancel_now", "manual", "done", "merchant"),
        ("c", "cancel_now", "manual", "called_off", None),
    ]


def statements(step: Migration) -> list[str]:
    plain = re.sub(r"--[^\n]*", "", step.sql)
    return [text for text in plain.split(";") if text.strip()]


async def test_a_step_that_fails_leaves_nothing_of_itself(database: Database, shipped: tuple[Migration, ...]) -> None:
    await database.store.write(lambda tx: customers.make(tx, "c1", Customer(), 7))
    good = "CREATE TABLE good (a TEXT);"
    bad = "CREATE TABLE half (a TEXT);\nUPDATE customers SET name = 'x';\nINSERT INTO nowhere VALUES (1);"
    with pytest.raises(StoreRefused, match=r"step_2.*nowhere"):
        await migrate(database.store, after(shipped, good, bad))
    tables = await columns(database.store)
    stays = database.dialect == "sqlite"  # PostgreSQL has no copy to go back to: there all or nothing
    assert ("good" in tables, "half" in tables) == (stays, False)
    assert await fetch(database.store, "SELECT id, name FROM customers") == [("c1", None)]
    mended = after(shipped, good, bad.replace("INSERT INTO nowhere VALUES (1);", ""))
    applied = [step.name for step in await migrate(database.store, mended)]
    assert applied == (["step_2"] if stays else ["step_1", "step_2"])
    assert "half" in await columns(database.store)


async def test_a_newer_database_is_refused(database: Database, shipped: tuple[Migration, ...]) -> None:
    await migrate(database.store, after(shipped, "CREATE TABLE tomorrow (a TEXT);"))
    with pytest.raises(StoreRefused, match=rf"newer Letterkey \(migration {shipped[-1].number + 1:04}\)"):
        await open_and_migrate(database.url, lambda: START)


async def test_two_processes_migrate_at_once(database: Database, shipped: tuple[Migration, ...]) -> None:
    stores = [await database.another() for _ in range(3)]
    steps = after(shipped, *(f"CREATE TABLE t{n} (a TEXT);\nINSERT INTO t{n} VALUES ('once');" for n in range(8)))
    await asyncio.gather(*(migrate(store, steps) for store in stores))
    for number in range(8):
        assert await fetch(database.store, f"SELECT a FROM t{number}") == [("once",)]


async def test_two_processes_make_a_database_at_once(database: Database, tmp_path: Path) -> None:
    url = database.url
    if database.dialect == "sqlite":
        url = f"sqlite:///{tmp_path / 'new' / 'letterkey.db'}"
    else:
        await fetch(database.store, "DROP SCHEMA public CASCADE")
        await fetch(database.store, "CREATE SCHEMA public")
    opened = await asyncio.gather(*(open_and_migrate(url, lambda: START) for _ in range(3)))
    assert await columns(opened[0][0])
    for store, _ in opened:
        await store.close()


async def test_sqlite_is_copied_before_it_is_changed(database: Database, shipped: tuple[Migration, ...]) -> None:
    file = sqlite_file(database.url)
    if file is None:  # PostgreSQL is its operator's to back up
        return
    assert list(file.parent.glob("*.before-*")) == []  # a new database has nothing to copy
    await database.store.write(lambda tx: customers.make(tx, "c1", Customer(), 7))
    number = shipped[-1].number + 1
    older = [file.with_name(f"{file.name}.before-{n:04}-20200101T00000{n}Z") for n in range(1, 4)]
    for age, old in enumerate(older):
        old.write_bytes(b"of an earlier upgrade")
        os.utime(old, (age, age))
    await migrate(database.store, after(shipped, "DELETE FROM customers;", "CREATE TABLE more (a TEXT);"))
    copy = file.with_name(f"{file.name}.before-{number:04}-20261122T184800Z")
    assert sorted(file.parent.glob("*.before-*")) == [*older[1:], copy]  # three are kept
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert await fetch(database.store, "SELECT id FROM customers") == []
    connection = sqlite3.connect(copy)
    assert connection.execute("SELECT id FROM customers").fetchall() == [("c1",)]
    assert connection.execute("SELECT MAX(number) FROM migrations").fetchone() == (shipped[-1].number,)
    connection.close()


async def test_a_migration_waits_for_nobody_for_ever(database: Database, shipped: tuple[Migration, ...]) -> None:
    file = sqlite_file(database.url)
    if file is None:
        return
    assert isinstance(database.store, SqliteStore)
    await database.store.on_writer(lambda c: c.execute("PRAGMA busy_timeout = 20").fetchall())
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreRefused, match="locked"):
        await migrate(database.store, after(shipped, "CREATE TABLE more (a TEXT);"))
    holder.close()


async def test_a_failed_upgrade_leaves_the_old_database(database: Database, shipped: tuple[Migration, ...]) -> None:
    """On SQLite the copy is the way back, on PostgreSQL all steps are one transaction."""
    with pytest.raises(StoreRefused, match="changed nothing"):
        await migrate(database.store, after(shipped, "CREATE TABLE more (a TEXT);", "CREATE TABLE more (a TEXT);"))
    file = sqlite_file(database.url)
    if file is None:
        assert "more" not in await columns(database.store)
        return
    (copy,) = file.parent.glob("*.before-*")
    await database.store.close()
    for end in ("", "-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    copy.rename(file)  # how to go back, as docs/operating.md says
    store, applied = await open_and_migrate(database.url, lambda: START)
    assert applied == []
    assert "more" not in await columns(store)
    await store.close()


async def test_no_upgrade_without_room_for_its_copy(
    database: Database, shipped: tuple[Migration, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = sqlite_file(database.url)
    if file is None:
        return
    usage = shutil.disk_usage(file.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))  # what a full disk says
    with pytest.raises(StoreRefused, match="make room"):
        await migrate(database.store, after(shipped, "CREATE TABLE more (a TEXT);"))
    assert list(file.parent.glob("*.before-*")) == []
    assert "more" not in await columns(database.store)
