"""Where the mailbox is, who we are there, and how long to wait for it."""

import ssl
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxAddress:
    """`tls` is None for a plain connection, which never leaves this machine; `folder` is the one that is watched.

    Whoever logs in with a token has `token_command`, which prints one; else there is a `password`.
    """

    host: str
    port: int
    user: str
    folder: str
    password: str = field(default="", repr=False)
    token_command: tuple[str, ...] = field(default=(), repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What tells this mailbox from any other."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds. An IDLE is renewed often, for a connection that died without a word shows only then; hosts allow 29
    minutes (RFC 2177), address translators forget a quiet connection after two.
    """

    connect: float = 30
    command: float = 30
    idle: float = 45
    end_idle: float = 10
    token: float = 30
    pace: int = 32 * 1024  # bytes that come in `command` seconds from who is slow; from who hangs, or drips, fewer do
