"""One `run` owns a SQLite state directory: a second one is refused, and whether the last one ended well is known.

The lock is the operating system's (flock), so it dies with its process; the word in the file tells how it ended.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.store.engine import StoreRefused

HALF_RESTORED = "restoring/plan.json"
"""Lies beside the database while a restore puts its files in place."""
_RUNNING, _STOPPED = b"running\n", b"stopped\n"


def must_be_whole(folder: Path) -> None:
    """Raises StoreRefused where a restore into this folder was begun and not finished."""
    if (folder / HALF_RESTORED).exists():
        raise StoreRefused(f"a restore into {folder} was not finished: run `letterkey restore` again, and it will be")


@contextmanager
def owned(state_dir: Path) -> Iterator[bool]:
    """Own the directory while the context lasts; yields whether the last owner ended well.

    Raises StoreRefused where another `run` owns it.
    """
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(state_dir / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreRefused(
                f"another `letterkey run` works in {state_dir}: stop it first, or give this one a state_dir of its own"
            ) from None
        ended_well = os.pread(handle, 16, 0) != _RUNNING
        _say(handle, _RUNNING)
        yield ended_well
        _say(handle, _STOPPED)
    finally:
        os.close(handle)


def seems_owned(state_dir: Path) -> bool:
    """Whether a `run` seems to own it, by its word alone: one that was killed has left it there, too."""
    try:
        return (state_dir / "run.lock").read_bytes() == _RUNNING
    except OSError:
        return False


def _say(handle: int, word: bytes) -> None:
    os.pwrite(handle, word, 0)
    os.fsync(handle)
