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


@dataclass(frozen=True, slots=True)
class Refusals:
    """What a provider's answers mean that are no success, by their status (RFC 9110 section 15).

    `busy` are those, beside all from 500 on, after which the same may be asked again; `gone` say that the object that
    was named isn't there; `key` is what the provider calls a key.
    """

    provider: str
    busy: tuple[int, ...] = (429,)
    gone: tuple[int, ...] = (404, 410)
    key: str = "key"

    def of(self, answer: Answer, doing: str, words: str) -> Trouble:
        """Why nothing of use came: `doing` is what was asked for, `words` are the provider's, to end a sentence."""
        match answer.status:
            case 401:
                return Trouble(Cause.DENIED, f"{self.provider} doesn't know this {self.key}{words}")
            case 403:
                return Trouble(Cause.DENIED, f"this {self.key} may not {doing}{words}")
            case status if status in self.busy or status >= 500:
                return Trouble(Cause.LATER, f"{self.provider} answers {status}", seconds_of(answer))
            case status if status in self.gone:
                return self.lost(doing, words)
            case status:
                return Trouble(Cause.FAILED, f"{self.provider} answers {status}, asked to {doing}{words}")

    def lost(self, doing: str, words: str) -> Trouble:
        """The object that was named isn't there."""
        return Trouble(Cause.LOST, f"{self.provider} knows no such thing, asked to {doing}{words}")
