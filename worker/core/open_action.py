"""An action that is under way at a provider: its states, what it means to a later wish, and what confirms it.

Rules: a subscription has one open action at most; an action is done once the provider's own word, or a person, says so;
a word that was true before the asking confirms nothing.
"""

from enum import StrEnum

from worker.core.cancelling import Term
from worker.core.plans import ENDED
from worker.core.provider_action import Verb


class ActionState(StrEnum):
    """Where an action stands."""

    DUE = "due"  # to be asked, or asked again
    ACCEPTED = "accepted"  # heard; the provider's word that it is so is still to come
    MANUAL = "manual"  # a person of the merchant's does it
    DONE = "done"
    CALLED_OFF = "called_off"  # not wanted any more, or pointless by now


OPEN = (ActionState.DUE, ActionState.ACCEPTED, ActionState.MANUAL)
"""Still to be done, or to be confirmed."""


class Way(StrEnum):
    """Who carries an action out."""

    PROVIDER = "provider"  # asked through its API
    ENDPOINT = "endpoint"  # the shop's own program, asked by a webhook of ours
    MANUAL = "manual"  # a person of the merchant's, asked by mail


class Meeting(StrEnum):
    """What becomes of a wish where an earlier one is open."""

    SAME = "same"  # it was asked for before
    TAKEN_BACK = "taken_back"  # the earlier one was told to nobody: it is called off, and all is as it was wished
    INSTEAD = "instead"  # the earlier one is called off, and this one asked
    REFUSED = "refused"  # the earlier one makes it pointless


CANCELS = (Verb.CANCEL_AT_PERIOD_END, Verb.CANCEL_NOW)
_BREAKS = (Verb.PAUSE, Verb.RESUME)
_UNDOES = {
    Verb.CANCEL_AT_PERIOD_END: (Verb.UNDO_CANCEL,),
    Verb.CANCEL_NOW: (Verb.UNDO_CANCEL,),
    Verb.UNDO_CANCEL: CANCELS,
    Verb.PAUSE: (Verb.RESUME,),
    Verb.RESUME: (Verb.PAUSE,),
}


def is_so(verb: Verb, term: Term) -> bool:
    """Whether it stands as `verb` would have it, by the last that was told."""
    match verb:
        case Verb.CANCEL_AT_PERIOD_END | Verb.CANCEL_NOW:
            return not term.runs
        case Verb.PAUSE:
            return term.status == "paused"
        case Verb.RESUME:
            return term.runs and term.status != "paused"
        case _:
            return term.runs


def meeting(earlier: Verb, wish: Verb, *, told: bool) -> Meeting:
    """What a wish does to an earlier one that is open.

    `told`: somebody may have heard of that one, or of one before it that it took the place of.
    """
    if wish in CANCELS and earlier in CANCELS:  # at once is more than at the period's end
        return Meeting.INSTEAD if wish is Verb.CANCEL_NOW and earlier is not wish else Meeting.SAME
    if wish is Verb.UPDATE_CUSTOMER:  # newer details are the ones that count
        return Meeting.INSTEAD
    if wish is earlier:
        return Meeting.SAME
    if earlier in _UNDOES[wish]:
        return Meeting.INSTEAD if told else Meeting.TAKEN_BACK
    return Meeting.REFUSED if wish in _BREAKS else Meeting.INSTEAD


class Heard(StrEnum):
    """What a provider's word about a subscription means to its open action."""

    NOTHING = "nothing"
    CONFIRMED = "confirmed"
    POINTLESS = "pointless"


def heard(verb: Verb, state: ActionState, term: Term, *, ran: bool = True) -> Heard:
    """What it means that the subscription stands like this now. `ran`: it did until this was told."""
    if verb in CANCELS:
        # Where it was to end before, that may be about to be taken back: only what was asked for confirms the end.
        is_new = ran or state is ActionState.ACCEPTED or term.status in ENDED
        return Heard.CONFIRMED if is_new and not term.runs else Heard.NOTHING
    if term.status in ENDED:
        return Heard.POINTLESS
    # What takes something back is true before it is asked, until the provider tells of what it takes back.
    asked = state is not ActionState.DUE
    match verb:
        case Verb.UNDO_CANCEL:
            return Heard.CONFIRMED if asked and term.runs else Heard.NOTHING
        case Verb.PAUSE:
            return Heard.CONFIRMED if term.status == "paused" else Heard.NOTHING
        case Verb.RESUME:
            return Heard.CONFIRMED if asked and term.status != "paused" else Heard.NOTHING
        case _:
            return Heard.NOTHING
