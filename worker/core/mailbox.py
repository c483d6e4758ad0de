"""What goes wrong with a mailbox, how long to wait after it, and when the merchant must hear of it.

Rules:
- A line that breaks is taken up again within a minute, whatever broke it; waits grow, so that no server is hammered.
- A refused login is repeated slowly: hosts lock accounts that guess. Only a token is tried once more at once, for it
  may have expired a moment ago.
"""

from dataclasses import dataclass
from enum import StrEnum

from worker.core.instant import DAY, MINUTE

RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
REFUSED_SECONDS = (300.0, 600.0, 1200.0, 2400.0, 3600.0)
NEW_TOKEN_SECONDS = 1.0
STEADY_SECONDS = 60.0
"""A session that lasted so long was a good one: what breaks after it counts anew."""
TELL_AFTER = 15 * MINUTE
TELL_EVERY = DAY


class Fault(StrEnum):
    """Why a mailbox can't be read now."""

    UNREACHABLE = "unreachable"  # no connection: name, network or TLS
    LOST = "connection lost"
    SILENT = "no answer in time"
    GARBLED = "an answer that is none"
    REFUSED = "login refused"
    TOKEN = "no token"  # noqa: S105 - a reason word
    FOLDER = "no such folder"


_SLOW = frozenset({Fault.REFUSED, Fault.FOLDER})


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds to wait after the first, second … fault in a row; the last for all that follow."""

    retry: tuple[float, ...] = RETRY_SECONDS
    refused: tuple[float, ...] = REFUSED_SECONDS
    new_token: float = NEW_TOKEN_SECONDS


@dataclass(frozen=True, slots=True)
class Trying:
    """How often in a row it went wrong: the line, and what the host refused."""

    faults: int = 0
    refusals: int = 0


def after_fault(trying: Trying, fault: Fault, lasted: float) -> Trying:
    """`lasted` is for how many seconds the mailbox was open before it, 0 where it never was."""
    if lasted > 0:
        trying = Trying(faults=0 if lasted >= STEADY_SECONDS else trying.faults)
    if fault in _SLOW:
        return Trying(trying.faults, trying.refusals + 1)
    return Trying(trying.faults + 1, trying.refusals)


def wait_seconds(trying: Trying, fault: Fault, waits: Waits, *, token: bool = False) -> float:
    """How long to leave the mailbox alone after this fault, which `trying` counts already."""
    if fault not in _SLOW:
        return waits.retry[min(trying.faults, len(waits.retry)) - 1]
    refusals = trying.refusals
    if token and fault is Fault.REFUSED:
        if refusals == 1:
            return waits.new_token
        refusals -= 1
    return waits.refused[min(refusals, len(waits.refused)) - 1]
