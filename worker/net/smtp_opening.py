"""The way to a connection that may send: connect, greeting, EHLO, TLS, login, told apart step by step.

TLS is never left out where it was asked for, and a password never crosses a network in the clear.
"""

import asyncio
from ipaddress import ip_address
from socket import gaierror

from aiosmtplib import SMTP, SMTPException

from worker.core.outcome import Outcome, Phase, Result, cleaned
from worker.net.relay_address import RelayAddress, Timeouts
from worker.net.smtp_end import EndedError, abort, expect_silence, outcome_of

_AUTH_METHODS = ("plain", "login", "cram-md5")  # the first that is offered, once: more tries can lock the account


class Opening:
    """The steps from nothing to a connection that may send, and how far they came."""

    __slots__ = ("_client", "_phase", "_relay", "_timeouts", "_transport", "greeting")

    def __init__(self, relay: RelayAddress, timeouts: Timeouts) -> None:
        self._relay = relay
        self._timeouts = timeouts
        self._phase = Phase.CONNECT
        self.greeting = ""
        self._transport: asyncio.BaseTransport | None = None  # kept, for the library forgets it in a polite close
        self._client = SMTP(
            hostname=relay.host,
            port=relay.port,
            local_hostname=relay.local_hostname,
            use_tls=relay.scheme == "smtps",
            start_tls=False,  # ours to do: the library's own way doesn't tell the steps apart
            tls_context=relay.tls,
            timeout=timeouts.command,
        )

    async def run(self) -> SMTP:
        self.greeting = (await self._client.connect(timeout=self._timeouts.connect)).message
        self._phase, self._transport = Phase.GREETING, self._client.transport
        expect_silence(self._client)
        await self._ehlo()
        if self._relay.scheme == "smtp+starttls":
            await self._starttls()
            await self._ehlo()  # RFC 3207, 4.2: what was said before TLS counts no more
        if self._relay.user:
            self._phase = Phase.AUTH
            await self._sign_in()
            expect_silence(self._client)
        return self._client

    def outcome(self, exc: Exception) -> Outcome:
        """The library connects and reads the greeting in one call; the cause tells which of the two failed."""
        if self._phase is not Phase.CONNECT:
            return outcome_of(self._phase, exc)
        cause = exc.__cause__ if isinstance(exc.__cause__, Exception) else exc
        if isinstance(cause, gaierror | UnicodeError):  # asyncio encodes the host's name before it looks it up
            return Outcome(Phase.CONNECT, Result.DNS_FAILED, text=cleaned(str(exc)))
        return outcome_of(Phase.GREETING if isinstance(cause, SMTPException) else Phase.CONNECT, cause)

    def abandon(self) -> None:
        abort(self._client, self._transport)

    async def _ehlo(self) -> None:
        """No HELO instead: a relay without ESMTP offers neither TLS nor login nor 8-bit mail."""
        self._phase = Phase.EHLO
        await self._client.ehlo(timeout=self._timeouts.command)
        expect_silence(self._client)

    async def _starttls(self) -> None:
        self._phase = Phase.STARTTLS
        if not self._client.supports_extension("starttls"):
            raise EndedError(Result.TLS_FAILED, "the relay does not offer STARTTLS")
        await self._client.starttls(timeout=self._timeouts.command)
        self._transport = self._client.transport

    async def _sign_in(self) -> None:
        client, user, password = self._client, self._relay.user, self._relay.password
        encrypted = client.get_transport_info("sslcontext") is not None
        if not may_send_password(encrypted, client.get_transport_info("peername")[0]):
            raise EndedError(Result.UNSUPPORTED, "the password is not sent: the connection is not encrypted")
        method = next((m for m in _AUTH_METHODS if m in client.server_auth_methods), None)
        if method == "plain":
            await client.auth_plain(user, password, timeout=self._timeouts.command)
        elif method == "login":
            await client.auth_login(user, password, timeout=self._timeouts.command)
        elif method == "cram-md5":
            await client.auth_crammd5(user, password, timeout=self._timeouts.command)
        else:
            raise EndedError(Result.UNSUPPORTED, "the relay offers no login that we know")


def may_send_password(encrypted: bool, peer: str) -> bool:
    """In the clear it stays on this machine; that is told by the peer's address, for a name can point anywhere."""
    return encrypted or ip_address(peer.partition("%")[0]).is_loopback
