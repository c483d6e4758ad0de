"""What becomes of an action after a call: every row of the table, every try, and the page made of it."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from worker.core.instant import DAY, HOUR, SECOND
from worker.core.open_action import ActionState, Way
from worker.core.provider_action import Verb
from worker.core.provider_call import (
    MOST_ASKED,
    MOST_TRIES,
    SCHEDULE,
    TABLE,
    Alert,
    History,
    Pace,
    Result,
    decide,
    table_as_markdown,
)

CANCEL = History(now=1000 * DAY, verb=Verb.CANCEL_NOW, chance=0.0)
DETAILS = replace(CANCEL, verb=Verb.UPDATE_CUSTOMER)


def test_the_table_has_each_pair_that_can_happen() -> None:
    never = {(Way.PROVIDER, Result.GONE), *((Way.ENDPOINT, Result(each)) for each in ("told", "denied", "lost"))}
    assert set(TABLE) | never == set(itertools.product((Way.PROVIDER, Way.ENDPOINT), Result))
    assert not set(TABLE) & never


@pytest.mark.parametrize(("way", "result"), TABLE)
def test_each_row_holds_at_the_first_try(way: Way, result: Result) -> None:
    ruling, decision = TABLE[way, result], decide(way, result, CANCEL)
    assert (decision.state, decision.attempts, decision.alert) == (ruling.state, 1, ruling.alert)
    assert (decision.due_at is not None) == (ruling.pace is not Pace.NEVER) == (ruling.state is ActionState.DUE)


@pytest.mark.parametrize(("way", "result"), TABLE)
def test_details_are_done_once_they_are_taken(way: Way, result: Result) -> None:
    taken = TABLE[way, result].state is ActionState.ACCEPTED
    assert (decide(way, result, DETAILS).state is ActionState.DONE) == taken


def waits(way: Way, result: Result, history: History) -> list[int]:
    """How long each try waits until a person has it to do."""
    found: list[int] = []
    for attempts in range(1000):
        decision = decide(way, result, replace(history, attempts=attempts))
        if decision.due_at is None:
            assert decision.state is ActionState.MANUAL
            return found
        found.append(decision.due_at - history.now)
    raise AssertionError("it is tried for ever")


def test_a_busy_provider_has_two_days() -> None:
    found = waits(Way.PROVIDER, Result.LATER, CANCEL)
    assert [each // SECOND for each in found[:10]] == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]
    assert len(found) == MOST_TRIES - 1
    assert 1.8 * DAY < sum(found) < 2.2 * DAY


def test_a_refused_key_is_tried_each_hour_and_told() -> None:
    assert set(waits(Way.PROVIDER, Result.DENIED, CANCEL)) == {HOUR}
    assert decide(Way.PROVIDER, Result.DENIED, CANCEL).alert is Alert.KEY


def test_an_endpoint_has_the_schedule_of_the_specification() -> None:
    assert waits(Way.ENDPOINT, Result.LATER, CANCEL) == list(SCHEDULE)
    assert [each / HOUR for each in SCHEDULE[3:]] == [2, 5, 10, 14, 20, 24]


@pytest.mark.parametrize(("asked", "wait"), [(0, 10), (3, 10), (90, 90), (10**9, MOST_ASKED // SECOND)])
def test_as_long_as_the_provider_asks(asked: float, wait: int) -> None:
    decision = decide(Way.PROVIDER, Result.LATER, replace(CANCEL, seconds=asked))
    assert decision.due_at == CANCEL.now + wait * SECOND


def test_chance_only_adds() -> None:
    least, most = (decide(Way.PROVIDER, Result.LATER, replace(CANCEL, chance=each)).due_at for each in (0.0, 1.0))
    assert (least, most) == (CANCEL.now + 10 * SECOND, CANCEL.now + 12 * SECOND)


def test_the_page_shows_this_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "provider-actions.md"
    assert table_as_markdown() in page.read_text(encoding="utf-8"), "write the table of table_as_markdown() into it"
