"""A file's or standard input's bytes as they come, read beside the event loop."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

_PIECE = 1 << 16
"""Bytes read at once, some hundred transactions: enough for them to share a commit, little enough to answer soon."""
_AHEAD = 2
"""Pieces read while earlier ones are in hand."""


async def pieces_of(descriptor: int) -> AsyncIterator[bytes]:
    """Pieces until the end of the file. Raises OSError where reading fails.

    The thread is a daemon's: nothing can interrupt a read from a silent terminal, and Ctrl-C must not wait for it.
    """
    came: asyncio.Queue[bytes | OSError] = asyncio.Queue()
    room = threading.Semaphore(_AHEAD)
    loop = asyncio.get_running_loop()

    def read() -> None:
        piece: bytes | OSError = b"?"
        while piece and not isinstance(piece, OSError):
            room.acquire()
            try:
                piece = os.read(descriptor, _PIECE)
            except OSError as error:
                piece = error
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(came.put_nowait, piece)

    threading.Thread(target=read, name="reading", daemon=True).start()
    while piece := await came.get():
        if isinstance(piece, OSError):
            raise piece
        yield piece
        room.release()
