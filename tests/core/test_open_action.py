"""What an open action means to a later wish, and what confirms it: every pair, every state."""

import itertools

import pytest

from worker.core.cancelling import Term
from worker.core.open_action import CANCELS, OPEN, ActionState, Heard, Meeting, heard, is_so, meeting
from worker.core.provider_action import Verb

WISHES = [verb for verb in Verb if verb not in (Verb.UPDATE_CUSTOMER, Verb.CARD_PAGE)]
END, NOW, UNDO, PAUSE, RESUME = WISHES
PLANS = {
    "active": Term("active", next_payment_at=5),
    "trialing": Term("trialing"),
    "past_due": Term("past_due"),
    "paused": Term("paused"),
    "ends": Term("active", next_payment_at=5, cancel_at=5),
    "paused, ends": Term("paused", cancel_at=5),
    "cancelled": Term("cancelled"),
    "completed": Term("completed"),
}


@pytest.mark.parametrize("told", [False, True])
def test_every_wish_meets_every_earlier_one(told: bool) -> None:
    instead = {(END, NOW), (UNDO, END), (UNDO, NOW), (END, UNDO), (NOW, UNDO), (PAUSE, RESUME), (RESUME, PAUSE)}
    opposite = instead - {(END, NOW)}
    for earlier, wish in itertools.product(WISHES, WISHES):
        met = meeting(earlier, wish, told=told)
        if (earlier, wish) in opposite and not told:
            assert met is Meeting.TAKEN_BACK
        elif earlier is wish or (earlier, wish) == (NOW, END):
            assert met is Meeting.SAME
        elif wish in (PAUSE, RESUME) and (earlier, wish) not in instead:
            assert met is Meeting.REFUSED  # it ends, or its end is just being taken back
        else:
            assert met is Meeting.INSTEAD


def test_newer_details_take_the_place_of_older_ones() -> None:
    for told in (False, True):
        assert meeting(Verb.UPDATE_CUSTOMER, Verb.UPDATE_CUSTOMER, told=told) is Meeting.INSTEAD


def confirming(verb: Verb, state: ActionState, *, ran: bool = True) -> set[str]:
    return {name for name, plan in PLANS.items() if heard(verb, state, plan, ran=ran) is Heard.CONFIRMED}


def pointless(verb: Verb, state: ActionState) -> set[str]:
    return {name for name, plan in PLANS.items() if heard(verb, state, plan) is Heard.POINTLESS}


@pytest.mark.parametrize("state", OPEN)
def test_what_confirms_each(state: ActionState) -> None:
    ended, asked = {"cancelled", "completed"}, state is not ActionState.DUE
    for verb in CANCELS:
        assert confirming(verb, state) == {"ends", "paused, ends", *ended}
        assert pointless(verb, state) == set()
    assert confirming(PAUSE, state) == {"paused", "paused, ends"}
    # The state before it was asked looks like the one after: only what was asked for is confirmed by it.
    assert confirming(UNDO, state) == ({"active", "trialing", "past_due", "paused"} if asked else set())
    assert confirming(RESUME, state) == ({"active", "trialing", "past_due", "ends"} if asked else set())
    for verb in (PAUSE, UNDO, RESUME, Verb.UPDATE_CUSTOMER):
        assert pointless(verb, state) == ended
    assert confirming(Verb.UPDATE_CUSTOMER, state) == set()


@pytest.mark.parametrize("state", OPEN)
@pytest.mark.parametrize("verb", CANCELS)
def test_an_end_that_was_set_before_confirms_none_that_was_not_asked_for_yet(verb: Verb, state: ActionState) -> None:
    ended, set_before = {"cancelled", "completed"}, {"ends", "paused, ends"}
    asked = state is ActionState.ACCEPTED
    assert confirming(verb, state, ran=False) == (ended | set_before if asked else ended)


def test_how_it_stands_when_a_wish_is_fulfilled() -> None:
    so = {verb: {name for name, plan in PLANS.items() if is_so(verb, plan)} for verb in WISHES}
    ends, runs = {"ends", "paused, ends", "cancelled", "completed"}, {"active", "trialing", "past_due", "paused"}
    paused = {"paused", "paused, ends"}
    assert so == {END: ends, NOW: ends, UNDO: runs, PAUSE: paused, RESUME: runs - paused}
