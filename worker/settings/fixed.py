"""What can't change while the program runs: where it listens, what it owns, and whose mailbox it watches.

Each is bound to a socket, a lock or a lease that was taken at the start; all else may change under way.
"""

from typing import Any, TypeVar

from pydantic import BaseModel

from worker.settings.made import value_of
from worker.settings.names import Key
from worker.settings.whole import Settings

T = TypeVar("T", bound=BaseModel)

FIXED: tuple[Key, ...] = (
    ("state_dir",),
    ("database_url",),
    ("hub", "listen"),
    ("ops", "listen"),
    ("mail", "access_address"),
    *(("inbound", name) for name in ("smtp_listen", "imap_url", "imap_token_command", "tls_cert", "tls_key")),
    *(("inbound", name) for name in ("trusted_peers", "max_message")),
)


def changed_in_vain(new: Settings, running: Settings) -> list[str]:
    """The names of those that differ and need a restart."""
    return [".".join(key) for key in FIXED if value_of(new, key) != value_of(running, key)]


def keeping_fixed(new: Settings, running: Settings) -> Settings:
    """The new settings, with these as they are."""
    for key in FIXED:
        new = _with(new, key, value_of(running, key))
    return new


def _with(table: T, key: Key, value: Any) -> T:
    name, *rest = key
    return table.model_copy(update={name: _with(getattr(table, name), tuple(rest), value) if rest else value})
