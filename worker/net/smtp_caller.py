"""One connection to the mail door: its dialogue, from the greeting to the end.

The library (`aiosmtpd`) knows the commands, their syntax and STARTTLS. The loop over lines, addresses, limits, time and
DATA are ours.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session, TLSSetupException

from worker import journal
from worker.net.mail_door import Arrived, MailDoor
from worker.net.smtp_data import Terms, take_data
from worker.net.smtp_lines import Command, Refusal, next_command, read_path
from worker.net.smtp_room import Room

IDENT = "ESMTP"
"""What the greeting says of us: no name, no version."""
MOST_RECIPIENTS = 5
CALLS = {"MAIL": 1_000, "RCPT": 2_000, "DATA": 1_000, "RSET": 1_000}
"""Commands in one session. A busy relay brings many mails, but says all else only so often."""
MOST_CALLS = 50
MOST_NONSENSE = 10
"""Lines of a session that are no command of ours."""
LINGER_SECONDS = 1.0
"""For last words to be heard."""
GOING_DOWN = "421 4.3.2 Going down, come again later"
TEMPORARY = "451 4.3.0 Temporary failure, come again later"

_COMMANDS = frozenset("EHLO HELO MAIL RCPT DATA RSET NOOP QUIT VRFY HELP STARTTLS".split())
_LONGEST_NAME = 255  # of a host (RFC 5321 section 4.5.3.1.2)
_ASCII_ONLY = "553 5.6.7 Such an address needs SMTPUTF8 at MAIL"  # RFC 6531 section 3.5


class Caller(SMTP):
    """The library's protocol, as far as it goes."""

    line_length_limit = 16 * 1024  # of what is read ahead; a command line has a limit of its own

    def __init__(self, door: MailDoor, room: Room) -> None:
        super().__init__(
            _Answers(door),
            data_size_limit=door.largest,
            enable_SMTPUTF8=True,
            hostname=door.hostname,
            ident=IDENT,
            tls_context=door.tls() if door.tls else None,
            timeout=door.command_seconds,
            loop=asyncio.get_running_loop(),
        )
        self._door, self._room, self._peer, self._in = door, room, "", False
        self._taking, self._dismissed = False, False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._in:  # the same caller again, after STARTTLS
            super().connection_made(transport)
            return
        address = transport.get_extra_info("peername")
        self._peer = str(address[0]) if address else ""
        if self._room.closing:
            _say_and_close(transport, GOING_DOWN)
        elif not self._room.enter(self, self._peer):
            _say_and_close(transport, "421 4.7.0 Too many connections, come again later")
        else:
            self._in = True
            self._deadline = self.loop.call_later(self._door.session_seconds, self.abort)
            super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._leave()
        if self._in and self.transport is not None:
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        return super().eof_received() if self._in else False

    def dismiss(self) -> None:
        """The door closes: goodbye, unless a mail is being taken."""
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
            self._hang_up()

    async def _see_off(self, reply: str) -> None:
        """Goodbye to one who may still be talking: a line that is cut with bytes unread takes the reply with it."""
        await self.push(reply)
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while await self._reader.read(self.line_length_limit):
                    pass
        self._hang_up()

    def _hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()
            self.loop.call_later(LINGER_SECONDS, self.abort)  # who doesn't read would stay for ever

    async def _handle_client(self) -> None:
        """The library's own loop takes bare line feeds, and tells callers of our faults."""
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, TLSSetupException):
                await self.push(f"220 {self.hostname} {IDENT}")
                await self._converse()
        finally:
            self._hang_up()
            if self._tls_protocol is not None and not self._is_private():
                self._leave()  # nobody is told of a connection that is lost within the TLS handshake

    def _leave(self) -> None:
        self._room.exit(self)
        for timer in (self._deadline, self._timeout_handle):
            if timer is not None:
                timer.cancel()

    async def _converse(self) -> None:
        said, nonsense = Counter[str](), 0
        while self.transport is not None and not self.transport.is_closing():
            command = await next_command(self._reader)
            if isinstance(command, Command) and command.verb in _COMMANDS:
                await self._obey(command, said)
                continue
            refusal = command if isinstance(command, Refusal) else Refusal("500 5.5.1 No such command here")
            nonsense += 1
            if refusal.hopeless:
                await self._see_off(refusal.reply)
            elif nonsense > MOST_NONSENSE:
                self._goodbye("421 4.7.0 Too much nonsense")
            else:
                await self.push(refusal.reply)

    async def _obey(self, command: Command, said: Counter[str]) -> None:
        said[command.verb] += 1
        if said[command.verb] > CALLS.get(command.verb, MOST_CALLS):
            self._goodbye(f"421 4.7.0 {command.verb} was said too often")
            return
        self._reset_timeout()
        try:
            await getattr(self, f"smtp_{command.verb}")(command.argument)
        except (ConnectionError, asyncio.IncompleteReadError, TLSSetupException):
            raise
        except Exception as error:
            journal.unexpected("listener", error)
            await self.push(TEMPORARY)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        return read_path(arg) or (None, None)

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        if self._tls_protocol is not None or self._door.tls is None:
            await self.push("503 5.5.1 No TLS now")
        else:
            self.tls_context = self._door.tls()
            await super().smtp_STARTTLS(arg)
            if not arg and not self._is_private():
                raise ConnectionResetError  # within the handshake

    def _is_private(self) -> bool:
        return self.session is not None and self.session.ssl is not None

    async def smtp_HELP(self, arg: str | None) -> None:
        await self.push("214 2.0.0 RFC 5321 tells all")

    async def smtp_VRFY(self, arg: str | None) -> None:
        await self.push("252 2.5.1 Send it and see" if arg else "501 5.5.4 Syntax: VRFY address")

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
            terms = Terms(self._door.largest, came, self._reset_timeout)
            taken = await take_data(self._reader, terms)
            reply = taken.refusal or await self._keep(envelope, taken.raw)
        finally:
            self._taking = False
            self._room.reserve(-reserved)
            self.envelope = self._create_envelope()
        if taken.hopeless:
            await self._see_off(reply)
        else:
            await self.push(reply)

    async def _keep(self, envelope: Envelope, raw: bytes) -> str:
        self._reset_timeout()
        sender = "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from)
        recipients = tuple(dict.fromkeys(each.lower() for each in envelope.rcpt_tos))
        try:
            await self._door.keep(Arrived(self._peer, sender, recipients, raw, self._helo()))
        except Exception as error:
            journal.unexpected("listener", error)
            return TEMPORARY
        return "250 2.0.0 Kept"

    def _helo(self) -> str | None:
        said = str(self.session.host_name or "") if self.session else ""
        return "".join(each for each in said if "!" <= each <= "~")[:_LONGEST_NAME] or None


@dataclass(frozen=True, slots=True)
class _Answers:
    """What the library asks on the way."""

    door: MailDoor

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        kept = [line for line in responses if not line.startswith(("250-AUTH", "250 HELP"))]
        return [*kept, "250 PIPELINING"]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not address.isascii() and not envelope.smtp_utf8:
            return _ASCII_ONLY
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not address.isascii() and not envelope.smtp_utf8:
            return _ASCII_ONLY
        if not self.door.accepts(address):
            return "550 5.1.1 No such address here"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"


def _say_and_close(transport: asyncio.BaseTransport, reply: str) -> None:
    if not transport.is_closing():  # TLS that is closing takes no more words
        cast(asyncio.WriteTransport, transport).write(f"{reply}\r\n".encode("ascii"))
        transport.close()
