"""Cancelling: when a subscription can be cancelled or paused, when it ends, and what its owner is shown.

Rules: who may is decided by the table of rights alone. "Cancelled" is said only once the provider or the merchant
confirmed it; until then a cancellation is open and shown as open.
"""

from dataclasses import dataclass
from enum import StrEnum

from worker.core.provider_action import Capabilities, Verb
from worker.core.rights import Act, Allowed, Kind, has_right, where_of

MERCHANT, PROVIDER = "merchant", "provider"
"""Who can confirm a cancellation."""
RUNNING = frozenset(("trialing", "active", "past_due", "paused"))
_WITH_PERIOD = (Verb.CANCEL_AT_PERIOD_END, Verb.CANCEL_NOW)
"""What is paid for is used up where the provider can wait; where it can't, nothing more may be charged all the same."""
_AT_ONCE = (Verb.CANCEL_NOW, Verb.CANCEL_AT_PERIOD_END)
_VERBS = {Act.UNDO: Verb.UNDO_CANCEL, Act.PAUSE: Verb.PAUSE, Act.RESUME: Verb.RESUME}


@dataclass(frozen=True, slots=True)
class ReceivedNotice:
    """A mail that declares an end, as a customer's pages tell of it; `at` is UTC microseconds.

    Not `proven`: nobody knows that it comes from them, for anybody can write their address into a mail.
    """

    at: int
    proven: bool


@dataclass(frozen=True, slots=True)
class Term:
    """How long a subscription goes on. Times are UTC microseconds; `payments_total` set means split pay."""

    status: str
    next_payment_at: int | None = None
    payments_total: int | None = None
    cancel_at: int | None = None
    told_at: int = 0

    @property
    def runs(self) -> bool:
        """Money may still be taken for it."""
        return self.status in RUNNING and not ends_next(self.cancel_at, self.next_payment_at)

    @property
    def kind(self) -> Kind:
        """What it is to the law and the settings."""
        if self.payments_total is not None:
            return Kind.SPLIT_PAY
        return Kind.TRIAL if self.status == "trialing" else Kind.ONGOING


class Standing(StrEnum):
    """What a customer is shown of a subscription."""

    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Cancel:
    """The last cancellation of a subscription; `done_at` is None while it is open, `done_by` is who confirmed it."""

    ends_at: int
    done_at: int | None = None
    done_by: str | None = None


def ends_next(cancel_at: int | None, next_payment_at: int | None) -> bool:
    """Whether an end is set before which nothing more is charged. A plan of a year can end far off, and be charged."""
    return cancel_at is not None and (next_payment_at is None or next_payment_at >= cancel_at)


def may(act: Act, term: Term, country: str | None, allowed: Allowed) -> bool:
    """Whether its owner may do it by themselves as it stands; whether its provider can is for the caller to ask."""
    return _is_time(act, term) and has_right(act, where_of(country), term.kind, allowed)


def verb_of(act: Act, term: Term, able: Capabilities, now: int) -> Verb | None:
    """What the provider is asked for, None where it can't be asked: a person does it, or nobody."""
    if act is Act.CANCEL:
        paid = ends_at(term, now) > now
        return next((verb for verb in (_WITH_PERIOD if paid else _AT_ONCE) if able.can(verb)), None)
    verb = _VERBS.get(act)
    return verb if verb is not None and able.can(verb) else None


def ends_at(term: Term, now: int) -> int:
    """When it ends if it is cancelled now: with the period that is paid for, or at once."""
    paid = term.status in ("trialing", "active") and term.next_payment_at is not None and term.next_payment_at > now
    return term.next_payment_at if paid and term.next_payment_at is not None else now


def _is_time(act: Act, term: Term) -> bool:
    match act:
        case Act.CANCEL:
            return term.runs
        case Act.UNDO:
            return term.status in RUNNING and not term.runs
        case Act.PAUSE:
            return term.runs and term.status == "active"
        case Act.RESUME:
            return term.runs and term.status == "paused"
        case Act.WITHDRAW:
            return False  # from purchases, by `rights.may_withdraw`


def standing(term: Term, cancel: Cancel | None) -> Standing:
    """What is true of it now, the cancellation included."""
    if cancel is not None and cancel.done_at is None and term.status in RUNNING:
        return Standing.CANCELLING  # also where an end is set: it may be about to be taken back
    if not term.runs:
        return Standing.COMPLETED if term.status == "completed" else Standing.CANCELLED
    if cancel is not None and not _runs_again(term, cancel):
        return Standing.CANCELLED
    return Standing(term.status)


def _runs_again(term: Term, cancel: Cancel) -> bool:
    """The provider told of it as running after it was said to be cancelled, by the provider itself or the merchant."""
    return cancel.done_by == PROVIDER or (cancel.done_at is not None and term.told_at > cancel.done_at)
