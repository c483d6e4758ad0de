"""A relay that costs next to nothing, in a process of its own: it takes every mail, counts it and forgets it.

It prints its port, and answers HELP with the number of mails that it took.
"""

import asyncio
import sys
from collections.abc import Callable

from bench.loop import run

END = b"\r\n.\r\n"


class Taken:
    """How many mails came; `told` is told of each."""

    def __init__(self, told: Callable[[bytes], object] = len) -> None:
        self.mails = 0
        self.told = told


class Session(asyncio.Protocol):
    """One client. It speaks just enough SMTP for clients that wait for the answer to the dot."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._transport: asyncio.Transport | None = None
        self._pending = bytearray()
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's is no asyncio.Transport
        self._answer(b"220 sink.example.org ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while not self._in_data and b"\n" in self._pending:
            end = self._pending.index(b"\n")
            line = bytes(self._pending[: end + 1])
            del self._pending[: end + 1]
            self._command(line[:4].upper())
        if self._in_data and self._pending.endswith(END):
            self._taken.told(bytes(self._pending))
            self._pending.clear()
            self._in_data = False
            self._taken.mails += 1
            self._answer(b"250 2.0.0 taken\r\n")

    def _command(self, verb: bytes) -> None:
        match verb:
            case b"EHLO":
                self._answer(b"250-sink.example.org\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
            case b"DATA":
                self._in_data = True
                self._answer(b"354 go ahead\r\n")
            case b"HELP":
                self._answer(b"214 %d\r\n" % self._taken.mails)
            case b"QUIT":
                self._answer(b"221 2.0.0 goodbye\r\n")
                assert self._transport is not None, "who says QUIT is connected"
                self._transport.close()
            case _:
                self._answer(b"250 2.0.0 ok\r\n")

    def _answer(self, words: bytes) -> None:
        assert self._transport is not None, "who is answered is connected"
        self._transport.write(words)


async def _serve() -> None:
    taken = Taken()
    server = await asyncio.get_running_loop().create_server(lambda: Session(taken), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1])
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    run(_serve())
