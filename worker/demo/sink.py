"""The demo's relay: an SMTP server on loopback that takes every mail, keeps the newest in memory and passes none on."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from aiosmtpd.smtp import SMTP, Envelope, Session

MOST_MAILS = 500
"""Older ones are forgotten: the demo may run for days."""
LARGEST_MAIL = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A mail as it came. `number` counts from 1, `at` is in seconds since 1970."""

    number: int
    at: float
    sender: str
    recipients: tuple[str, ...]
    raw: bytes


@dataclass(slots=True)
class Kept:
    """The newest mails; `arrived` is told of each."""

    arrived: Callable[[KeptMail], None]
    _mails: deque[KeptMail] = field(default_factory=lambda: deque(maxlen=MOST_MAILS))
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def keep(self, sender: str, recipients: tuple[str, ...], raw: bytes) -> None:
        """Keep a mail."""
        mail = KeptMail(next(self._numbers), time.time(), sender, recipients, raw)
        self._mails.append(mail)
        self.arrived(mail)

    def newest_first(self) -> list[KeptMail]:
        """All that are kept."""
        return list(reversed(self._mails))

    def by_number(self, number: int) -> KeptMail | None:
        """The mail of a number, None where it never was or is forgotten."""
        return next((mail for mail in self._mails if mail.number == number), None)


@asynccontextmanager
async def running_sink(kept: Kept) -> AsyncIterator[int]:
    """The sink, listening on a free port of this machine alone; the port is given."""
    loop = asyncio.get_running_loop()
    sessions: set[SMTP] = set()

    def connected() -> SMTP:
        session = SMTP(_Hooks(kept), loop=loop, hostname="sink.example.org", data_size_limit=LARGEST_MAIL)
        sessions.add(session)
        return session

    server = await loop.create_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for session in sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        await server.wait_closed()


class _Hooks:
    """What aiosmtpd asks."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        self._kept.keep(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw)
        return "250 2.0.0 Kept for the demo's mailbox"

    async def handle_exception(self, error: Exception) -> str:
        return "451 4.3.0 Temporary failure"  # else the library would quote the error in a permanent refusal
