"""The mail door alone, open on loopback, and callers that say anything to it with a bare socket."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network

from worker.net.listener import listening
from worker.net.mail_door import Arrived, MailDoor

MAIL = b"From: ada@example.com\r\nSubject: x\r\n\r\nHello\r\n"
PATIENCE = 10.0


@dataclass(eq=False)
class Shelf:
    """Where mails are kept; `broken` makes keeping fail, `slow` take that long; `began` says that one is in hand."""

    mails: list[Arrived] = field(default_factory=list)
    broken: bool = False
    slow: float = 0
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep(self, arrived: Arrived) -> None:
        self.began.set()
        await asyncio.sleep(self.slow)
        if self.broken:
            raise RuntimeError("secret internal path")
        self.mails.append(arrived)


@dataclass(eq=False)
class Caller:
    """A connection to the door that says anything."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, raw: bytes) -> bytes:
        """Send, and read one reply."""
        self.writer.write(raw)
        return await self.hear()

    async def hear(self) -> bytes:
        """One reply; empty once the other side has hung up."""
        lines = b""
        async with asyncio.timeout(PATIENCE):
            while line := await self.reader.readline():
                lines += line
                if line[3:4] != b"-":
                    break
        return lines

    async def until_data(self, recipient: bytes = b"access@shop.example") -> bytes:
        await self.say(b"EHLO mail.example.com\r\n")
        await self.say(b"MAIL FROM:<ada@example.com>\r\n")
        await self.say(b"RCPT TO:<" + recipient + b">\r\n")
        return await self.say(b"DATA\r\n")

    def vanish(self) -> None:
        self.writer.transport.abort()

    async def hang_up(self) -> None:
        self.vanish()
        with suppress(OSError):
            await self.writer.wait_closed()


@dataclass(eq=False)
class Open:
    """An open door."""

    port: int
    shelf: Shelf
    stopping: asyncio.Event
    callers: list[Caller] = field(default_factory=list)
    name: str = "mx.shop.example"

    async def call(self, source: str = "127.0.0.1") -> Caller:
        caller = await self.call_unheard(source)
        assert (await caller.hear()) == f"220 {self.name} ESMTP\r\n".encode()
        return caller

    async def call_unheard(self, source: str = "127.0.0.1") -> Caller:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))
        self.callers.append(Caller(reader, writer))
        return self.callers[-1]

    async def served(self, source: str = "127.0.0.1") -> float:
        """How long an honest caller from this address takes to bring a mail."""
        began = time.monotonic()
        caller = await self.call(source)
        await caller.until_data()
        assert (await caller.say(MAIL + b".\r\n")).startswith(b"250 ")
        assert (await caller.say(b"QUIT\r\n")).startswith(b"221 ")
        return time.monotonic() - began


@asynccontextmanager
async def opened(
    tls: Callable[[], ssl.SSLContext] | None = None,
    largest: int = 10_000_000,
    seconds: tuple[float, float] = (60, 600),
    trusted: Sequence[str] = (),
) -> AsyncIterator[Open]:
    shelf, stopping = Shelf(), asyncio.Event()
    door = MailDoor(
        "mx.shop.example",
        lambda address: address.lower() in ("access@shop.example", "postmaster"),
        shelf.keep,
        largest,
        tls,
        [ip_network(each) for each in trusted],
        *seconds,
    )
    async with listening(door, "127.0.0.1", 0, stopping) as port:
        at = Open(port, shelf, stopping)
        yield at
    for caller in at.callers:
        await caller.hang_up()
