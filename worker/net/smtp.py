"""A connection to the relay: opened once, kept, and used for one mail after the other.

Rules:
- Nothing the relay or the network does raises here: each end is an `Outcome`, told apart by the step it came at.
- `send` issues MAIL at once: what must be committed before a mail is begun is committed before the call.
- After a timeout, a loss or a reply that isn't SMTP the connection is thrown away, for a late reply would be taken
  as the answer to the next command. Ask `usable` before the next mail.
"""

import asyncio
import contextlib
import re

from aiosmtplib import SMTP, SMTPException, SMTPResponse, SMTPResponseException
from aiosmtplib.email import parse_address

from worker.core.outcome import Outcome, Phase, Result, replied
from worker.net.relay_address import RelayAddress, Timeouts
from worker.net.smtp_end import abort, expect_silence, outcome_of, redacted, unread
from worker.net.smtp_opening import Opening


async def open_connection(relay: RelayAddress, timeouts: Timeouts) -> "Connection | Outcome":
    """Connects, greets, secures and signs in. What isn't a connection is why not; then nothing is left open."""
    opening = Opening(relay, timeouts)
    try:
        return Connection(await opening.run(), timeouts)
    except asyncio.CancelledError:
        opening.abandon()
        raise
    except Exception as exc:  # whatever a broken relay provokes in the library is an outcome
        opening.abandon()
        return redacted(opening.outcome(exc), relay.password)


# A 250 that came too early, behind the 354, would leave the true answer to the dot unread: then nothing is sure.
# A relay that closes (421) or babbles behind its 250 has taken the mail all the same.
_SECOND_ANSWER = re.compile(rb"(?!421)[2-5]\d\d[ \r\n-]")

_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")  # no quoting needed: RFC 5321, 4.1.2


class Connection:
    """One open connection, for one mail at a time."""

    __slots__ = ("_client", "_mails", "_phase", "_spoiled", "_timeouts", "_transport")

    def __init__(self, client: SMTP, timeouts: Timeouts) -> None:
        self._client = client
        self._timeouts = timeouts
        self._transport = client.transport
        self._phase = Phase.MAIL
        self._mails = 0
        self._spoiled = False

    @property
    def usable(self) -> bool:
        """May take another mail, as far as can be known without asking the relay."""
        return not self._spoiled and self._client.is_connected

    @property
    def mails(self) -> int:
        """How many mails were begun on it."""
        return self._mails

    async def send(self, sender: str, recipient: str, raw: bytes) -> Outcome:
        """Offers one mail, as bytes ready to go, to one recipient."""
        unsupported = self._unsupported(sender, recipient)
        if unsupported is not None:
            return unsupported
        kept, self._mails = self._mails > 0, self._mails + 1
        try:
            outcome = await self._dialogue(sender, recipient, raw)
        except asyncio.CancelledError:
            self._throw_away()
            raise
        except Exception as exc:  # as above
            outcome = outcome_of(self._phase, exc)
        await self._settle(outcome)
        return _stale(outcome) if kept and outcome.phase is Phase.MAIL else outcome

    async def close(self) -> None:
        """Says goodbye if that can be done. A mail answered with 250 is sent, whatever QUIT brings."""
        try:
            if self.usable:
                with contextlib.suppress(SMTPException, OSError, RuntimeError):
                    await self._client.quit(timeout=self._timeouts.quit)
        finally:
            self._throw_away()

    async def _dialogue(self, sender: str, recipient: str, raw: bytes) -> Outcome:
        """No SIZE is announced: a mail that is too big is then refused at DATA, as its own fault, not the sender's."""
        # The library's own mail() and rcpt() parse each address again, which `_writable` has settled.
        self._phase = Phase.MAIL
        options = self._mail_options(sender, recipient, raw)
        await self._command(b"MAIL", f"FROM:<{sender}>".encode(), *options)
        self._phase = Phase.RCPT
        await self._command(b"RCPT", f"TO:<{recipient}>".encode(), good=(250, 251))
        self._phase = Phase.DATA
        answer = await self._data(raw)
        rest = unread(self._client)
        if rest:
            self._spoiled = True
            if _SECOND_ANSWER.match(rest):
                raise SMTPResponseException(-1, "more replies than commands")
        return replied(Phase.DATA, answer.code, answer.message)

    async def _command(self, *words: bytes, good: tuple[int, ...] = (250,)) -> None:
        answer = await self._client.execute_command(*words, timeout=self._timeouts.command)
        if answer.code not in good:
            raise SMTPResponseException(answer.code, answer.message)
        expect_silence(self._client)

    async def _data(self, raw: bytes) -> SMTPResponse:
        """The library's data() goes through the mail twice to mend its line ends: ours needs only its dots doubled."""
        protocol, timeout = self._client.protocol, self._timeouts.data
        if protocol is None or not _has_whole_lines(raw):
            return await self._client.data(raw, timeout=timeout)
        answer = await self._client.execute_command(b"DATA", timeout=timeout)
        if answer.code != 354:
            raise SMTPResponseException(answer.code, answer.message)
        protocol.write(_dotted(raw))
        answer = await protocol.read_response(timeout=timeout)
        if answer.code != 250:
            raise SMTPResponseException(answer.code, answer.message)
        return answer

    def _mail_options(self, sender: str, recipient: str, raw: bytes) -> list[bytes]:
        options = []
        if not raw.isascii() and self._client.supports_extension("8bitmime"):
            options.append(b"BODY=8BITMIME")
        if not (sender.isascii() and recipient.isascii()):
            options.append(b"SMTPUTF8")
        return options

    def _unsupported(self, sender: str, recipient: str) -> Outcome | None:
        """An address that can't go on a command line, or that the relay has no way to read."""
        for phase, address in ((Phase.MAIL, sender), (Phase.RCPT, recipient)):
            if not _writable(address) or (not address and phase is Phase.RCPT):  # only a sender may be null
                return Outcome(phase, Result.UNSUPPORTED, text="this address can't be written in SMTP")
            if not address.isascii() and self.usable and not self._client.supports_extension("smtputf8"):
                return Outcome(
                    phase, Result.UNSUPPORTED, text="the relay takes no address with such letters (SMTPUTF8)"
                )
        return None

    async def _settle(self, outcome: Outcome) -> None:
        """Leaves the connection ready for the next mail, or gone."""
        if outcome.result is Result.ACCEPTED and self.usable:
            return
        if outcome.result is not Result.REFUSED or not self.usable or unread(self._client):
            self._throw_away()
        elif outcome.phase is not Phase.MAIL:  # the refused mail's sender still stands there: RFC 5321, 4.1.1.5
            await self._reset()

    async def _reset(self) -> None:
        try:
            await self._client.rset(timeout=self._timeouts.command)
            expect_silence(self._client)
        except asyncio.CancelledError:
            self._throw_away()
            raise
        except (SMTPException, OSError, RuntimeError):
            self._throw_away()

    def _throw_away(self) -> None:
        """At once: a polite close would wait for a peer that reads nothing more, and keep the socket."""
        self._spoiled = True
        abort(self._client, self._transport)


def _stale(outcome: Outcome) -> Outcome:
    """Relays close kept connections when they like; the mail that finds out is not the worse for it."""
    gone = outcome.result in (Result.LOST, Result.TIMEOUT) or outcome.code == 421
    return Outcome(Phase.MAIL, Result.STALE, outcome.code, outcome.enhanced, outcome.text) if gone else outcome


def _has_whole_lines(raw: bytes) -> bool:
    """Every CR stands before an LF and every LF behind a CR: a bare one could end the mail early for some relays."""
    return raw.endswith(b"\r\n") and raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r")


def _dotted(raw: bytes) -> bytes:
    """RFC 5321, 4.5.2: a dot that begins a line is doubled, and a dot alone ends the mail."""
    first = b"." if raw.startswith(b".") else b""
    return first + raw.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def _writable(address: str) -> bool:
    """The library reads an address before it writes it: what comes out must be what went in, or a stranger gets it."""
    if _PLAIN.fullmatch(address):  # nearly all; the library's reading costs more than the rest of this module
        return True
    try:
        return parse_address(address) == address
    except ValueError:
        return False
