"""A relay that misbehaves on request: at one step of the dialogue it does one wrong thing, else it is a good relay.

It counts the mails whose final dot it saw, so that a test knows how many copies there may be. Even a good relay refuses
a recipient `unknown@…`.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from support.certificate import Certificate

Step = Literal[
    "banner",
    "ehlo",
    "starttls",
    "tls",
    "auth",
    "mail",
    "rcpt",
    "data",
    "early",
    "mid-data",
    "dot",
    "after",
    "rset",
    "quit",
]  # early: a 250 comes behind the 354, and the act is the true answer to the dot
Act = str  # close, reset, hang, garbage, half, flood, slow, or a reply to give: "450 4.7.1 Greylisted"

_GOOD = {
    "ehlo": "250-relay.example.org\r\n{}250 ENHANCEDSTATUSCODES",
    "starttls": "220 go ahead",
    "auth": "235 2.7.0 welcome",
    "mail": "250 2.1.0 ok",
    "rcpt": "250 2.1.5 ok",
    "data": "354 go on",
    "rset": "250 2.0.0 flushed",
    "quit": "221 2.0.0 bye",
}


@dataclass(frozen=True, slots=True)
class Script:
    step: Step | None = None
    act: Act = ""
    offers: tuple[str, ...] = ("8BITMIME", "SMTPUTF8", "AUTH PLAIN LOGIN")
    certificate: Certificate | None = None
    connections: int = 1_000  # only so many of the first connections get the wrong thing,
    after_mails: int = 0  # and only after so many good mails on each


@dataclass(eq=False)
class ScriptedRelay:
    script: Script
    port: int = 0
    copies: list[bytes] = field(default_factory=list)  # each message whose dot was seen
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    release: asyncio.Event = field(default_factory=asyncio.Event)  # ends a hang that reads nothing
    _open: int = 0
    _gone: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def all_gone(self) -> None:
        """Until no client holds a connection any more: a leak fails here."""
        self.release.set()
        async with asyncio.timeout(5), self._gone:
            await self._gone.wait_for(lambda: self._open == 0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        self.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, EndOfTalkError, OSError):
                await _Talk(self, reader, writer, self.connections).run()
        finally:
            writer.transport.abort()
            async with self._gone:
                self._open -= 1
                self._gone.notify_all()


class EndOfTalkError(Exception):
    """The wrong thing was done; there is no more to say."""


@asynccontextmanager
async def scripted_relay(script: Script) -> AsyncIterator[ScriptedRelay]:
    relay = ScriptedRelay(script)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0, limit=2**24)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
        await relay.all_gone()
    finally:
        server.close()
        await server.wait_closed()


class _Talk:
    def __init__(
        self, relay: ScriptedRelay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self.relay, self.script, self.reader, self.writer = relay, relay.script, reader, writer
        self.spoils = number <= self.script.connections
        self.mails = 0

    async def run(self) -> None:
        await self.say("banner", "220 relay.example.org")
        while True:
            line = (await self.reader.readuntil(b"\n")).decode().strip()
            self.relay.commands.append(line)
            verb = line.split(" ", 1)[0].lower()
            if verb == "auth" and "PLAIN" not in line:
                await self.challenge()
            said = await self.say(verb, "550 5.1.1 no such user" if "<unknown@" in line else self.good(verb))
            if verb == "starttls" and said == 220:
                await self.secure()
            if verb == "data" and said == 354:
                await self.take()
            if verb == "quit" or said == 421:
                return

    def good(self, verb: str) -> str:
        if verb == "ehlo":
            return _GOOD["ehlo"].format("".join(f"250-{offer}\r\n" for offer in self.script.offers))
        if verb == "data" and self.script.step == "early":
            return f"{_GOOD['data']}\r\n250 2.0.0 taken already"
        return _GOOD.get(verb, "502 5.5.2 unknown")

    async def challenge(self) -> None:
        self.writer.write(b"334 PDFAcmVsYXkuZXhhbXBsZS5vcmc+\r\n")
        self.relay.commands.append((await self.reader.readuntil(b"\n")).decode().strip())

    async def secure(self) -> None:
        if self.script.step == "tls" and self.script.act == "garbage":
            await self.reader.readexactly(5)  # answer the ClientHello with it
        await self.wrong("tls")
        assert self.script.certificate is not None
        await self.writer.start_tls(self.script.certificate.server_context())

    async def take(self) -> None:
        if self.script.step == "mid-data":
            await self.reader.readexactly(20)
            await self.wrong("mid-data")
        self.relay.copies.append(await self.reader.readuntil(b"\r\n.\r\n"))
        last = "250 2.0.0 taken"
        if self.script.step == "after" and self.script.act[:3].isdigit():  # in one packet with the 250
            last += f"\r\n{self.script.act}"
        await self.say("dot", self.script.act if self.script.step == "early" else last)
        self.mails += 1
        await self.wrong("after")

    def due(self, step: str) -> bool:
        return step == self.script.step and self.spoils and self.mails >= self.script.after_mails

    async def say(self, step: str, reply: str) -> int:
        """Gives the good reply, or the script's instead; other wrong things end the talk."""
        if self.due(step) and self.script.act[:3].isdigit():
            reply = self.script.act
        else:
            await self.wrong(step)
        self.writer.write(reply.encode() + b"\r\n")
        await self.writer.drain()
        return int(reply[:3])

    async def wrong(self, step: str) -> None:
        if not self.due(step):
            return
        act = self.script.act
        if act == "slow":
            await asyncio.sleep(0.2)
            return
        if act == "reset":
            self.reset()
        elif act == "hang":
            await self.hang()
        elif act != "close":
            await self.utter(act)
        raise EndOfTalkError

    async def utter(self, act: Act) -> None:
        said = {"garbage": b"\x00\xff hello there\r\n", "half": b"25", "flood": b"250-more\r\n" * 200_000}
        self.writer.write(said.get(act) or act.encode() + b"\r\n")
        await self.writer.drain()
        if act == "half":
            await self.hang()

    async def hang(self) -> None:
        if self.script.step == "mid-data":  # reads nothing, so that the client's bytes pile up
            self.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is a read transport too
            await self.relay.release.wait()
            self.writer.transport.resume_reading()  # type: ignore[attr-defined]
        while await self.reader.read(65_536):
            pass

    def reset(self) -> None:
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() then sends RST
        self.writer.transport.abort()
