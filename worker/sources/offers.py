"""What the owner of a subscription is offered: what the law and the settings give, and somebody can carry out.

Rules: pure, and one answer for the page that shows the buttons and the action that one of them leads to; what is under
way decides too, for a wish that would be pointless is no offer.
"""

from collections.abc import Callable
from dataclasses import dataclass

from worker.core.cancelling import ends_at, may
from worker.core.following import Followed
from worker.core.open_action import CANCELS, Meeting, meeting
from worker.core.provider_action import Verb
from worker.core.rights import Act, Allowed
from worker.sources.ways import Ways, by_program, capabilities_of, verb_for, way_of

ACTS = (Act.CANCEL, Act.UNDO, Act.PAUSE, Act.RESUME)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """The action that is open for the subscription; `told`: somebody outside may have heard of it."""

    verb: Verb
    told: bool


@dataclass(frozen=True, slots=True)
class Owner:
    """Who asks, and what the merchant leaves them."""

    country: str | None
    allowed: Allowed
    ways: Ways


def offered(row: Followed, under_way: UnderWay | None, owner: Owner, now: int) -> tuple[Act, ...]:
    """What its owner can ask for now."""
    return tuple(act for act in ACTS if verb_offered(act, row, under_way, owner, now) is not None)


def as_it_will_be(row: Followed, open_: Verb | None) -> Followed:
    """The subscription as a later wish finds it: a cancellation that is being taken back ends it no more."""
    return row.kept() if open_ is Verb.UNDO_CANCEL else row


def verb_offered(act: Act, row: Followed, under_way: UnderWay | None, owner: Owner, now: int) -> Verb | None:
    """What is asked for where it is offered: None where it isn't."""
    row = as_it_will_be(row, under_way.verb if under_way is not None else None)
    cancelling = under_way is not None and under_way.verb in CANCELS
    if cancelling and act is Act.CANCEL:
        return None  # it was asked for, and waits to be confirmed
    to_take_back = cancelling and act is Act.UNDO
    if not (to_take_back and row.term.runs) and not may(act, row.term, owner.country, owner.allowed):
        return None
    if to_take_back and under_way is not None and not under_way.told and row.term.runs:
        return Verb.UNDO_CANCEL  # nobody has heard of the cancellation: it is only called off
    verb = verb_for(act, row, owner.ways, now)
    if verb is None or under_way is None:
        return verb
    met = meeting(under_way.verb, verb, told=under_way.told)
    return verb if met in (Meeting.INSTEAD, Meeting.TAKEN_BACK) else None


def may_end_at_once(row: Followed, ways: Ways, now: int) -> bool:
    """Whether its owner has the choice: to use up what is paid for, or to end it at once."""
    can = _whoever_acts(row, ways)
    return ends_at(row.term, now) > now and can(Verb.CANCEL_AT_PERIOD_END) and can(Verb.CANCEL_NOW)


def may_change_card(row: Followed, ways: Ways) -> bool:
    """Whether its provider has a page for the card."""
    return capabilities_of(row, ways).card_page


def _whoever_acts(row: Followed, ways: Ways) -> Callable[[Verb], bool]:
    program = by_program(row, ways)
    ends_by_program = program.cancel_at_period_end or program.cancel_now
    return program.can if ends_by_program else lambda verb: way_of(verb, row, ways) is not None
