"""The files of migrations: numbered once each, named alike, some for one database alone."""

from pathlib import Path

import pytest

from worker.store.migrate import migrations


def written(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_text(f"-- {name}")
    return folder


def test_what_ships_is_numbered_from_one_without_gaps_on_both() -> None:
    sqlite, postgres = migrations("sqlite"), migrations("postgres")
    assert [step.number for step in sqlite] == list(range(1, len(sqlite) + 1))
    assert [(step.number, step.name) for step in sqlite] == [(step.number, step.name) for step in postgres]


def test_a_step_for_one_database_is_empty_on_the_other(tmp_path: Path) -> None:
    folder = written(tmp_path, "0002_b.postgres.sql", "0001_a.sql", "0003_c.sqlite.sql")
    assert [(s.number, s.name, bool(s.sql)) for s in migrations("sqlite", folder)] == [
        (1, "a", True),
        (2, "b", False),
        (3, "c", True),
    ]
    assert [bool(s.sql) for s in migrations("postgres", folder)] == [True, True, False]


@pytest.mark.parametrize(
    "names",
    [("0001_a.sql", "0001_b.sql"), ("0001_a.sql", "0001_a.postgres.sql"), ("0001_a.sqlite.sql", "0001_a.postgres.sql")],
)
def test_a_number_that_comes_twice_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="two migrations have the number 0001"):
        migrations("sqlite", written(tmp_path, *names))


@pytest.mark.parametrize("name", ["1_a.sql", "00001_a.sql", "0001.sql", "0001_a.mysql.sql", "0001-a.sql", "notes.sql"])
def test_a_misnamed_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="must be named like"):
        migrations("sqlite", written(tmp_path, name))
