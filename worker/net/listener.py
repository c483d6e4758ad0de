"""Our own SMTP listener: takes mail for our addresses, and says 250 once it is kept.

Rules:
- Refused in the dialogue or kept, never accepted and then bounced: a bounce would go to whoever was forged as sender.
- Everything a stranger can make grow has a limit: size, lines, recipients, commands, connections, time, memory.
- A fault of ours answers 451, so that the other side keeps the mail and comes again; no reply says what went wrong.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from worker import journal
from worker.net.smtp_data import Terms, take_data

IDENT = "ESMTP"
"""What the greeting says of us: no name, no version."""
MOST_RECIPIENTS = 5
MOST_CONNECTIONS, MOST_FROM_ONE_PEER = 100, 5
MOST_IN_FLIGHT = 64 * 1024 * 1024
"""Bytes of all mails that are being taken: what this process may be made to hold in memory."""
COMMAND_SECONDS, SESSION_SECONDS = 60.0, 600.0
CALLS = {"MAIL": 1_000, "RCPT": 2_000, "DATA": 1_000, "RSET": 1_000, "*": 50}
"""Commands in one session. A busy relay brings many mails, but says EHLO and NOOP only so often."""
TOO_MANY = "421 4.7.0 Too many connections, come again later"
GOING_DOWN = "421 4.3.2 Going down, come again later"
TEMPORARY = "451 4.3.0 Temporary failure, come again later"
FINISH_SECONDS = 10.0
"""How long a stopping listener waits for mails that are being taken."""

_MECHANISMS = ("LOGIN", "PLAIN")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail as it came, with its envelope; the null sender is empty, recipients are in lower case."""

    peer: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes


@dataclass(frozen=True, slots=True)
class MailDoor:
    """What the listener is given. `accepts` says whether a recipient is ours; `keep` returns once a mail is durable.

    Whatever `keep` raises, the other side hears 451.
    """

    hostname: str
    accepts: Callable[[str], bool]
    keep: Callable[[Arrived], Awaitable[None]]
    largest: int
    tls: ssl.SSLContext | None = None
    command_seconds: float = COMMAND_SECONDS
    session_seconds: float = SESSION_SECONDS


@asynccontextmanager
async def listening(door: MailDoor, host: str, port: int) -> AsyncIterator[int]:
    """Take mails while the context lasts, then finish those in hand; gives the port. Raises OSError."""
    loop, room = asyncio.get_running_loop(), _Room(door)
    server = await loop.create_server(lambda: _Caller(room), host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await room.leave()
        await server.wait_closed()


@dataclass(slots=True)
class _Room:
    """All callers together: who they are, and how many bytes they have brought that are not kept yet."""

    door: MailDoor
    callers: set["_Caller"] = field(default_factory=set)
    peers: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def enter(self, caller: "_Caller", peer: str) -> bool:
        if len(self.callers) >= MOST_CONNECTIONS or self.peers[peer] >= MOST_FROM_ONE_PEER:
            return False
        self.callers.add(caller)
        self.peers[peer] += 1
        return True

    def exit(self, caller: "_Caller", peer: str) -> None:
        if caller in self.callers:
            self.callers.discard(caller)
            self.peers -= Counter({peer: 1})
            self.left.set()

    def reserve(self, count: int) -> bool:
        """Whether so many more bytes may be held; negative gives them back."""
        if count > 0 and self.in_flight + count > MOST_IN_FLIGHT:
            return False
        self.in_flight += count
        return True

    async def leave(self) -> None:
        """Say goodbye to who waits, let who brings a mail finish."""
        for caller in list(self.callers):
            caller.dismiss()
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISH_SECONDS):
                while self.callers:
                    self.left.clear()
                    await self.left.wait()
        for caller in list(self.callers):
            caller.abort()


class _Caller(SMTP):
    """One connection. The library speaks the dialogue; connections, time and DATA are ours."""

    def __init__(self, room: _Room) -> None:
        door = room.door
        super().__init__(
            _Answers(room),
            data_size_limit=door.largest,
            enable_SMTPUTF8=True,
            hostname=door.hostname,
            ident=IDENT,
            tls_context=door.tls,
            timeout=door.command_seconds,
            auth_exclude_mechanism=_MECHANISMS,
            command_call_limit=CALLS,
            loop=asyncio.get_running_loop(),
        )
        self._room, self._peer, self._in = room, "", False
        self._taking, self._dismissed = False, False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._in:  # the same caller again, after STARTTLS
            super().connection_made(transport)
            return
        address = transport.get_extra_info("peername")
        self._peer = str(address[0]) if address else ""
        self._in = self._room.enter(self, self._peer)
        if not self._in:
            _say_and_close(transport, TOO_MANY)
            return
        self._deadline = self.loop.call_later(self._room.door.session_seconds, self.abort)
        super().connection_made(transport)
        assert self._handler_coroutine is not None
        self._handler_coroutine.add_done_callback(_seen)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._in:
            return
        if self._deadline is not None:
            self._deadline.cancel()
        self._room.exit(self, self._peer)
        if self.transport is not None:  # the library comes here twice when TLS fails
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        return super().eof_received() if self._in else False

    def dismiss(self) -> None:
        """The listener stops: goodbye, unless a mail is being taken."""
        self._dismissed = True
        if not self._taking:
            self._goodbye(GOING_DOWN)

    def abort(self) -> None:
        """No more patience."""
        transport = self._original_transport or self.transport
        if transport is not None:
            cast(asyncio.WriteTransport, transport).abort()

    def _timeout_cb(self) -> None:
        self._goodbye("421 4.4.2 Waited too long")

    def _goodbye(self, reply: str) -> None:
        if self.transport is not None:
            _say_and_close(self.transport, reply)
            self.loop.call_later(1.0, self.abort)  # who doesn't read would stay for ever

    async def smtp_DATA(self, arg: str | None) -> None:
        if self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Need RCPT first")
        elif arg:
            await self.push("501 5.5.4 Syntax: DATA")
        else:
            await self._take(self.envelope)
        if self._dismissed:
            self._goodbye(GOING_DOWN)

    async def _take(self, envelope: Envelope) -> None:
        self._taking, reserved = True, 0
        await self.push("354 End data with <CR><LF>.<CR><LF>")

        def came(count: int) -> bool:
            nonlocal reserved
            if not self._room.reserve(count):
                return False
            reserved += count
            return True

        try:
            terms = Terms(self._room.door.largest, came, self._reset_timeout)
            taken = await take_data(self._reader, terms)
            reply = taken.refusal or await self._keep(envelope, taken.raw)
        finally:
            self._taking = False
            self._room.reserve(-reserved)
            self.envelope = self._create_envelope()
        await self.push(reply)
        if taken.hopeless:
            self._goodbye("421 4.7.0 Goodbye")

    async def _keep(self, envelope: Envelope, raw: bytes) -> str:
        self._reset_timeout()
        sender = "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from)
        recipients = tuple(dict.fromkeys(each.lower() for each in envelope.rcpt_tos))
        try:
            await self._room.door.keep(Arrived(self._peer, sender, recipients, raw))
        except Exception as error:
            journal.unexpected("listener", error)
            return TEMPORARY
        return "250 2.0.0 Kept"


@dataclass(frozen=True, slots=True)
class _Answers:
    """What the library asks on the way."""

    room: _Room

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        *kept, last = [line for line in responses if not line.startswith(("250-AUTH", "250 HELP"))]
        return [*kept, last.replace("250-", "250 ", 1)]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.room.door.accepts(address):
            return "550 5.1.1 No such address here"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_VRFY(self, server: SMTP, session: Session, envelope: Envelope, address: str) -> str:
        return "252 2.5.1 Send it and see"

    async def handle_exception(self, error: Exception) -> str:
        journal.unexpected("listener", error)
        return TEMPORARY


def _say_and_close(transport: asyncio.BaseTransport, reply: str) -> None:
    if not transport.is_closing():  # TLS that is closing takes no more words
        cast(asyncio.WriteTransport, transport).write(f"{reply}\r\n".encode("ascii"))
        transport.close()


def _seen(handler: "asyncio.Task[None]") -> None:
    """A caller who hangs up is nobody's error."""
    if not handler.cancelled():
        handler.exception()
