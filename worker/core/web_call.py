"""A call to somebody's web server as a value, and its answer: deciding what to ask is apart from asking.

Rules: the headers and the body may hold a key, so neither shows when the value is printed.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked; `seconds` for the whole of it."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Answer:
    """What came; the headers' names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Why(StrEnum):
    """What became of a call that brought no answer."""

    NAME_UNKNOWN = "name unknown"
    NOBODY_THERE = "nobody there"
    CERTIFICATE = "certificate"
    TOO_SLOW = "too slow"
    NOT_HTTP = "not HTTP"
    TOO_LARGE = "too large"


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why none came; `detail` in the library's words."""

    why: Why
    detail: str = ""


Caller = Callable[[Call], Awaitable[Answer | NoAnswer]]
"""Whoever makes calls: `net.web_call` does, and a test may in its place."""
