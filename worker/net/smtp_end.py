"""How a dialogue with the relay ends: what the library raised as an outcome, and the socket gone.

The library lets some of asyncio's and ssl's own exceptions through, and reads replies that nobody asked for.
"""

import asyncio
import re
import ssl

from aiosmtplib import SMTP, SMTPResponseException, SMTPServerDisconnected, SMTPTimeoutError

from worker.core.outcome import Outcome, Phase, Result, cleaned, replied


class EndedError(Exception):
    """We end it ourselves, for the reason given."""

    def __init__(self, result: Result, text: str) -> None:
        super().__init__(text)
        self.result = result


def outcome_of(phase: Phase, exc: Exception) -> Outcome:
    if isinstance(exc, SMTPResponseException):
        return replied(phase, exc.code, exc.message)
    return Outcome(phase, _result(phase, exc), text=cleaned(str(exc) or type(exc).__name__))


def _result(phase: Phase, exc: Exception) -> Result:
    if isinstance(exc, EndedError):
        return exc.result
    if isinstance(exc, ssl.SSLError) and phase in (Phase.CONNECT, Phase.STARTTLS):
        return Result.TLS_FAILED
    if isinstance(exc, SMTPTimeoutError | TimeoutError):
        return Result.TIMEOUT
    if isinstance(exc, SMTPServerDisconnected | OSError):
        return Result.LOST
    return Result.GARBAGE


def redacted(outcome: Outcome, password: str) -> Outcome:
    """Some relays quote the refused command in their reply, and with it the login in base64."""
    if outcome.phase is not Phase.AUTH:
        return outcome
    text = re.sub(r"[A-Za-z0-9+/]{12,}={0,2}", "…", outcome.text)
    text = text.replace(password, "…") if password else text
    return Outcome(outcome.phase, outcome.result, outcome.code, outcome.enhanced, text, outcome.retry_after)


def unread(client: SMTP) -> bytes:
    """Replies without a command, left in the library's buffer: it would take them for the answer to what comes next.

    It offers no public way to see them. Should the attribute go, this check falls away and a test says so.
    """
    return bytes(getattr(client.protocol, "_buffer", b""))


def expect_silence(client: SMTP) -> None:
    if unread(client):
        raise SMTPResponseException(-1, "more replies than commands")


def abort(client: SMTP, transport: asyncio.BaseTransport | None) -> None:
    if isinstance(transport, asyncio.WriteTransport) or hasattr(transport, "abort"):
        transport.abort()  # type: ignore[union-attr]  # uvloop's transports are no asyncio.WriteTransport
    client.close()
