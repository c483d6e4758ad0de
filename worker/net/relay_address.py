"""Where the relay is, how to speak to it and how long to wait for it."""

import ssl
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

Scheme = Literal["smtp", "smtps", "smtp+starttls"]
_PORTS: dict[str, tuple[Scheme, int]] = {
    "smtp": ("smtp", 25),
    "smtps": ("smtps", 465),
    "smtp+starttls": ("smtp+starttls", 587),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayAddress:
    """Where the relay is and how to speak to it. `tls` holds whom we trust; make it once, it costs milliseconds."""

    scheme: Scheme
    host: str
    port: int
    local_hostname: str  # always ours to say: the library would ask DNS for it, which can be slow
    user: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. RFC 5321, 4.5.3.2: the answer to the dot may take ten minutes, and giving up early makes copies."""

    connect: float = 30
    command: float = 60
    data: float = 600
    quit: float = 5  # the mail is sent; courtesy has its limits


def relay_address(url: str, local_hostname: str, ca_file: str | None = None) -> RelayAddress:
    """Reads `smtp://`, `smtps://` or `smtp+starttls://user:password@host:port`.

    Raises ValueError, whose words never hold the password: Python's own would."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("the relay's URL is no URL; write special letters of the password as %XX") from None
    if parts.scheme not in _PORTS:
        raise ValueError("the relay's URL starts with smtp://, smtps:// or smtp+starttls://")
    scheme, port = _PORTS[parts.scheme]
    try:
        host, port = parts.hostname, parts.port or port
    except ValueError:
        raise ValueError("the relay's URL has no valid port; write special letters of the password as %XX") from None
    if not host or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("the relay's URL is scheme://user:password@host:port; write special letters as %XX")
    return RelayAddress(
        scheme=scheme,
        host=host,
        port=port,
        local_hostname=local_hostname,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=None if scheme == "smtp" else ssl.create_default_context(cafile=ca_file),
    )
