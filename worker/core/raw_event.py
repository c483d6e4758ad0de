"""A raw event of a provider or relay, as it came in, and what everybody says about one: proven or not, read or not."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RawEvent:
    """What came in, byte for byte. Header names are lower-case, `received_at` is UTC microseconds.

    `fetched` is what was fetched to prove it, by its address.
    """

    headers: Mapping[str, str]
    body: bytes
    received_at: int
    fetched: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Genuine:
    """The event is the provider's. Two deliveries of one event have one `event_id`; `name` is the provider's word."""

    event_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Forged:
    """The event is not proven to be the provider's."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """The event is understood, and nothing follows from it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The event should mean something and can't be read. `field` is a path such as `data.object.lines.data[0]`."""

    reason: str
    field: str
