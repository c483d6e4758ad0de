"""Cancelling: who may cancel a subscription here, when it ends, and what its owner is shown.

Rules: the law comes before the settings: in the EU and the US a customer can always cancel. "Cancelled" is said only
once the provider or the merchant confirmed it; until then a cancellation is open and shown as open.
"""

from dataclasses import dataclass
from enum import StrEnum

_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
PROTECTED = frozenset((*_EU, "US"))
"""Countries in which the law gives every customer an online way out."""
MERCHANT, PROVIDER = "merchant", "provider"
"""Who can confirm a cancellation."""
RUNNING = frozenset(("trialing", "active", "past_due", "paused"))


@dataclass(frozen=True, slots=True)
class CancelRules:
    """What the merchant allows where the law leaves it to the merchant."""

    allow: bool = True
    allow_split_pay: bool = False


@dataclass(frozen=True, slots=True)
class ReceivedNotice:
    """A mail that declares an end, as a customer's pages tell of it; `at` is UTC microseconds.

    Not `proven`: nobody knows that it comes from them, for anybody can write their address into a mail.
    """

    at: int
    proven: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A subscription as it stands. Times are UTC microseconds; `payments_total` set means split pay."""

    status: str
    next_payment_at: int | None = None
    payments_total: int | None = None
    cancel_at: int | None = None
    told_at: int = 0

    @property
    def runs(self) -> bool:
        """Money may still be taken for it."""
        return self.status in RUNNING and not ends_next(self.cancel_at, self.next_payment_at)


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


def may_cancel(plan: Plan, country: str | None, rules: CancelRules) -> bool:
    """Whether its owner may cancel it here. Who hasn't said where they live is not refused what the law may give."""
    if not plan.runs:
        return False
    if country is None or country in PROTECTED:
        return True
    return rules.allow_split_pay if plan.payments_total is not None else rules.allow


def ends_at(plan: Plan, now: int) -> int:
    """When it ends if it is cancelled now: with the period that is paid for, or at once."""
    paid = plan.status in ("trialing", "active") and plan.next_payment_at is not None and plan.next_payment_at > now
    return plan.next_payment_at if paid and plan.next_payment_at is not None else now


def standing(plan: Plan, cancel: Cancel | None) -> Standing:
    """What is true of it now, the cancellation included."""
    if not plan.runs:
        return Standing.COMPLETED if plan.status == "completed" else Standing.CANCELLED
    if cancel is not None and cancel.done_at is None:
        return Standing.CANCELLING
    if cancel is not None and not _runs_again(plan, cancel):
        return Standing.CANCELLED
    return Standing(plan.status)


def _runs_again(plan: Plan, cancel: Cancel) -> bool:
    """The provider told of it as running after it was said to be cancelled, by the provider itself or the merchant."""
    return cancel.done_by == PROVIDER or (cancel.done_at is not None and plan.told_at > cancel.done_at)


class Where(StrEnum):
    """Where customers live, as far as it matters to cancelling."""

    EU = "eu"
    US = "us"
    UK = "uk"
    ELSEWHERE = "elsewhere"
    UNSAID = "unsaid"


class Kind(StrEnum):
    """What is cancelled, as far as it matters."""

    ONGOING = "ongoing"
    TRIAL = "trial"
    SPLIT_PAY = "split_pay"


_COUNTRIES = {Where.EU: "DE", Where.US: "US", Where.UK: "GB", Where.ELSEWHERE: "AU", Where.UNSAID: None}
_PLANS = {
    Kind.ONGOING: Plan("active"),
    Kind.TRIAL: Plan("trialing"),
    Kind.SPLIT_PAY: Plan("active", payments_total=6),
}


def who_may_cancel(rules: CancelRules) -> dict[Where, dict[Kind, bool]]:
    """What follows from the rules, for a merchant to look at: each answer is the one that a customer gets."""
    return {
        where: {kind: may_cancel(plan, country, rules) for kind, plan in _PLANS.items()}
        for where, country in _COUNTRIES.items()
    }
