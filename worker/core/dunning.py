"""Dunning: which mail an announcement brings to a customer, or why it brings none.

Rules: it is decided some minutes after it was told, so that what follows at once makes it pointless: a payment by
another card, a cancellation. Nobody is asked for money that isn't owed any more, nor twice for the same, also where a
cart and its processor both tell of it. It is decided once more as its mail goes, which may have waited for the relay.
Disputes and refunds that came to nothing are the merchant's to know, not the customer's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from worker.core.announcement import Announcement, Matter
from worker.core.following import Followed
from worker.core.instant import DAY, HOUR, MINUTE
from worker.core.plans import ENDED
from worker.core.twins import Name, one_each

WAIT = 10 * MINUTE
"""How long a customer's mail waits for what makes it pointless."""
FOR_CUSTOMERS = frozenset((Matter.UPCOMING_PAYMENT, Matter.PAYMENT_FAILED, Matter.CARD_EXPIRING))
_LASTS = {Matter.UPCOMING_PAYMENT: 3 * DAY, Matter.PAYMENT_FAILED: 7 * DAY, Matter.CARD_EXPIRING: 45 * DAY}
"""How long it is of use where it doesn't say when that ends."""
_QUIET = {Matter.UPCOMING_PAYMENT: 20 * HOUR, Matter.PAYMENT_FAILED: 20 * HOUR, Matter.CARD_EXPIRING: 20 * DAY}
"""Within this time the same is said to one customer once."""
LONGEST_QUIET = max(_QUIET.values())
_TWIN_WITHIN = 2 * MINUTE
"""How far apart two sources tell of one payment, as of one that was taken: they may also tell of two."""


class Outcome(StrEnum):
    """What became of an announcement."""

    MAILED = "mailed"
    MERCHANT_TOLD = "merchant_told"
    OFF = "off"  # the merchant wants none of these, or the provider sends its own
    PAID = "paid"
    ENDING = "ending"  # nothing more is charged: it is paused, over, or ends before
    LATE = "late"
    REPEATED = "repeated"
    TWIN = "twin"  # another source told of the same payment, and its mail went
    NO_ADDRESS = "no_address"
    SET_ASIDE = "set_aside"  # deciding it failed
    RESTORED = "restored"  # a restore doesn't know whether its mail went out before


@dataclass(frozen=True, slots=True)
class Dunning:
    """What the merchant wants mailed: the matters for each source, and for sources without a word of their own."""

    by_source: Mapping[str, frozenset[Matter]] = field(default_factory=dict)
    otherwise: frozenset[Matter] = FOR_CUSTOMERS

    def wants(self, source: str, matter: Matter) -> bool:
        """Whether customers get mails about this from us."""
        return matter in self.by_source.get(source, self.otherwise)


@dataclass(frozen=True, slots=True)
class Mailed:
    """A mail that the customer had about the same matter, by whose telling, and when."""

    source: str
    told: Announcement
    at: int


@dataclass(frozen=True, slots=True)
class Case:
    """An announcement to customers, and how things stand with what it is about.

    `plans`: the subscription that it names, or all that the card may pay, as they stand; `group`: what all sources call
    that subscription; `paid` and `cancelling`: since then it was paid, or its customer wants it cancelled; `mailed`:
    what they had lately about the same matter.
    """

    source: str
    told: Announcement
    wanted: bool
    email: str | None
    plans: tuple[Followed, ...] = ()
    group: frozenset[Name] = frozenset()
    paid: bool = False
    cancelling: bool = False
    mailed: tuple[Mailed, ...] = ()


def outcome_of(case: Case, now: int) -> Outcome:
    """What becomes of it, decided at `now`. The first reason against a mail counts."""
    told = case.told
    lately = [each for each in case.mailed if now - each.at < _QUIET[told.matter]]
    reasons = {
        Outcome.OFF: not case.wanted,
        Outcome.LATE: now >= lasts_until(told),
        Outcome.PAID: case.paid,
        Outcome.ENDING: case.cancelling or _charges_nothing(case),
        Outcome.REPEATED: any(_repeats(case, each) for each in lately),
        Outcome.TWIN: any(_is_twin(case, each) for each in lately),
        Outcome.NO_ADDRESS: case.email is None,
    }
    return next((outcome for outcome, holds in reasons.items() if holds), Outcome.MAILED)


def lasts_until(told: Announcement) -> int:
    """Until when it is of use to the customer: a failed payment also after its next try."""
    if told.matter is Matter.PAYMENT_FAILED or told.due_at is None:
        return told.occurred_at + _LASTS[told.matter]
    return told.due_at


def completed(told: Announcement, others: Iterable[Announcement]) -> Announcement:
    """What was announced, with what other sources told of the same payment besides: a cart may not say how much it is,
    when it is tried again or where it can be paid.
    """
    for other in others:
        if told.amount is None or told.currency is None:
            told = replace(told, amount=other.amount, currency=other.currency)
        told = replace(told, url=told.url or other.url, due_at=told.due_at or other.due_at)
    return told


def charges(plan: Followed, told: Announcement) -> bool:
    """Whether what was announced still concerns this subscription."""
    if plan.status in ENDED or plan.status == "paused":
        return False
    if told.matter is Matter.PAYMENT_FAILED:  # what was due is owed also for what ends next
        return True
    if told.matter is Matter.CARD_EXPIRING or plan.cancel_at is None or told.due_at is None:
        return plan.term.runs
    return told.due_at < plan.cancel_at


def _charges_nothing(case: Case) -> bool:
    """A payment for what we know nothing of may well be taken; a card that pays for nothing need not be changed. A
    payment is for one subscription, which is over if any of its sources says so.
    """
    if not case.plans:
        return case.told.matter is Matter.CARD_EXPIRING
    each = [charges(plan, case.told) for plan in case.plans]
    return not (any(each) if case.told.matter is Matter.CARD_EXPIRING else all(each))


def _repeats(case: Case, mailed: Mailed) -> bool:
    return (mailed.source, mailed.told.subscription) == (case.source, case.told.subscription)


def _is_twin(case: Case, mailed: Mailed) -> bool:
    """Two sources tell of one payment: of one subscription, or of the same money at the same time."""
    told, other = case.told, mailed.told
    if mailed.source == case.source or told.test != other.test or None in (told.subscription, other.subscription):
        return False
    same_group = (mailed.source, other.subscription) in case.group
    if same_group and one_each(case.group):
        return True
    if abs(_moment(told) - _moment(other)) > _TWIN_WITHIN:
        return False
    money = [(each.amount, each.currency) for each in (told, other)]
    if any(None in each for each in money):  # a cart's may say nothing of it
        return same_group
    return money[0] == money[1]


def _moment(told: Announcement) -> int:
    """When the payment is to be taken, or failed."""
    return told.due_at if told.matter is Matter.UPCOMING_PAYMENT and told.due_at is not None else told.occurred_at
