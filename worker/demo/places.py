"""Where the demo lives: a folder of its own, and ports that nobody else has."""

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MARK = "demo.lock"
"""Says that the folder is a demo's, and is locked while one runs."""


class DemoRefused(Exception):
    """The demo can't start; the message says why and what to do."""


@contextmanager
def demo_folder(folder: Path, *, keep: bool) -> Iterator[None]:
    """The folder, held against other demos, and emptied unless `keep`.

    Only a folder that a demo made is ever emptied: a slip in --state-dir must not cost a merchant the books.
    """
    mark = folder / _MARK
    if folder.is_dir() and any(folder.iterdir()) and not mark.exists():
        raise DemoRefused(f"{folder} holds something that is no demo's; give --state-dir a new folder")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = mark.open("w")
    except OSError as error:
        raise DemoRefused(f"{folder}: {error.strerror}; give --state-dir a folder that can be written") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoRefused(f"a demo runs in {folder} already; stop it, or give --state-dir another folder") from None
        if not keep:
            _empty(folder)
        yield


def _empty(folder: Path) -> None:
    for file in folder.iterdir():
        if file.is_file() and file.name != _MARK:
            file.unlink()


def listening(port: int) -> socket.socket:
    """A socket that listens on this port of loopback, or on a free one where it is taken."""
    for wanted in (port, 0):
        found = socket.socket()
        # As a server does, so that a demo started right after another gets the same port.
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind(("127.0.0.1", wanted))
            found.listen(128)
        except OSError:
            found.close()
            continue
        return found
    raise DemoRefused("no port of 127.0.0.1 can be listened on")


def free_port(port: int) -> int:
    """This port, or a free one where it is taken."""
    with listening(port) as found:
        number: int = found.getsockname()[1]
        return number
