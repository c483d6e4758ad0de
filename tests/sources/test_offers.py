"""What a subscription's owner is offered: every act, over all that providers can, states, settings and what is open."""

from dataclasses import fields, replace
from itertools import product

import pytest

from worker.core.following import Followed
from worker.core.instant import DAY
from worker.core.open_action import CANCELS, Meeting, meeting
from worker.core.provider_action import NOTHING, Capabilities, Verb
from worker.core.rights import Act, Allowed
from worker.core.web_call import Call
from worker.sources.account import Account, Cause, Trouble
from worker.sources.acting import Acting
from worker.sources.offers import Owner, UnderWay, may_change_card, may_end_at_once, offered, verb_offered
from worker.sources.ways import Endpoint, Reach, Ways

NOW = 1_800_000_000_000_000
ALL = Capabilities(**{each.name: True for each in fields(Capabilities)})
ROW = Followed("stripe", "sub_1", "c1", status="active", next_payment_at=NOW + 9 * DAY, told_at=NOW - DAY)
ENDING = replace(ROW, cancel_at=ROW.next_payment_at)
PAUSED = replace(ROW, status="paused", next_payment_at=None)
ENDED = replace(ROW, status="cancelled")


def reach(can: Capabilities, *, key: bool = True, link: str | None = None) -> Reach:
    acting = Acting(
        source="stripe",
        able=lambda _: can,
        ask=lambda account, _: Call(account.url or "https://api.example"),
        read=lambda *_: Trouble(Cause.FAILED, "never asked"),
        links=lambda _: link,
    )
    return Reach(acting, Account("key") if key else None)


def owner(at: Reach, country: str | None = "AU", **allowed: bool) -> Owner:
    return Owner(country, Allowed(**allowed), Ways({"stripe": at}, pause_by_hand=allowed.get("pause", False)))


WHAT = {
    "running, the provider can all": (ROW, owner(reach(ALL), pause=True), (Act.CANCEL, Act.PAUSE)),
    "pausing is not allowed": (ROW, owner(reach(ALL)), (Act.CANCEL,)),
    "cancelling is not allowed": (ROW, owner(reach(ALL), cancel=False), ()),
    "the law allows it": (ROW, owner(reach(ALL), "DE", cancel=False), (Act.CANCEL,)),
    "the provider can't pause": (ROW, owner(reach(replace(ALL, pause=False)), pause=True), (Act.CANCEL,)),
    "no key: a person does what the provider has": (
        ROW,
        owner(reach(ALL, key=False), pause=True),
        (Act.CANCEL, Act.PAUSE),
    ),
    "nobody can be asked: a person ends it": (ROW, owner(reach(NOTHING)), (Act.CANCEL,)),
    "it ends": (ENDING, owner(reach(ALL), pause=True), (Act.UNDO,)),
    "it ends, and nobody can undo that": (ENDING, owner(reach(replace(ALL, undo_cancel=False))), ()),
    "it is paused": (PAUSED, owner(reach(ALL), pause=True), (Act.CANCEL, Act.RESUME)),
    "it is paused, by the provider": (PAUSED, owner(reach(ALL)), (Act.CANCEL,)),
    "it is over": (ENDED, owner(reach(ALL), pause=True), ()),
}


@pytest.mark.parametrize("case", WHAT)
def test_what_is_offered(case: str) -> None:
    row, who, acts = WHAT[case]
    assert offered(row, None, who, NOW) == acts


UNDER_WAY = {
    "a cancellation nobody heard of": (ROW, UnderWay(Verb.CANCEL_AT_PERIOD_END, told=False), (Act.UNDO,)),
    "a cancellation that is told": (ROW, UnderWay(Verb.CANCEL_AT_PERIOD_END, told=True), (Act.UNDO,)),
    "a pause": (ROW, UnderWay(Verb.PAUSE, told=True), (Act.CANCEL,)),
    "taking a cancellation back": (ENDING, UnderWay(Verb.UNDO_CANCEL, told=True), (Act.CANCEL,)),
    "what nobody heard is to be taken back": (ENDING, UnderWay(Verb.UNDO_CANCEL, told=False), (Act.CANCEL,)),
    "an end while one is taken back": (ENDING, UnderWay(Verb.CANCEL_NOW, told=False), (Act.UNDO,)),
    "going on": (PAUSED, UnderWay(Verb.RESUME, told=True), (Act.CANCEL,)),
}


@pytest.mark.parametrize("case", UNDER_WAY)
def test_what_is_offered_while_something_is_under_way(case: str) -> None:
    row, under_way, acts = UNDER_WAY[case]
    assert offered(row, under_way, owner(reach(ALL), pause=True), NOW) == acts


def test_a_told_cancellation_is_not_taken_back_where_nobody_can() -> None:
    told = UnderWay(Verb.CANCEL_AT_PERIOD_END, told=True)
    assert offered(ROW, told, owner(reach(replace(ALL, undo_cancel=False))), NOW) == ()


def test_nothing_is_offered_that_nobody_can_carry_out_or_that_would_be_pointless() -> None:
    opens = [
        None,
        *(
            UnderWay(verb, told)
            for verb in (*CANCELS, Verb.UNDO_CANCEL, Verb.PAUSE, Verb.RESUME)
            for told in (False, True)
        ),
    ]
    names = ("cancel_at_period_end", "cancel_now", "undo_cancel", "pause", "resume")
    count = 0
    for flags in product((False, True), repeat=len(names)):
        can = Capabilities(**dict(zip(names, flags, strict=True)))
        for row, under_way, key, pause in product((ROW, ENDING, PAUSED, ENDED), opens, (False, True), (False, True)):
            who = owner(reach(can, key=key), pause=pause)
            for act in Act:
                verb = verb_offered(act, row, under_way, who, NOW)
                count += 1
                if verb is None:
                    continue
                taken_back = under_way is not None and not under_way.told and verb is Verb.UNDO_CANCEL
                assert row is not ENDED
                assert verb in CANCELS or can.can(verb) or taken_back
                if under_way is not None:
                    assert meeting(under_way.verb, verb, told=under_way.told) in (Meeting.INSTEAD, Meeting.TAKEN_BACK)
    assert count == 2**5 * 4 * 11 * 2 * 2 * len(Act)


def test_the_choice_of_the_day_is_offered_where_both_can_be_had() -> None:
    def choice(row: Followed, can: Capabilities) -> bool:
        return may_end_at_once(row, owner(reach(can)).ways, NOW)

    assert choice(ROW, ALL)
    assert not choice(ROW, replace(ALL, cancel_now=False))
    assert not choice(ROW, replace(ALL, cancel_at_period_end=False))
    assert not choice(replace(ROW, next_payment_at=NOW - DAY), ALL)
    assert not choice(PAUSED, ALL)
    assert choice(ROW, NOTHING), "a person can do both"


def test_the_card_has_a_page_where_the_provider_can_be_asked_or_its_address_is_known() -> None:
    assert may_change_card(ROW, owner(reach(ALL)).ways)
    assert not may_change_card(ROW, owner(reach(ALL, key=False)).ways)
    assert may_change_card(ROW, owner(reach(NOTHING, key=False, link="https://provider.example/card")).ways)
    endpoint = Ways({"stripe": Reach(endpoint=Endpoint("https://shop.example/hook", ("s",)))})
    assert not may_change_card(ROW, endpoint)
