"""The mail door as the program gives it to the listener, and a mail as the listener hands it over."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from worker.core.client_network import Network

COMMAND_SECONDS, SESSION_SECONDS = 60.0, 600.0


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail as it came, with its envelope; the null sender is empty, recipients are in lower case.

    `helo` is what the peer calls itself.
    """

    peer: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    helo: str | None = None


@dataclass(frozen=True, slots=True)
class MailDoor:
    """What the listener is given. `accepts` says whether a recipient is ours; `keep` returns once a mail is durable.

    Whatever `keep` raises, the other side hears 451. `tls` gives the certificate as it is now, `trusted` are the
    networks of mail servers in front.
    """

    hostname: str
    accepts: Callable[[str], bool]
    keep: Callable[[Arrived], Awaitable[None]]
    largest: int
    tls: Callable[[], ssl.SSLContext] | None = None
    trusted: Sequence[Network] = ()
    command_seconds: float = COMMAND_SECONDS
    session_seconds: float = SESSION_SECONDS
