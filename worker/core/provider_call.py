"""What becomes of a provider action after one call: one table, and one pure function over it.

Rules:
- The table is complete: each pair of way and result that can happen has one row; the markdown in
  `docs/provider-actions.md` is made from it.
- An answer that it was taken is not yet the word that it is so: the action is *accepted* and waits for that word.
- Nothing is given up in silence: what no program does, a person is asked to do.
- A call whose end nobody knows is made again with the same key, so the provider does it once.
"""

from dataclasses import dataclass
from enum import StrEnum

from worker.core.instant import HOUR, MINUTE, SECOND
from worker.core.open_action import ActionState, Way
from worker.core.provider_action import Verb

FIRST_DELAY, LONGEST_DELAY = 10 * SECOND, HOUR
SLOW = HOUR
"""Between two tries with a key that is refused: a person must see to it, and many tries lock accounts."""
MOST_ASKED = 6 * HOUR
"""The longest wait that a provider may ask for."""
JITTER = 0.2
"""Spreads what was put off at one moment; upwards only."""
MOST_TRIES = 56
"""Two days at the longest delay: a customer who cancels must not be charged because we hoped for too long."""
SCHEDULE = (5 * SECOND, 5 * MINUTE, 30 * MINUTE, *(hours * HOUR for hours in (2, 5, 10, 14, 20, 24)))
"""Between the tries at an endpoint, as the specification of Standard Webhooks has it; ten tries in all."""


class Result(StrEnum):
    """How one call ended."""

    TOLD = "told"  # the answer says how things stand now
    HEARD = "heard"  # it was taken, and no more is said
    LATER = "later"  # no answer, too busy, or the server's own trouble
    DENIED = "denied"  # the key was refused
    LOST = "lost"  # what it is about isn't there
    FAILED = "failed"  # refused, or answered with what can't be understood
    GONE = "gone"  # the endpoint wants to hear no more


class Pace(StrEnum):
    """When it is tried again."""

    NEVER = "never"
    BACKOFF = "10 s to an hour, doubling"
    SLOWLY = "every hour"
    SCHEDULE = "by the schedule of Standard Webhooks"


class Alert(StrEnum):
    """What the merchant hears at once, besides what to do by hand."""

    NONE = "none"
    KEY = "the key is refused"
    ENDPOINT = "the endpoint is closed"


@dataclass(frozen=True, slots=True)
class Ruling:
    """One row. `state` is the action's next one while tries are left."""

    state: ActionState
    pace: Pace = Pace.NEVER
    alert: Alert = Alert.NONE


_S = ActionState

TABLE: dict[tuple[Way, Result], Ruling] = {
    # What the answer says is taken in as the provider's events are; where it confirms the action, that settles it.
    (Way.PROVIDER, Result.TOLD): Ruling(_S.ACCEPTED),
    (Way.PROVIDER, Result.HEARD): Ruling(_S.ACCEPTED),
    (Way.PROVIDER, Result.LATER): Ruling(_S.DUE, Pace.BACKOFF),
    # A new key is in force without a restart, and the next try takes it.
    (Way.PROVIDER, Result.DENIED): Ruling(_S.DUE, Pace.SLOWLY, Alert.KEY),
    (Way.PROVIDER, Result.LOST): Ruling(_S.MANUAL),
    (Way.PROVIDER, Result.FAILED): Ruling(_S.MANUAL),
    # Only 2xx was heard; redirects are not followed, or whoever holds the old host would hear of customers.
    (Way.ENDPOINT, Result.HEARD): Ruling(_S.ACCEPTED),
    (Way.ENDPOINT, Result.LATER): Ruling(_S.DUE, Pace.SCHEDULE),
    (Way.ENDPOINT, Result.FAILED): Ruling(_S.MANUAL),
    (Way.ENDPOINT, Result.GONE): Ruling(_S.MANUAL, alert=Alert.ENDPOINT),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What an action has behind it *before* this call. `seconds` is how long the provider asks to wait."""

    now: int
    verb: Verb
    attempts: int = 0
    seconds: float | None = None
    chance: float = 0.5  # 0 to 1, drawn by the caller


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write into the action's row; `due_at` (UTC microseconds) is None where it isn't tried again."""

    state: ActionState
    due_at: int | None
    attempts: int
    alert: Alert = Alert.NONE


def decide(way: Way, result: Result, history: History) -> Decision:
    """The action's next state after one call."""
    ruling, attempts = TABLE[way, result], history.attempts + 1
    if ruling.state is ActionState.DUE:
        wait = _wait(ruling.pace, attempts, history)
        if wait is None:
            return Decision(ActionState.MANUAL, None, attempts, ruling.alert)
        return Decision(ActionState.DUE, history.now + wait, attempts, ruling.alert)
    # Nobody was promised a word about their details, and most providers send none.
    ends_here = ruling.state is ActionState.ACCEPTED and history.verb is Verb.UPDATE_CUSTOMER
    return Decision(ActionState.DONE if ends_here else ruling.state, None, attempts, ruling.alert)


def _wait(pace: Pace, attempts: int, history: History) -> int | None:
    """Microseconds until the next try, None after the last."""
    match pace:
        case Pace.SCHEDULE:
            own = SCHEDULE[attempts - 1] if attempts <= len(SCHEDULE) else None
        case Pace.SLOWLY:
            own = SLOW if attempts < MOST_TRIES else None
        case _:
            own = min(FIRST_DELAY * 2 ** min(attempts - 1, 20), LONGEST_DELAY) if attempts < MOST_TRIES else None
    if own is None:
        return None
    asked = min(int((history.seconds or 0) * SECOND), MOST_ASKED)
    return int(max(own, asked) * (1 + JITTER * history.chance))


def table_as_markdown() -> str:
    """The table for people; `docs/provider-actions.md` holds exactly this."""
    rows = [
        f"| {_WAYS[way]} | {_RESULTS[result]} | {_STATES[ruling.state]} | {ruling.pace} | {ruling.alert} |"
        for (way, result), ruling in TABLE.items()
    ]
    return "\n".join(["| asked | it answered | the action | tried again | alert |", "|---|---|---|---|---|", *rows])


_WAYS = {Way.PROVIDER: "the provider’s API", Way.ENDPOINT: "the shop’s endpoint"}
_RESULTS = {
    Result.TOLD: "how things stand now",
    Result.HEARD: "that it was taken (2xx)",
    Result.LATER: "nothing, 429 or 5xx; an endpoint: all but 2xx and 410",
    Result.DENIED: "that the key is refused",
    Result.LOST: "that it knows no such thing",
    Result.FAILED: "no, or what can’t be understood; an endpoint: it is set no more",
    Result.GONE: "410: no more, please",
}
_STATES = {ActionState.DUE: "*due*", ActionState.ACCEPTED: "*accepted*", ActionState.MANUAL: "*by hand*"}
