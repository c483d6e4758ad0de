"""A real SMTP server on loopback that takes every mail but to those it doesn't know, and keeps it for tests to look at.

One that misbehaves at will is another thing; this one is the relay on a good day.
"""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from support.certificate import Certificate

Tls = Literal["none", "starttls", "implicit"]

_PATIENCE = 10.0  # seconds: far longer than anything should take, short enough for a failing run


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail for one envelope, as it came."""

    sender: str  # of the envelope; empty for a bounce's null sender
    recipients: tuple[str, ...]
    raw: bytes
    tls: bool
    user: str | None  # who authenticated

    def message(self) -> EmailMessage:
        return BytesParser(policy=default).parsebytes(self.raw)


@dataclass(frozen=True, slots=True)
class SinkRules:
    tls: Tls = "none"
    certificate: Certificate | None = None  # needed with TLS
    user: str = ""  # not empty: AUTH is demanded
    password: str = ""
    unknown: tuple[str, ...] = ()  # recipients whom it refuses
    replies: Mapping[str, str] = field(default_factory=dict)  # what else it says to recipients
    largest: int | None = None  # bytes of a mail, as it announces them


@dataclass(eq=False)
class Sink:
    rules: SinkRules
    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    connections: int = 0  # how many were ever made
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        """As a setting names a relay."""
        scheme = {"none": "smtp", "starttls": "smtp+starttls", "implicit": "smtps"}[self.rules.tls]
        login = f"{self.rules.user}:{self.rules.password}@" if self.rules.user else ""
        return f"{scheme}://{login}127.0.0.1:{self.port}"

    def mails_to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if address in mail.recipients]

    async def wait_for(self, count: int, timeout: float = _PATIENCE) -> list[Mail]:
        """All mails, once there are `count` or more."""
        try:
            async with asyncio.timeout(timeout), self._arrived:
                await self._arrived.wait_for(lambda: len(self.mails) >= count)
        except TimeoutError:
            raise AssertionError(f"{len(self.mails)} of {count} mails came in {timeout} s") from None
        return list(self.mails)

    async def keep(self, mail: Mail) -> None:
        async with self._arrived:
            self.mails.append(mail)
            self._arrived.notify_all()


MakeSink = Callable[[SinkRules], Awaitable[Sink]]


@asynccontextmanager
async def running_sink(rules: SinkRules, port: int = 0) -> AsyncIterator[Sink]:
    """A sink that listens; with `port`, where an earlier one listened."""
    sink = Sink(rules)
    sessions: list[SMTP] = []
    context = rules.certificate.server_context() if rules.certificate else None

    def connected() -> SMTP:
        sink.connections += 1
        sessions.append(_session(sink, context))
        return sessions[-1]

    implicit = context if rules.tls == "implicit" else None
    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", port, ssl=implicit)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        for session in sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        await server.wait_closed()


class _Keeper:
    """What aiosmtpd asks when a recipient is named and when a mail has come."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._sink.rules.unknown:
            return "550 5.1.1 no such mailbox here"
        if address in self._sink.rules.replies:
            return self._sink.rules.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.content
        assert isinstance(raw, bytes)
        sender = envelope.mail_from or ""
        await self._sink.keep(
            Mail(
                sender="" if sender == "<>" else sender,
                recipients=tuple(envelope.rcpt_tos),
                raw=raw,
                tls=self._sink.rules.tls == "implicit" or session.ssl is not None,
                user=self._sink.rules.user if session.authenticated else None,
            )
        )
        return "250 2.0.0 kept"


def _session(sink: Sink, context: ssl.SSLContext | None) -> SMTP:
    rules = sink.rules

    def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
        right = LoginPassword(rules.user.encode(), rules.password.encode())
        return AuthResult(success=given == right, handled=False)

    with warnings.catch_warnings():  # it warns of AUTH without TLS, which is what some tests are about
        warnings.simplefilter("ignore")
        return SMTP(
            _Keeper(sink),
            loop=asyncio.get_running_loop(),
            hostname="sink.example.org",
            data_size_limit=rules.largest,
            enable_SMTPUTF8=True,
            tls_context=context if rules.tls == "starttls" else None,
            require_starttls=rules.tls == "starttls",
            auth_required=bool(rules.user),
            auth_require_tls=rules.tls == "starttls",
            authenticator=login,
        )
