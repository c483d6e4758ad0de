"""Put restored files in the place of those that are there: begun once it can be finished, and finished by whoever
runs it next.

Rules: what was there is moved aside, never deleted; a plan on the disk says what is to be moved, so that a kill
between any two steps only delays; while the plan is there, nothing opens the database.
"""

import errno
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.store.ownership import HALF_RESTORED

STAGING = Path(HALF_RESTORED).parts[0]


@dataclass(frozen=True, slots=True)
class Move:
    """What lies at `live` goes aside, and `staged` (where there is one) takes its place."""

    live: Path
    staged: Path | None


def begin(folder: Path, aside: Path, moves: Sequence[Move], report: Mapping[str, object]) -> None:
    """Write the plan, durably; from here on the restore is finished, not given up."""
    pairs = [[str(move.live), None if move.staged is None else str(move.staged)] for move in moves]
    plan, draft = folder / HALF_RESTORED, folder / STAGING / "plan.draft"
    draft.write_text(json.dumps({"aside": str(aside), "moves": pairs, "report": dict(report)}), encoding="utf-8")
    _sync(draft)
    _sync(draft.parent)
    os.rename(draft, plan)
    _sync(plan.parent)


def finish(folder: Path) -> Mapping[str, Any] | None:
    """Carry out the plan, if there is one; returns the report that was written with it."""
    plan = folder / HALF_RESTORED
    if not plan.exists():
        return None
    said: dict[str, Any] = json.loads(plan.read_text(encoding="utf-8"))
    aside = Path(said["aside"])
    for live, staged in said["moves"]:
        _carry_out(Move(Path(live), None if staged is None else Path(staged)), aside)
    os.unlink(plan)
    _sync(plan.parent)
    clear(folder)
    report: dict[str, Any] = said["report"]
    return report


def clear(folder: Path) -> None:
    """Remove what is staged and was not begun to be put in place."""
    shutil.rmtree(folder / STAGING, ignore_errors=True)


def _carry_out(move: Move, aside: Path) -> None:
    done = move.staged is not None and not os.path.lexists(move.staged)
    if done:
        return
    if os.path.lexists(move.live) and not os.path.lexists(aside / move.live.name):
        aside.mkdir(mode=0o700, exist_ok=True)
        _move(move.live, aside / move.live.name)
    if move.staged is not None:
        move.live.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _move(move.staged, move.live)


def _move(source: Path, target: Path) -> None:
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _over_disks(source, target)
    for folder in {source.parent, target.parent}:
        _sync(folder)


def _over_disks(source: Path, target: Path) -> None:
    draft = target.with_name(f".{target.name}.restoring")
    if source.is_dir():
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(source, draft)
    else:
        shutil.copy2(source, draft)
    os.rename(draft, target)
    shutil.rmtree(source) if source.is_dir() else source.unlink()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
