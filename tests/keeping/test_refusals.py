"""What can't be backed up or restored is said in words, and leaves nothing half done."""

import asyncio
import json
import sys
import tarfile
from pathlib import Path

import pytest

from keeping.shop import do, fail, program_for, rows
from support.program import Program
from support.sink import Sink, SinkRules
from worker.keeping.places import drop_older, target_of


@pytest.fixture
async def program(tmp_path: Path) -> Program:
    (tmp_path / "state").mkdir()
    made = program_for(Sink(SinkRules()), tmp_path / "state")
    await do(made, "migrate")
    return made


async def test_targets_that_make_no_sense(program: Program, tmp_path: Path) -> None:
    state = tmp_path / "state"
    (tmp_path / "link").symlink_to(state)
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "taken.tar.gz").symlink_to(tmp_path / "victim")
    for target, why in {
        "state": "lost with",
        "state/deep/er": "lost with",
        "link/x": "lost with",
        "link/../state/x.tar.gz": "lost with",
        "taken.tar.gz": "there already",
        "file": "no folder",
    }.items():
        assert why in await fail(program, "backup", str(tmp_path / target)), target
    assert not (tmp_path / "victim").exists()
    assert not list(tmp_path.rglob("*.tar.gz.*"))


async def test_a_full_disk_leaves_nothing(program: Program, tmp_path: Path) -> None:
    """The kernel refuses to make any file larger than this, as a full disk refuses to make it at all."""
    folder = tmp_path / "elsewhere"
    small = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000)); "
        "from worker.cli import main; sys.exit(main())"
    )
    code, err = await run_python(program, small, "backup", str(folder))
    assert code == 1
    assert "unexpected" not in err, err
    assert list(folder.iterdir()) == []


async def run_python(program: Program, code: str, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *words, env=program.environment, cwd="/",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, err.decode()


async def test_a_restore_that_is_refused_changes_nothing(program: Program, tmp_path: Path) -> None:
    state, archive = tmp_path / "state", tmp_path / "a.tar.gz"
    await do(program, "backup", str(archive))
    before = {file.name for file in state.iterdir()} | {"run.lock"}
    rewritten(archive, tmp_path / "newer.tar.gz", migration=9999, version="9.0")
    rewritten(archive, tmp_path / "rows.tar.gz", counts={})
    rewritten(archive, tmp_path / "postgres.tar.gz", database="postgresql")
    (tmp_path / "text.tar.gz").write_text("hello")
    for name, why in {
        "newer": "newer Letterkey (9.0)",
        "rows": "damaged",
        "postgres": "no backup",
        "text": "no backup",
        "absent": "absent",
    }.items():
        assert why in await fail(program, "restore", str(tmp_path / f"{name}.tar.gz"), "--replace"), name
    assert {file.name for file in state.iterdir()} == before
    assert rows(state / "letterkey.db", "SELECT COUNT(*) FROM milestones WHERE name = 'restore'") == [(0,)]


def rewritten(archive: Path, target: Path, **changes: object) -> None:
    """A copy with another manifest."""
    with tarfile.open(archive) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            content = old.extractfile(member)
            assert content is not None
            if member.name == "manifest.json":
                text = json.dumps(json.load(content) | changes).encode()
                (target.parent / "manifest").write_bytes(text)
                new.add(target.parent / "manifest", "manifest.json")
            else:
                new.addfile(member, content)


def test_only_our_own_older_backups_are_dropped(tmp_path: Path) -> None:
    days = [f"letterkey-202611{day:02}T030000Z.tar.gz" for day in range(1, 8)]
    others = ["letterkey.tar.gz", "letterkey-20261101T030000Z.tar.gz.part", "letterkey-2026.tar.gz", "notes.txt"]
    for name in (*days, *others):
        (tmp_path / name).write_text(name)
    (tmp_path / "letterkey-20200101T030000Z.tar.gz").symlink_to(tmp_path / "notes.txt")
    assert [file.name for file in drop_older(tmp_path, 3)] == days[:4]
    assert {file.name for file in tmp_path.iterdir()} == {*days[4:], *others, "letterkey-20200101T030000Z.tar.gz"}


def test_a_backup_is_named_by_its_time(tmp_path: Path) -> None:
    assert target_of(tmp_path, "2026-11-22T18:48:00Z", []).name == "letterkey-20261122T184800Z.tar.gz"
