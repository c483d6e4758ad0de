"""Requests over kept connections, from a process that costs little beside the server it knocks at.

`python -m bench.knocking PORT FILE`: FILE holds the requests as JSON strings, a line each; the time that all their
answers took goes to stdout as JSON, with how many had another status than 200 or 201.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.loop import run

CONNECTIONS = 16
_GOOD = (b"HTTP/1.1 200", b"HTTP/1.1 201")


class Knocker(asyncio.Protocol):
    """One connection: a request, its answer, the next request. `done` is set once there are no more."""

    def __init__(self, waiting: Iterator[bytes]) -> None:
        self._waiting = waiting
        self._answer = b""
        self._transport: asyncio.Transport | None = None
        self.refused = 0
        self.done = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's is no asyncio.Transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if end and len(body) >= _length(head):
            self.refused += not head.startswith(_GOOD)
            self._answer = b""
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self.refused += not self.done.is_set()
        self.done.set()

    def _next(self) -> None:
        assert self._transport is not None, "it is connected"
        request = next(self._waiting, None)
        if request is None:
            self.done.set()
        else:
            self._transport.write(request)


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])


async def _knock(port: int, requests: list[bytes]) -> None:
    waiting, loop, knockers = iter(requests), asyncio.get_running_loop(), []
    began = time.perf_counter()
    for _ in range(CONNECTIONS):
        _, knocker = await loop.create_connection(lambda: Knocker(waiting), "127.0.0.1", port)
        knockers.append(knocker)
    await asyncio.gather(*(knocker.done.wait() for knocker in knockers))
    seconds, refused = time.perf_counter() - began, sum(knocker.refused for knocker in knockers)
    print(json.dumps({"seconds": seconds, "refused": refused}))


if __name__ == "__main__":
    lines = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
    run(_knock(int(sys.argv[1]), [json.loads(line).encode() for line in lines]))
