"""Suppression: which addresses get no more mails, because mails came back or their owner complained.

Rules:
- The table says what follows from each happening in each situation; `docs/bounces.md` shows exactly this table.
- A suppression is of an address, not of a customer: another address of the same customer is another matter.
- A complaint ends all mails but those that the customer asks for. A bounce ends all, until a mail that is proven to
  come from the address shows that it works.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from worker.core.bounce import Happening
from worker.core.instant import DAY

SOFT_MOST = 5
SOFT_SPAN = 3 * DAY
"""So many mails in a row given up for reasons that may pass, over so long, and the address counts as gone."""
SOFT_WINDOW = 30 * DAY
"""What is older doesn't count."""
VALID_FOR = 30 * DAY
"""Microseconds after a delivery in which notices about it are believed; mail servers give up within 5 days."""
RECENT = 5 * DAY
"""How far back a relay's notice that names no mail of ours is taken to be about the newest mail to that address."""


class SuppressionKind(StrEnum):
    """Why an address gets no more mails."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"


class Situation(StrEnum):
    """What else is known when something is told of a mail."""

    USUAL = "usual"
    ENOUGH = "the fifth in a row, over three days or more"
    PROVEN_SINCE = "the address was proven to work after that mail went"
    MERCHANTS = "the mail went to the merchant"
    TOO_LATE = "more than 30 days after the delivery"
    DOUBTED = "by mail without our bounce address, though our mails have one"
    UNKNOWN_MAIL = "it names no mail of ours to that address"


class Effect(StrEnum):
    """What follows."""

    NOTE = "noted"
    COUNT = "counted"
    CLEAR = "counting starts anew"
    SUPPRESS = "suppressed"
    SUPPRESS_COMPLAINT = "suppressed but for what they ask for"


_H, _S, _E = Happening, Situation, Effect

TABLE: dict[tuple[Happening, Situation], Effect] = {
    # Also where the mail was reported delivered before (many hosts take everything and bounce it later), was reported
    # delayed, or had failed at our own relay already: the address is as dead.
    (_H.HARD, _S.USUAL): _E.SUPPRESS,
    # The bounce of an old mail comes after its owner has written to us: it says nothing new.
    (_H.HARD, _S.PROVEN_SINCE): _E.NOTE,
    (_H.SOFT, _S.USUAL): _E.COUNT,
    (_H.SOFT, _S.ENOUGH): _E.SUPPRESS,
    (_H.SOFT, _S.PROVEN_SINCE): _E.NOTE,
    # Not an end: what comes of it is told later, by a failure or by silence.
    (_H.DELAYED, _S.USUAL): _E.NOTE,
    (_H.DELAYED, _S.PROVEN_SINCE): _E.NOTE,
    # It never lifts a suppression: after a bounce of the same mail it comes from another host on the way.
    (_H.DELIVERED, _S.USUAL): _E.CLEAR,
    (_H.DELIVERED, _S.PROVEN_SINCE): _E.CLEAR,
    # Also where the address is suppressed for bounces: both stand, and lifting one leaves the other.
    (_H.COMPLAINT, _S.USUAL): _E.SUPPRESS_COMPLAINT,
    (_H.COMPLAINT, _S.PROVEN_SINCE): _E.SUPPRESS_COMPLAINT,
    # Feedback reports go to an address that providers have from us, and some leave the envelope out; reports of failure
    # come back to the envelope sender, so one without it was made by whoever saw a Message-ID of ours.
    (_H.COMPLAINT, _S.DOUBTED): _E.SUPPRESS_COMPLAINT,
    # Vacation notes and free words from the null sender: nobody can tell that anything failed.
    (_H.UNCLEAR, _S.USUAL): _E.NOTE,
    (_H.UNCLEAR, _S.PROVEN_SINCE): _E.NOTE,
}
"""What is not here is noted and no more: who is the merchant must go on hearing of trouble, and neither a forged nor a
very late notice may end anybody's mails."""

FOR_MERCHANT = frozenset(
    "alert forward cancel_todo cancel_reminder action_todo action_reminder declaration_todo declaration_reminder "
    "console".split()
)
"""Kinds of mails to the merchant, whose address is never suppressed."""
_ASKED_FOR = frozenset(
    {"access", "email_proof", "email_notice", "cancel_received", "cancel_done", "declaration_received"}
)

PASSES: Mapping[SuppressionKind, frozenset[str]] = {
    SuppressionKind.BOUNCE: FOR_MERCHANT,
    SuppressionKind.COMPLAINT: FOR_MERCHANT | _ASKED_FOR,
}
"""Kinds of mails that go to a suppressed address nevertheless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a mail and its address when something is told. Times are UTC microseconds.

    `went_at` is when the relay took it; `proven_at` when a mail proven to come from the address was last taken as such;
    `softs` how many soft bounces there are in a row, this one included, and `softs_since` when the first was.
    `doubted`: it is told without our MAC, though our mails have one.
    """

    now: int
    kind: str | None = None
    went_at: int | None = None
    proven_at: int | None = None
    softs: int = 0
    softs_since: int | None = None
    doubted: bool = False


def decide(happening: Happening, known: Known) -> Effect:
    """What follows."""
    situation = situation_of(known)
    if happening is Happening.SOFT and situation is Situation.USUAL and _enough(known):
        situation = Situation.ENOUGH
    return TABLE.get((happening, situation), Effect.NOTE)


def situation_of(known: Known) -> Situation:
    """The first that holds; `kind` is None where no mail of ours is named."""
    if known.kind is None:
        return Situation.UNKNOWN_MAIL
    if known.kind in FOR_MERCHANT:
        return Situation.MERCHANTS
    went_at = known.now if known.went_at is None else known.went_at  # a bounce may overtake our own note of the 250
    if known.now > went_at + VALID_FOR:
        return Situation.TOO_LATE
    if known.doubted:
        return Situation.DOUBTED
    if known.proven_at is not None and known.proven_at > went_at:
        return Situation.PROVEN_SINCE
    return Situation.USUAL


def table_as_markdown() -> str:
    """The table for people; `docs/bounces.md` has exactly this."""
    rows = [f"| {happening} | {situation} | {effect} |" for (happening, situation), effect in TABLE.items()]
    return "\n".join(["| what is told | when | what follows |", "|---|---|---|", *rows])


def _enough(known: Known) -> bool:
    since = known.now if known.softs_since is None else known.softs_since
    return known.softs >= SOFT_MOST and known.now - since >= SOFT_SPAN
