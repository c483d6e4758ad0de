"""An account at a provider whose API is asked, and why an answer may be none.

Rules: nothing here shows a key when it is printed; a token that an API hands out for a key is held in memory alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from worker.core.web_call import Answer, Call


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account. `url` is where the API lies, if not where it lies for everybody.

    `token` is what a login brought, for the providers that have a `Login`.
    """

    key: str = field(repr=False)
    url: str | None = None
    token: str | None = field(default=None, repr=False)


class Cause(StrEnum):
    """Why nothing of use came, and so what helps."""

    LATER = "later"  # the same again, after a while
    DENIED = "denied"  # another key
    LOST = "lost"  # the object that was named is gone
    FAILED = "failed"  # a person


@dataclass(frozen=True, slots=True)
class Trouble:
    """An answer that is none; `seconds` is how long the provider asks to wait."""

    cause: Cause
    reason: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """What a login brought, and for how many seconds it is good."""

    value: str = field(repr=False)
    seconds: int


@dataclass(frozen=True, slots=True)
class Login:
    """How a key becomes a token (OAuth 2.0 client credentials), for APIs that take only tokens."""

    ask: Callable[[Account], Call]
    read: Callable[[Answer], Token | Trouble]


def seconds_of(answer: Answer) -> float | None:
    """How long an answer asks to wait before the next question (RFC 9110 section 10.2.3), ten minutes at most."""
    told = answer.headers.get("retry-after", "")
    return min(float(told), 600.0) if told.isascii() and told.isdigit() else None
