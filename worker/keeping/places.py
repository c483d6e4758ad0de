"""Where a backup is put: a folder or a new file, whole or not there at all.

Rules: never into the folder that it is a backup of; an existing file is never written over; what a killed backup left
is cleared away by the next; only files that we named ourselves are ever dropped.
"""

import errno
import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from worker.keeping.manifest import Refused

ENDING = ".tar.gz"
_OURS = re.compile(r"letterkey-\d{8}T\d{6}Z\.tar\.gz")
_ROOM = ".letterkey-backup-"
_YOUNG_SECONDS = 60
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


def stamp(moment: str) -> str:
    """An ISO 8601 time in a file's name: `20261122T184800Z`."""
    return re.sub(r"[-:]|\.\d+", "", moment)


def target_of(to: Path, made_at: str, originals: Sequence[Path]) -> Path:
    """The file to write: `to` itself where it ends like an archive, else one named by the time in the folder `to`.

    `originals` are the folders that are backed up. Raises Refused.
    """
    target = to if to.name.endswith(ENDING) and not to.is_dir() else to / f"letterkey-{stamp(made_at)}{ENDING}"
    folder = target.parent.resolve()
    for original in originals:
        if folder.is_relative_to(original.resolve()):
            raise Refused(f"{to} lies in {original}, which it would be lost with: name a folder elsewhere")
    if os.path.lexists(target):
        raise Refused(f"{target} is there already, and no backup is written over: name another file, or a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (FileExistsError, NotADirectoryError):
        raise Refused(f"{folder} is no folder") from None
    return target


def must_fit(folder: Path, needed: int) -> None:
    """Raises Refused where the disk has less than `needed` bytes."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Refused(f"{folder} has {free >> 20} MiB free, and the backup needs {(needed >> 20) + 1} MiB")


@contextmanager
def workroom(folder: Path) -> Iterator[Path]:
    """A folder of our own beside the target, gone at the end; a killed backup's is cleared away first."""
    for left in folder.glob(f"{_ROOM}*"):
        _clear(left)
    room = Path(tempfile.mkdtemp(prefix=_ROOM, dir=folder))
    handle = os.open(room, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # dies with us, so that the next knows
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)
        os.close(handle)


def _clear(left: Path) -> None:
    try:
        handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if time.time() - os.fstat(handle).st_mtime > _YOUNG_SECONDS:  # else it may be about to be locked
            shutil.rmtree(left, ignore_errors=True)
    except BlockingIOError:
        pass  # a backup that is being made
    finally:
        os.close(handle)


def put_in_place(made: Path, target: Path) -> None:
    """Have the finished file under its name, durably. Raises Refused where somebody took the name."""
    try:
        os.link(made, target)  # unlike a rename it writes over nothing
    except FileExistsError:
        raise Refused(f"{target} is there already") from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.rename(made, target)  # a file system without hard links
    handle = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def drop_older(folder: Path, keep: int) -> list[Path]:
    """Drop all but the newest `keep` backups that we named; returns those that are gone."""
    ours = sorted(file for file in folder.iterdir() if _OURS.fullmatch(file.name) and _is_plain(file))
    dropped = ours[:-keep]
    for file in dropped:
        file.unlink()
    return dropped


def _is_plain(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()
