"""How a database is, looked at from outside: nothing is made or changed, also beside one who works in it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from support.postgres import Postgres
from worker.clock import now
from worker.store.condition import Condition, Unusable, condition_of
from worker.store.migrate import migrations
from worker.store.opening import open_and_migrate


async def migrated(url: str) -> None:
    store, _ = await open_and_migrate(url, now)
    await store.close()


async def test_before_and_after_the_first_start(store_url: str) -> None:
    before = await condition_of(store_url, deep=True)
    assert before.unusable is None
    await migrated(store_url)
    found = await condition_of(store_url, deep=True)
    assert (found.made, found.missing, found.unknown, found.unusable) == (True, 0, None, None)
    assert found.newest == migrations("sqlite")[-1].number


async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert await condition_of(f"sqlite:///{tmp_path}/none.db", deep=True) == Condition(made=False)
    assert list(tmp_path.iterdir()) == []


async def test_it_looks_beside_an_open_store(store_url: str) -> None:
    store, steps = await open_and_migrate(store_url, now)
    try:
        found = await condition_of(store_url, deep=True)
        assert (found.missing, found.unusable) == (0, None)
    finally:
        await store.close()
    assert len(steps) > 1


async def test_what_is_to_come_and_what_only_a_newer_one_knows(tmp_path: Path) -> None:
    file = tmp_path / "letterkey.db"
    await migrated(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM migrations WHERE number > 3")
        connection.execute("INSERT INTO migrations VALUES (9999, 'later', 0)")
    found = await condition_of(f"sqlite:///{file}", deep=False)
    assert (found.unknown, found.missing) == (9999, len(migrations("sqlite")) - 3)


async def test_one_who_holds_the_lock(tmp_path: Path) -> None:
    file = tmp_path / "letterkey.db"
    await migrated(f"sqlite:///{file}")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = await condition_of(f"sqlite:///{file}", deep=False)
    assert found.unusable is Unusable.BUSY


async def test_what_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "letterkey.db"
    file.write_bytes(b"something else" * 1000)
    assert (await condition_of(f"sqlite:///{file}", deep=False)).unusable is Unusable.DAMAGED


async def test_a_row_that_points_to_nothing(tmp_path: Path) -> None:
    """Only a deep look finds it."""
    file = tmp_path / "letterkey.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE a (id TEXT PRIMARY KEY)")
        connection.execute("CREATE TABLE b (a_id TEXT REFERENCES a (id))")
        connection.execute("INSERT INTO b VALUES ('x')")
    assert (await condition_of(f"sqlite:///{file}", deep=False)).unusable is None
    found = await condition_of(f"sqlite:///{file}", deep=True)
    assert (found.unusable, found.words) == (Unusable.DAMAGED, "a row of b points to nothing in a")


async def test_postgres_that_can_not_be_used(postgres: Postgres) -> None:
    nobody = "postgresql://letterkey@127.0.0.1:1/any"
    assert (await condition_of(nobody, deep=False)).unusable is Unusable.UNREACHABLE
    assert (await condition_of(postgres.url("none"), deep=False)).unusable is Unusable.NO_DATABASE
    stranger = postgres.url("postgres").replace("letterkey@", "stranger@")
    assert (await condition_of(stranger, deep=False)).unusable is Unusable.LOGIN
    read_only = postgres.url("postgres") + "?default_transaction_read_only=on"
    assert (await condition_of(read_only, deep=False)).unusable is Unusable.READ_ONLY
