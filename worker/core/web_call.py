"""A call to somebody's web server as a value, and its answer: deciding what to ask is apart from asking.

Rules: the headers and the body may hold a key, so neither shows when the value is printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
