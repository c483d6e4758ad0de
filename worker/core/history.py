"""History that is imported: where it ends, and what became of what was read.

Rules: a payment that happens while the provider's events come in is told by its event, which brings its receipt; were
it imported a moment before, the receipt would never go. So history ends where the events begin.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.core.instant import DAY

RETRIED_FOR = 3 * DAY
"""How long providers try to deliver an event: what happened before is told, or never will be."""


def history_ends(now: int, first_event_at: int | None) -> int | None:
    """The moment from which on an account's own events tell of its payments; None while none ever came."""
    return None if first_event_at is None else max(now - RETRIED_FOR, first_event_at)


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of what was read. `new`, `known` and `live` count transactions.

    `live` were left to their events; `silent` says nothing for a history (not paid, a draft); `odd` counts by reason
    what could not be read or kept.
    """

    read: int = 0
    new: int = 0
    known: int = 0
    live: int = 0
    silent: int = 0
    odd: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        odd = {reason: self.odd.get(reason, 0) + other.odd.get(reason, 0) for reason in (*self.odd, *other.odd)}
        return Tally(
            read=self.read + other.read,
            new=self.new + other.new,
            known=self.known + other.known,
            live=self.live + other.live,
            silent=self.silent + other.silent,
            odd=odd,
        )


def tally_to_json(tally: Tally) -> str:
    """The tally as the database keeps it."""
    return json.dumps({name: getattr(tally, name) for name in Tally.__dataclass_fields__}, sort_keys=True)


def tally_from_json(text: str) -> Tally:
    """The tally that the database kept."""
    return Tally(**json.loads(text))
