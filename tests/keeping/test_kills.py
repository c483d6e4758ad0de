"""Killed between any two steps: a backup leaves nothing that passes for one, a restore is finished by running it again.

The program kills itself at its n-th step on files and databases, for each n until it comes to its end.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from keeping.shop import program_for, rows
from support.program import Program
from support.sales import sale
from support.sink import Sink, SinkRules
from worker.keeping.archive import unpack
from worker.store.copying import Content, look_through

STEPS = Path(__file__).with_name("steps.py")


@dataclass(frozen=True, slots=True)
class Forks:
    """Runs commands, see `steps`."""

    process: "subprocess.Popen[str]"

    def run(self, *words: str, step: int = 0) -> tuple[int, str]:
        """The exit code, and what it said; SIGKILL where it came to its `step`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"step": step, "words": words}) + "\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        return told["code"], told["said"]

    def do(self, *words: str) -> str:
        code, said = self.run(*words)
        assert code == 0, (words, said)
        return said

    def killed_at(self, step: int, *words: str) -> bool:
        """Whether it was killed before its end."""
        code, said = self.run(*words, step=step)
        assert code in (0, -signal.SIGKILL), (words, said)
        return code != 0


@contextmanager
def forks_of(program: Program) -> Iterator[Forks]:
    """Commands with the settings of this program."""
    with subprocess.Popen(
        [sys.executable, STEPS], env=program.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield Forks(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    file = tmp_path / "sales.jsonl"
    file.write_text("\n".join(str(sale(n)).replace("'", '"') for n in range(5)))
    return file


def shop(state: Path, url: str | None = None) -> Program:
    state.mkdir(exist_ok=True)
    return program_for(Sink(SinkRules()), state, url)


def test_a_killed_backup_leaves_nothing_that_passes_for_one(tmp_path: Path, lines: Path) -> None:
    folder, step, killed = tmp_path / "elsewhere", 0, True
    with forks_of(shop(tmp_path / "state")) as forks:
        forks.do("enqueue", str(lines))
        while killed:
            step += 3
            killed = forks.killed_at(step, "backup", str(folder))
            for archive in folder.glob("*.tar.gz"):  # whatever has the name of a backup is one
                look_through_whole(archive, tmp_path / f"look{step}")
                archive.unlink()
        for left in folder.glob(".letterkey-backup-*"):
            os.utime(left, (0, 0))  # left long ago
        forks.do("backup", str(folder / "last.tar.gz"))
    assert [each.name for each in folder.iterdir()] == ["last.tar.gz"]
    assert step > 10


def look_through_whole(archive: Path, into: Path) -> None:
    into.mkdir()
    manifest = unpack(archive, into)
    assert look_through(into / "letterkey.db") == Content(manifest.migration, manifest.counts)


@pytest.mark.waits
def test_a_killed_restore_is_finished_by_running_it_again(tmp_path: Path, lines: Path) -> None:
    state, archive = tmp_path / "state", tmp_path / "a.tar.gz"
    restore = ("restore", str(archive), "--replace", "--next-number", "77")
    halves, step, killed = 0, 0, True
    with forks_of(shop(state)) as forks:
        forks.do("enqueue", str(lines))
        (state / "templates" / "mail").mkdir(parents=True)
        (state / "templates" / "mail" / "note.txt").write_text("ours")
        (state / "keys.json").write_text("of the backup")
        forks.do("backup", str(archive))
        while killed:
            (state / "keys.json").write_text("of today")
            step += 1
            killed = forks.killed_at(step, *restore)
            if (state / "restoring" / "plan.json").exists():
                halves += 1
                for words in (("status",), ("enqueue", str(lines)), ("migrate",)):
                    code, said = forks.run(*words)
                    assert code == 1
                    assert "not finished" in said
                forks.do(*(restore if halves % 2 else restore[:1]))
            elif killed:
                forks.do("status")  # it goes on as it was, or as it is restored
                forks.do(*restore)
            assert (state / "keys.json").read_text() == "of the backup"
            assert (state / "templates" / "mail" / "note.txt").read_text() == "ours"
            assert not (state / "restoring").exists()
            assert rows(state / "letterkey.db", "SELECT next_number, held_at FROM series") == [(77, None)]
            assert rows(state / "letterkey.db", "SELECT COUNT(*) FROM transactions") == [(5,)]
    assert halves >= 4


async def test_on_postgresql_too(tmp_path: Path, lines: Path, postgres_url: str) -> None:
    archive, halves, step, killed = tmp_path / "a.tar.gz", 0, 0, True
    restore = ("restore", str(archive), "--replace", "--next-number", "77")
    with forks_of(shop(tmp_path / "state", postgres_url)) as forks:
        forks.do("enqueue", str(lines))
        forks.do("backup", str(archive))
        while killed:
            step += 3
            killed = forks.killed_at(step, *restore)
            code, said = forks.run("status")
            if code:
                halves += 1
                assert "not finished" in said
            if killed:
                forks.do(*restore)
    connection = await asyncpg.connect(postgres_url)
    try:
        assert await connection.fetchval("SELECT COUNT(*) FROM transactions") == 5
        assert await connection.fetchval("SELECT next_number FROM series WHERE held_at IS NULL") == 77
    finally:
        await connection.close()
    assert halves >= 1
