"""The kinds of value that a setting may hold.

Those that may hold a secret keep it in a `SecretStr`, so that no log line and no error can show it by accident.
"""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Security = Literal["plain", "tls", "starttls"]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A person or shop in a mail's header: `Name <address>`; the name may be empty."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a server listens; port 0 takes any free one."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server to connect to: the relay, or an IMAP account, whose mailbox is `mailbox`."""

    security: Security
    host: str
    port: int
    user: str | None = None
    password: SecretStr | None = None
    mailbox: str = ""

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class Database:
    """The one database; `path` is SQLite's file, None for PostgreSQL. The URL may hold a password."""

    kind: Literal["sqlite", "postgresql"]
    url: SecretStr
    path: Path | None


def is_loopback(host: str) -> bool:
    """Whether the host is this machine by its name alone; nothing is looked up."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
