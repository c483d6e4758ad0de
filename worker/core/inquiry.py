"""An inquiry: a provider asked who a customer is, for a receipt that waits for an address; and when it is asked again.

Rules: events that come anyway win, so nothing is asked at once; one customer is asked for once, however many receipts
wait; who is busy is asked later and later, who has no address once a day, who doesn't know the customer never again.
"""

from dataclasses import dataclass
from enum import StrEnum

from worker.core.instant import DAY, HOUR, MINUTE, SECOND

GRACE = 30 * SECOND
"""How long the provider's own events may take."""
FIRST_PAUSE = MINUTE
LONGEST_PAUSE = 6 * HOUR
_MOST_DOUBLINGS = 12


class Standing(StrEnum):
    """How an inquiry stands."""

    ASKING = "asking"  # no answer yet, or one that says later
    NO_ADDRESS = "no_address"  # the provider knows the customer and has none
    LOST = "lost"  # the provider doesn't know the customer
    DENIED = "denied"  # the key may not ask
    FAILED = "failed"  # an answer that a person must look at


@dataclass(frozen=True, slots=True)
class Inquiry:
    """`ref` is the provider's id of the customer; times are UTC microseconds, `due_at` None: not asked again."""

    source: str
    ref: str
    standing: Standing
    reason: str | None
    tries: int
    asked_at: int
    due_at: int | None


def pause_after(tries: int) -> int:
    """Microseconds until the next try, after so many."""
    return min(FIRST_PAUSE << min(max(tries - 1, 0), _MOST_DOUBLINGS), LONGEST_PAUSE)


def next_at(standing: Standing, tries: int, now: int, seconds: float | None) -> int | None:
    """When it is asked again; `seconds` is how long the provider asks to wait."""
    match standing:
        case Standing.LOST:
            return None
        case Standing.NO_ADDRESS | Standing.FAILED:
            return now + DAY
        case Standing.ASKING | Standing.DENIED:
            return now + max(pause_after(tries), int((seconds or 0) * SECOND))
