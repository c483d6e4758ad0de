"""The relay's health as one value: whether mails may go, one as a probe, or none until a certain time.

Rules:
- A *pause* needs somebody's attention (refused login, bad certificate, refused sender); a *back-off* heals by itself.
- The value lives in one database row as JSON, shared by all processes; it is read leniently.
- Answers that come while a back-off or a young pause lasts belong to tries begun before it and change it no further.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from worker.core.delivery import JITTER, SECOND, RelayEffect, rule
from worker.core.outcome import Outcome, Phase, Result

PROBE_EVERY = 60 * SECOND
FIRST_BACK_OFF = 5  # seconds
LONGEST_BACK_OFF = 300  # seconds
MAIL_REFUSALS = 3  # different mails in a row: then it is the sender that the relay doesn't want
WINDOW = 20  # recipients


class Allowance(StrEnum):
    ALL = "all"
    ONE = "one"  # one mail, as a probe: call `probing` with it
    NONE = "none"


class Away(StrEnum):
    """Why the relay can't be used just now."""

    NAME_UNKNOWN = "name_unknown"
    NOBODY_THERE = "nobody_there"
    TOO_SLOW = "too_slow"
    NOT_SMTP = "not_smtp"
    HUNG_UP = "hung_up"
    BUSY = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayState:
    paused_at: int | None = None
    reason: str | None = None
    probe_at: int | None = None
    retry_at: int | None = None
    failures: int = 0
    away: Away | None = None  # what the last back-off was for
    mail_refusals: tuple[str, ...] = ()  # ids of the mails refused at MAIL since the last one that was not
    recent: str = ""  # the last recipients, newest last: "p" for a policy refusal, "." for any other answer

    @property
    def paused(self) -> bool:
        return self.paused_at is not None


def allowance(state: RelayState, now: int) -> Allowance:
    """How many mails may be tried now."""
    wait = opens_at(state)
    if wait is None:
        return Allowance.ALL
    return Allowance.ONE if now >= wait else Allowance.NONE


def opens_at(state: RelayState) -> int | None:
    """When the next mail may be tried, or None while all is well."""
    return max((t for t in (state.probe_at, state.retry_at) if t is not None), default=None)


def probing(state: RelayState, now: int) -> RelayState:
    """A probe was begun: the next one must wait its turn, also when this one's end is never seen.

    It counts as failed from the start; its success puts everything right."""
    if state.paused:
        return replace(state, probe_at=now + PROBE_EVERY)
    return replace(state, retry_at=now + _back_off(state.failures, None, 0.0), failures=state.failures + 1)


def after(state: RelayState, outcome: Outcome, mail_id: str, now: int, jitter: float) -> RelayState:
    """The relay's health after one outcome. `mail_id` may be empty while no mail was begun."""
    ruling, known = rule(outcome), state
    match ruling.effect:
        case RelayEffect.OK:
            known = _resumed(_answered(state, "."), now)
        case RelayEffect.REACHED:
            known = _answered(state, ".")
            # One plain answer doesn't show that the policy refusals are over; a mail taken does.
            known = known if state.reason == "policy_refused" else _resumed(known, now)
        case RelayEffect.BACK_OFF:
            known = replace(_backed_off(state, outcome.retry_after, now, jitter), away=_away(outcome))
        case RelayEffect.PAUSE:
            known = _pause(state, ruling.reason, now)
        case RelayEffect.COUNT_MAIL_REFUSAL:
            known = _mail_refused(state, mail_id, now)
        case RelayEffect.COUNT_POLICY_REFUSAL:
            known = _policy_refused(state, now)
        case RelayEffect.NONE:
            pass
    return known


def as_dict(state: RelayState) -> dict[str, object]:
    """For the database row: JSON's own types only."""
    return asdict(state) | {"mail_refusals": list(state.mail_refusals)}


def from_dict(found: Mapping[str, object]) -> RelayState:
    """Reads a row, also one of an older or newer version: what isn't understood is left at its default."""
    refusals = found.get("mail_refusals")
    reason, recent, failures = found.get("reason"), found.get("recent"), found.get("failures")
    away = str(found.get("away"))
    return RelayState(
        paused_at=_time(found.get("paused_at")),
        reason=reason if isinstance(reason, str) else None,
        probe_at=_time(found.get("probe_at")),
        retry_at=_time(found.get("retry_at")),
        failures=failures if isinstance(failures, int) and failures > 0 else 0,
        away=Away(away) if away in tuple(Away) else None,
        mail_refusals=tuple(str(r) for r in refusals) if isinstance(refusals, list | tuple) else (),
        recent=recent[-WINDOW:] if isinstance(recent, str) else "",
    )


def _answered(state: RelayState, mark: str) -> RelayState:
    """The relay took the sender and judged a recipient: it is reachable, and the row of MAIL refusals is broken."""
    recent = (state.recent + mark)[-WINDOW:]
    return replace(state, retry_at=None, failures=0, away=None, mail_refusals=(), recent=recent)


def _resumed(state: RelayState, now: int) -> RelayState:
    if state.paused_at is None or now < state.paused_at + PROBE_EVERY:
        return state
    return RelayState()  # also forgets the window: the refusals in it have had their alert


def _pause(state: RelayState, reason: str, now: int) -> RelayState:
    if state.paused:
        return state
    return replace(state, paused_at=now, reason=reason, probe_at=now + PROBE_EVERY, retry_at=None, failures=0)


def _backed_off(state: RelayState, asked: int | None, now: int, jitter: float) -> RelayState:
    """Eight connections that break together are one failure, not eight."""
    if state.paused:
        return state
    if state.retry_at is not None and now < state.retry_at:
        asked_until = now + min(asked or 0, LONGEST_BACK_OFF) * SECOND
        return replace(state, retry_at=max(state.retry_at, asked_until))
    wait = _back_off(state.failures, asked, jitter)
    return replace(state, retry_at=now + wait, failures=state.failures + 1)


def _mail_refused(state: RelayState, mail_id: str, now: int) -> RelayState:
    ids = state.mail_refusals if mail_id in state.mail_refusals else (*state.mail_refusals, mail_id)
    counted = replace(state, retry_at=None, failures=0, mail_refusals=ids[-MAIL_REFUSALS:])
    return _pause(counted, "sender_refused", now) if len(ids) >= MAIL_REFUSALS else counted


def _policy_refused(state: RelayState, now: int) -> RelayState:
    """More than half of the last 20: with fewer answers known it still takes 11 refusals."""
    counted = _answered(state, "p")
    return _pause(counted, "policy_refused", now) if counted.recent.count("p") * 2 > WINDOW else counted


def _away(outcome: Outcome) -> Away:
    match outcome.result:
        case Result.DNS_FAILED:
            return Away.NAME_UNKNOWN
        case Result.TIMEOUT:
            return Away.TOO_SLOW
        case Result.GARBAGE:
            return Away.NOT_SMTP
        case Result.REFUSED:
            return Away.BUSY
        case _:
            return Away.NOBODY_THERE if outcome.phase is Phase.CONNECT else Away.HUNG_UP


def _back_off(failures: int, asked: int | None, jitter: float) -> int:
    own = min(FIRST_BACK_OFF * 2 ** min(failures, 10), LONGEST_BACK_OFF)
    wait = max(own, min(asked or 0, LONGEST_BACK_OFF))
    return int(wait * SECOND * (1 + JITTER * jitter))


def _time(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
