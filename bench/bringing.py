"""Mails over kept connections, from a process that costs little beside the server that it brings them to.

`python -m bench.bringing PORT COUNT FIRST`: brings COUNT different mails of 2 KB, each step after the answer to the one
before, as most mail servers do; the time that they took goes to stdout as JSON, with how many were refused.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator

from bench.loop import run

SESSIONS = 10
SIZE = 2_048
_TEXT = (b"The quick brown fox jumps over the lazy dog, and writes to the shop.\r\n" * 40)[: SIZE - 200]
_GOOD = (b"250", b"354")


def mail(number: int) -> bytes:
    """One that says by itself what it is, with its final dot."""
    head = f"From: customer.{number}@example.com\r\nTo: access@example.org\r\nSubject: access\r\n"
    return f"{head}Message-ID: <bench.{number}@example.com>\r\n\r\n".encode() + _TEXT + b"\r\n.\r\n"


class Bringer(asyncio.Protocol):
    """One session. `done` is set once there are no more mails."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self._numbers = numbers
        self._steps: Iterator[bytes] = iter([b"EHLO bench.example.com\r\n"])
        self._heard = b""
        self._transport: asyncio.Transport | None = None
        self.refused = 0
        self.done = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's is no asyncio.Transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        *_, last = self._heard.rstrip(b"\r\n").split(b"\r\n")
        if not data.endswith(b"\n") or last[3:4] == b"-":
            return
        self.refused += last[:3] not in (*_GOOD, b"220")
        self._heard = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self.refused += not self.done.is_set()
        self.done.set()

    def _next(self) -> None:
        assert self._transport is not None, "it is connected"
        step = next(self._steps, None)
        if step is None:
            number = next(self._numbers, None)
            if number is None:
                self.done.set()
                return
            sender = f"MAIL FROM:<customer.{number}@example.com> SIZE={SIZE}\r\n".encode()
            self._steps = iter([b"RCPT TO:<access@example.org>\r\n", b"DATA\r\n", mail(number)])
            step = sender
        self._transport.write(step)


async def _bring(port: int, count: int, first: int) -> None:
    numbers, loop = iter(range(first, first + count)), asyncio.get_running_loop()
    began = time.perf_counter()
    made = [await loop.create_connection(lambda: Bringer(numbers), "127.0.0.1", port) for _ in range(SESSIONS)]
    await asyncio.gather(*(bringer.done.wait() for _, bringer in made))
    seconds, refused = time.perf_counter() - began, sum(bringer.refused for _, bringer in made)
    print(json.dumps({"seconds": seconds, "refused": refused}))


if __name__ == "__main__":
    run(_bring(*(int(each) for each in sys.argv[1:4])))
