"""A backup of an older Letterkey comes back under this one, with its rows; without PostgreSQL's programs it says so."""

import sqlite3
from contextlib import closing
from pathlib import Path

from keeping.shop import do, fail, program_for, rows
from support.databases import START
from support.program import Program
from support.sink import Sink, SinkRules
from worker.keeping.archive import pack, packed
from worker.keeping.manifest import Manifest
from worker.store.copying import look_through
from worker.store.migrate import migrations

FIRST_RELEASE = 14
"""The schema before there were backups, restores and held numbers."""


def old_database(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.create_function("now_us", 0, lambda: START)
        connection.execute("CREATE TABLE migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT)")
        for step in migrations("sqlite"):
            if step.number <= FIRST_RELEASE:
                connection.executescript(step.sql)
                connection.execute("INSERT INTO migrations VALUES (?, ?, ?)", (step.number, step.name, START))
        connection.execute("INSERT INTO customers (id, created_at, email) VALUES ('c1', 1, 'ada@example.com')")
        connection.execute("INSERT INTO series VALUES ('invoices', 42)")
        connection.execute("""INSERT INTO outbox (id, kind, customer_id, params, recipient, message_id, created_at,
            due_at, state) VALUES ('m1', 'receipt', 'c1', '{}', 'ada@example.com', '<m1@x>', 1, 1, 'due')""")
        connection.execute("""INSERT INTO transactions (id, source, source_id, kind, fingerprint, body, payment_id,
            test, bare, occurred_at, accepted_at, state, waits_for, due_at)
            VALUES ('t1', 'stripe', 'in_1', 'sale', 'f', '{}', 't1', 0, 0, 1, 1, 'waiting', 'address', 1)""")
        connection.commit()


def old_archive(folder: Path) -> Path:
    old_database(folder / "letterkey.db")
    content, files = look_through(folder / "letterkey.db"), {"letterkey.db": folder / "letterkey.db"}
    said = {name: packed(file) for name, file in files.items()}
    manifest = Manifest("2026-11-01T03:00:00Z", "0.0.9", "sqlite", content.migration, content.counts, said)
    pack(folder / "old.tar.gz", manifest, files)
    return folder / "old.tar.gz"


async def test_an_older_backup_is_brought_up_to_date(tmp_path: Path) -> None:
    archive, state = old_archive(tmp_path), tmp_path / "state"
    state.mkdir()
    program = program_for(Sink(SinkRules()), state)
    assert "number in it is 41" in await do(program, "restore", str(archive))
    code, out, err = await program.command("check")
    assert code == 1
    assert "letterkey restore --next-number" in out + err
    await do(program, "restore", "--next-number", "50")
    code, out, err = await program.command("check")
    assert "--next-number" not in out + err
    file = state / "letterkey.db"
    assert rows(file, "SELECT MAX(number) FROM migrations") == [(migrations("sqlite")[-1].number,)]
    assert rows(file, "SELECT id, email FROM customers") == [("c1", "ada@example.com")]
    assert rows(file, "SELECT state, reason FROM outbox") == [("parked", "restored")]
    assert rows(file, "SELECT state, waits_for FROM transactions") == [("waiting", "address")]
    assert {each.name for each in state.iterdir()} >= {"letterkey.db", "run.lock"}
    assert not (state / "restoring").exists()


async def test_an_older_database_is_copied_before_it_is_brought_up_to_date_and_can_be_gone_back_to(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    old_database(state / "letterkey.db")
    program = program_for(Sink(SinkRules()), state)
    await do(program, "migrate")
    (copy,) = state.glob("letterkey.db.before-*")
    assert look_through(copy).migration == FIRST_RELEASE
    assert rows(copy, "SELECT id FROM customers") == [("c1",)]
    assert rows(copy, "SELECT waits_for FROM transactions") == [("address",)]


async def test_what_is_missing_for_postgresql_is_named(tmp_path: Path, postgres_url: str) -> None:
    (tmp_path / "state").mkdir()
    program = program_for(Sink(SinkRules()), tmp_path / "state", postgres_url)
    await do(program, "migrate")
    bare = Program({**program.settings, "PATH": str(tmp_path)})
    assert "pg_dump is not installed here" in await fail(bare, "backup", str(tmp_path / "elsewhere"))
    assert list((tmp_path / "elsewhere").iterdir()) == []


async def test_settings_that_name_another_database_are_told(tmp_path: Path, postgres_url: str) -> None:
    archive = old_archive(tmp_path)
    (tmp_path / "state").mkdir()
    program = program_for(Sink(SinkRules()), tmp_path / "state", postgres_url)
    assert "the backup is of SQLite" in await fail(program, "restore", str(archive))
