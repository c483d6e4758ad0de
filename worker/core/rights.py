"""Rights: what customers may do by themselves, by where they live and what they have; the law first, then the settings.

Rules: one table says it all, and exactly one row fits each case; the markdown in `docs/rights.md` is made from it and
held by a test. What the law gives no setting takes away. Who hasn't said where they live is not refused what the law
may give them. Whether the provider can do it is asked after, and hides a button only where no person does it instead.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from worker.core.instant import DAY

_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
_EEA = "IS LI NO".split()

WITHDRAWAL_DAYS = 14
"""Directive 2011/83/EU Art. 9: from the conclusion of the contract, of goods from their delivery."""
DELIVERY_DAYS = 30
"""Art. 18: goods come within so many days where nothing else was agreed. Nobody tells us when they did."""


class Where(StrEnum):
    """Where customers live, as far as it matters."""

    EU = "eu"
    US = "us"
    UK = "uk"
    ELSEWHERE = "elsewhere"
    UNSAID = "unsaid"


class Kind(StrEnum):
    """What they have: a subscription that goes on, is in its trial or ends by itself, or a single purchase."""

    ONGOING = "ongoing"
    TRIAL = "trial"
    SPLIT_PAY = "split_pay"
    SINGLE = "single"


class Act(StrEnum):
    """What a customer does by themselves."""

    CANCEL = "cancel"
    UNDO = "undo"
    PAUSE = "pause"
    RESUME = "resume"
    WITHDRAW = "withdraw"


class Ground(StrEnum):
    """What decides."""

    LAW = "law"
    CANCEL = "hub.allow_cancel"
    SPLIT_PAY = "hub.allow_cancel_split_pay"
    PAUSE = "hub.allow_pause"
    ALWAYS = "always"  # it takes nothing from anybody
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the merchant allows where the law leaves it to the merchant; the settings of `hub`."""

    cancel: bool = True
    split_pay: bool = False
    pause: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: who may do what on which ground, and why."""

    act: Act
    where: tuple[Where, ...]
    kinds: tuple[Kind, ...]
    ground: Ground
    why: str


_ALL = tuple(Where)
_UNPROTECTED = (Where.UK, Where.ELSEWHERE)
_RUNNING = (Kind.ONGOING, Kind.TRIAL, Kind.SPLIT_PAY)
_END_WAYS = "§ 312k BGB (Germany), Art. L215-1-1 Code de la consommation (France); taken for all of the EU and EEA"
_US_WAYS = "15 U.S.C. § 8403 (ROSCA) and the states’ rules, as California’s Bus. & Prof. Code § 17602: click to cancel"
_WITHDRAW = "Directive 2011/83/EU Art. 9 and, since 19 June 2026, Art. 11a (Directive (EU) 2023/2673)"

RULES = (
    Rule(Act.CANCEL, (Where.EU,), _RUNNING, Ground.LAW, _END_WAYS),
    Rule(Act.CANCEL, (Where.US,), _RUNNING, Ground.LAW, _US_WAYS),
    Rule(Act.CANCEL, (Where.UNSAID,), _RUNNING, Ground.LAW, "may be one of these"),
    Rule(Act.CANCEL, _UNPROTECTED, (Kind.ONGOING, Kind.TRIAL), Ground.CANCEL, "the merchant’s choice"),
    Rule(Act.CANCEL, _UNPROTECTED, (Kind.SPLIT_PAY,), Ground.SPLIT_PAY, "the merchant’s choice"),
    Rule(Act.CANCEL, _ALL, (Kind.SINGLE,), Ground.NEVER, "nothing goes on"),
    Rule(Act.UNDO, _ALL, _RUNNING, Ground.ALWAYS, "until it ends, where the provider can"),
    Rule(Act.UNDO, _ALL, (Kind.SINGLE,), Ground.NEVER, "nothing goes on"),
    Rule(Act.PAUSE, _ALL, (Kind.ONGOING,), Ground.PAUSE, "the merchant’s choice, where the provider can"),
    Rule(Act.PAUSE, _ALL, (Kind.TRIAL, Kind.SPLIT_PAY, Kind.SINGLE), Ground.NEVER, "nothing is due, or it is owed"),
    Rule(Act.RESUME, _ALL, (Kind.ONGOING,), Ground.PAUSE, "the merchant’s choice, where the provider can"),
    Rule(Act.RESUME, _ALL, (Kind.TRIAL, Kind.SPLIT_PAY, Kind.SINGLE), Ground.NEVER, "it can’t be paused"),
    Rule(Act.WITHDRAW, (Where.EU,), tuple(Kind), Ground.LAW, _WITHDRAW),
    Rule(Act.WITHDRAW, (Where.UK,), tuple(Kind), Ground.LAW, "Consumer Contracts Regulations 2013, reg. 29 and 30"),
    Rule(Act.WITHDRAW, (Where.UNSAID,), tuple(Kind), Ground.LAW, "may be one of these"),
    Rule(Act.WITHDRAW, (Where.US, Where.ELSEWHERE), tuple(Kind), Ground.NEVER, "no such law in general; see below"),
)


def where_of(country: str | None) -> Where:
    """Where a billing country (ISO 3166-1, two letters) lies."""
    if not country:
        return Where.UNSAID
    if country in _EU or country in _EEA:
        return Where.EU
    return {"US": Where.US, "GB": Where.UK}.get(country, Where.ELSEWHERE)


def rule_of(act: Act, where: Where, kind: Kind) -> Rule:
    """The row that decides."""
    return next(rule for rule in RULES if rule.act is act and where in rule.where and kind in rule.kinds)


def has_right(act: Act, where: Where, kind: Kind, allowed: Allowed) -> bool:
    """Whether they may do it by themselves."""
    match rule_of(act, where, kind).ground:
        case Ground.LAW | Ground.ALWAYS:
            return True
        case Ground.CANCEL:
            return allowed.cancel
        case Ground.SPLIT_PAY:
            return allowed.split_pay
        case Ground.PAUSE:
            return allowed.pause
        case Ground.NEVER:
            return False


def who_may_cancel(allowed: Allowed) -> dict[Where, dict[Kind, bool]]:
    """What follows for subscriptions, for a merchant to look at: each answer is the one that a customer gets."""
    return {where: {kind: has_right(Act.CANCEL, where, kind, allowed) for kind in _RUNNING} for where in Where}


def may_withdraw(country: str | None, kind: Kind, bought_at: int, now: int) -> bool:
    """Whether the hub offers it for a purchase (UTC microseconds).

    Until the last day on which it can be in time: delivery is not told, and a day has begun somewhere. A declaration is
    taken at any time; whether it is justified the merchant decides.
    """
    in_time = now < bought_at + (WITHDRAWAL_DAYS + DELIVERY_DAYS + 1) * DAY
    return in_time and has_right(Act.WITHDRAW, where_of(country), kind, Allowed())


def rights_as_markdown() -> str:
    """The table for people; `docs/rights.md` is exactly this."""
    return f"{_PREFACE}\n" + "".join(f"{line}\n" for line in _rows()) + f"\n{_CLOSING}"


def _rows() -> Iterator[str]:
    yield "| who lives in | with | may | decided by | why |"
    yield "|---|---|---|---|---|"
    for rule in RULES:
        where = "anywhere" if rule.where == _ALL else ", ".join(_PLACES[each] for each in rule.where)
        kinds = "anything" if rule.kinds == tuple(Kind) else ", ".join(_KINDS[each] for each in rule.kinds)
        ground = _GROUNDS.get(rule.ground, f"`{rule.ground}`")
        yield f"| {where} | {kinds} | {_ACTS[rule.act]} | {ground} | {rule.why} |"


_PLACES = {
    Where.EU: "EU or EEA",
    Where.US: "United States",
    Where.UK: "United Kingdom",
    Where.ELSEWHERE: "elsewhere",
    Where.UNSAID: "a country not said",
}
_KINDS = {
    Kind.ONGOING: "a subscription that goes on",
    Kind.TRIAL: "a trial",
    Kind.SPLIT_PAY: "split pay or a limited plan",
    Kind.SINGLE: "a single purchase",
}
_ACTS = {
    Act.CANCEL: "cancel",
    Act.UNDO: "take a cancellation back",
    Act.PAUSE: "pause",
    Act.RESUME: "resume",
    Act.WITHDRAW: "withdraw",
}
_GROUNDS = {Ground.LAW: "the law: yes", Ground.ALWAYS: "yes", Ground.NEVER: "no"}

_PREFACE = """# What customers may do by themselves

Made from the table in `worker/core/rights.py`; a test holds the two equal. The country is that of the billing address.
*Decided by* a setting: as the merchant set it; *the law*: always, whatever is set.
"""

_CLOSING = f"""**When it ends.** A subscription that is paid for, or in its trial, ends with that period; one that is \
overdue or paused ends at once. Nothing more is charged either way: a provider that can't wait for the period's end \
is asked to cancel at once, and where a provider can't be asked, a person cancels there.

**How long withdrawal is offered in the hub.** {WITHDRAWAL_DAYS} days from the purchase and, since nobody tells \
Letterkey when goods were delivered, {DELIVERY_DAYS} days for their delivery (Art. 18) and one for time zones.

**Declarations without signing in** ([cancelling.md](cancelling.md)) are taken from anybody at any time, whatever \
stands in this table: whether one is justified is for the merchant to decide, not for a form.

This is no legal advice: have your own case looked at.
"""
