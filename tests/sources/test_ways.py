"""Who does what for a subscription: the provider, the shop's own program, or a person."""

from dataclasses import fields, replace

import pytest

from worker.core.following import Followed
from worker.core.instant import DAY
from worker.core.open_action import Way
from worker.core.provider_action import NOTHING, Capabilities, Verb
from worker.core.rights import Act
from worker.sources import ACTINGS
from worker.sources.account import Account
from worker.sources.acting import Acting
from worker.sources.ways import Endpoint, Reach, Ways, capabilities_of, verb_for, way_of, way_of_details

ROW = Followed("shop", "S-1", status="active", next_payment_at=30 * DAY)
ENDPOINT = Endpoint("https://shop.example/hook", ("whsec_x",))
ACCOUNT = Account("sk_live_secret")
ONLY_NOW = Capabilities(cancel_now=True, pause=True)


def acting(able: Capabilities, card: str | None = None) -> Acting:
    stripe = ACTINGS["stripe"]
    return replace(stripe, able=lambda _: able, links=lambda _: card)


def ways(reach: Reach, *, pause: bool = False) -> Ways:
    return Ways({"shop": reach}, pause)


def of(reach: Reach, *, pause: bool = False) -> dict[Verb, Way | None]:
    found = ways(reach, pause=pause)
    answers = {verb: way_of(verb, ROW, found) for verb in Verb}
    offered = capabilities_of(ROW, found)
    assert {verb for verb, way in answers.items() if way} == {verb for verb in Verb if offered.can(verb)}
    return answers


def test_nobody_but_a_person() -> None:
    by_hand = {Verb.CANCEL_AT_PERIOD_END: Way.MANUAL, Verb.CANCEL_NOW: Way.MANUAL, Verb.UNDO_CANCEL: Way.MANUAL}
    none = dict.fromkeys(Verb, None)
    assert of(Reach()) == {**none, **by_hand}
    assert of(Reach(), pause=True) == {**none, **by_hand, Verb.PAUSE: Way.MANUAL, Verb.RESUME: Way.MANUAL}


def test_a_provider_with_a_key_does_what_it_can_and_a_person_ends_what_it_can_t() -> None:
    found = of(Reach(acting(ONLY_NOW), ACCOUNT))
    assert (found[Verb.CANCEL_NOW], found[Verb.PAUSE]) == (Way.PROVIDER, Way.PROVIDER)
    assert found[Verb.CANCEL_AT_PERIOD_END] is Way.MANUAL
    assert found[Verb.UNDO_CANCEL] is found[Verb.RESUME] is found[Verb.CARD_PAGE] is None


def test_what_the_provider_doesn_t_have_no_person_can_press_there() -> None:
    found = of(Reach(acting(NOTHING)), pause=True)
    assert {verb for verb, way in found.items() if way} == {Verb.CANCEL_AT_PERIOD_END, Verb.CANCEL_NOW}


def test_the_endpoint_does_the_rest() -> None:
    found = of(Reach(acting(ONLY_NOW), ACCOUNT, ENDPOINT))
    assert found[Verb.CANCEL_NOW] is Way.PROVIDER
    assert found[Verb.CANCEL_AT_PERIOD_END] is found[Verb.UPDATE_CUSTOMER] is Way.ENDPOINT
    assert found[Verb.CARD_PAGE] is None


def test_a_card_page_whose_address_is_known_needs_no_key() -> None:
    reach = Reach(acting(NOTHING, "https://provider.example/card"))
    assert capabilities_of(ROW, ways(reach)).card_page


@pytest.mark.parametrize(
    ("reach", "verb"),
    [
        (Reach(), Verb.CANCEL_AT_PERIOD_END),
        (Reach(acting(ONLY_NOW), ACCOUNT), Verb.CANCEL_NOW),
        (Reach(acting(ONLY_NOW)), Verb.CANCEL_AT_PERIOD_END),
        (Reach(acting(ONLY_NOW), ACCOUNT, ENDPOINT), Verb.CANCEL_AT_PERIOD_END),
    ],
)
def test_a_program_cancels_if_any_can(reach: Reach, verb: Verb) -> None:
    assert verb_for(Act.CANCEL, ROW, ways(reach), 0) is verb
    assert verb_for(Act.UNDO, ROW, ways(Reach(acting(NOTHING), ACCOUNT)), 0) is None


def test_details_go_to_whoever_takes_them() -> None:
    assert way_of_details("shop", ways(Reach())) is None
    assert way_of_details("shop", ways(Reach(endpoint=ENDPOINT))) is Way.ENDPOINT
    able = Capabilities(update_customer=True)
    assert way_of_details("shop", ways(Reach(acting(able), ACCOUNT))) is Way.PROVIDER


def test_no_key_is_printed() -> None:
    shown = repr(ways(Reach(acting(NOTHING), ACCOUNT, ENDPOINT)))
    assert "sk_live" not in shown
    assert "whsec_" not in shown
    assert len(fields(Capabilities)) == len(Verb)
