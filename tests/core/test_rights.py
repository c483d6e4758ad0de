"""Who may do what: every case has one row, the law comes first, and the documentation says the same."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.cancelling import Term, may, verb_of
from worker.core.instant import DAY
from worker.core.provider_action import EVERYTHING, NOTHING, Capabilities, Verb
from worker.core.rights import (
    RULES,
    Act,
    Allowed,
    Ground,
    Kind,
    Where,
    has_right,
    may_withdraw,
    rights_as_markdown,
    rule_of,
    where_of,
    who_may_cancel,
)

PROTECTED = (Where.EU, Where.US, Where.UNSAID)
RUNNING = (Kind.ONGOING, Kind.TRIAL, Kind.SPLIT_PAY)
SETTINGS = [Allowed(*chosen) for chosen in product((True, False), repeat=3)]
CASES = list(product(Act, Where, Kind))
NOW = 1_795_000_000_000_000
SOON = NOW + DAY
allowances = st.builds(Allowed, st.booleans(), st.booleans(), st.booleans())


def expected(act: Act, where: Where, kind: Kind, allowed: Allowed) -> bool:
    """The same in other words."""
    if act is Act.WITHDRAW:
        return where in (Where.EU, Where.UK, Where.UNSAID)
    if kind is Kind.SINGLE:
        return False
    if act is Act.UNDO:
        return True
    if act is Act.CANCEL:
        return where in PROTECTED or (allowed.split_pay if kind is Kind.SPLIT_PAY else allowed.cancel)
    return kind is Kind.ONGOING and allowed.pause


def test_the_shown_table_is_the_table() -> None:
    shown = Path(__file__).parents[2] / "docs" / "rights.md"
    assert shown.read_text(encoding="utf-8") == rights_as_markdown()


@pytest.mark.parametrize(("act", "where", "kind"), CASES)
def test_exactly_one_row_fits_each_case(act: Act, where: Where, kind: Kind) -> None:
    fitting = [rule for rule in RULES if rule.act is act and where in rule.where and kind in rule.kinds]
    assert fitting == [rule_of(act, where, kind)]
    assert fitting[0].why


@pytest.mark.parametrize("allowed", SETTINGS)
def test_every_case_under_every_setting(allowed: Allowed) -> None:
    for act, where, kind in CASES:
        assert has_right(act, where, kind, allowed) == expected(act, where, kind, allowed), (act, where, kind)


@given(allowances, st.sampled_from(CASES))
def test_no_setting_takes_away_what_the_law_gives(allowed: Allowed, case: tuple[Act, Where, Kind]) -> None:
    ground = rule_of(*case).ground
    if ground in (Ground.LAW, Ground.ALWAYS, Ground.NEVER):
        assert has_right(*case, allowed) == (ground is not Ground.NEVER)


@pytest.mark.parametrize("allowed", SETTINGS)
def test_the_merchant_is_told_what_customers_get(allowed: Allowed) -> None:
    countries = {Where.EU: "DE", Where.US: "US", Where.UK: "GB", Where.ELSEWHERE: "AU", Where.UNSAID: None}
    plans = {
        Kind.ONGOING: Term("active"),
        Kind.TRIAL: Term("trialing"),
        Kind.SPLIT_PAY: Term("active", payments_total=6),
    }
    table = who_may_cancel(allowed)
    assert set(table) == set(Where)
    for where, kinds in table.items():
        assert kinds == {kind: may(Act.CANCEL, plans[kind], countries[where], allowed) for kind in RUNNING}, where


@pytest.mark.parametrize(
    ("country", "where"),
    [
        *((each, Where.EU) for each in ("DE", "FR", "GR", "IE", "HR", "NO", "IS", "LI")),
        ("US", Where.US),
        ("GB", Where.UK),
        *((each, Where.ELSEWHERE) for each in ("CH", "AU", "JP", "XX", "de")),
        (None, Where.UNSAID),
        ("", Where.UNSAID),
    ],
)
def test_where_a_country_lies(country: str | None, where: Where) -> None:
    assert where_of(country) is where


def test_the_whole_union_and_the_whole_area_are_meant() -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    inside = [first + second for first in letters for second in letters if where_of(first + second) is Where.EU]
    assert len(inside) == 27 + 3


@pytest.mark.parametrize(
    ("plan", "acts"),
    [
        (Term("active", SOON), {Act.CANCEL, Act.PAUSE}),
        (Term("trialing", SOON), {Act.CANCEL}),
        (Term("past_due", SOON), {Act.CANCEL}),
        (Term("paused"), {Act.CANCEL, Act.RESUME}),
        (Term("active", SOON, cancel_at=SOON), {Act.UNDO}),
        (Term("active", SOON, cancel_at=SOON + 300 * DAY), {Act.CANCEL, Act.PAUSE}),
        (Term("active", SOON, payments_total=6), {Act.CANCEL}),
        (Term("cancelled"), set()),
        (Term("completed"), set()),
    ],
)
def test_what_can_be_done_as_a_subscription_stands(plan: Term, acts: set[Act]) -> None:
    everything = Allowed(cancel=True, split_pay=True, pause=True)
    assert {act for act in Act if may(act, plan, "AU", everything)} == acts


@pytest.mark.parametrize(
    ("act", "plan", "able", "verb"),
    [
        (Act.CANCEL, Term("active", SOON), EVERYTHING, Verb.CANCEL_AT_PERIOD_END),
        (Act.CANCEL, Term("trialing", SOON), EVERYTHING, Verb.CANCEL_AT_PERIOD_END),
        (Act.CANCEL, Term("past_due", SOON), EVERYTHING, Verb.CANCEL_NOW),
        (Act.CANCEL, Term("paused"), EVERYTHING, Verb.CANCEL_NOW),
        (Act.CANCEL, Term("active", SOON), Capabilities(cancel_now=True), Verb.CANCEL_NOW),
        (Act.CANCEL, Term("past_due"), Capabilities(cancel_at_period_end=True), Verb.CANCEL_AT_PERIOD_END),
        (Act.CANCEL, Term("active", SOON), NOTHING, None),
        (Act.UNDO, Term("active", SOON, cancel_at=SOON), EVERYTHING, Verb.UNDO_CANCEL),
        (Act.PAUSE, Term("active", SOON), EVERYTHING, Verb.PAUSE),
        (Act.RESUME, Term("paused"), EVERYTHING, Verb.RESUME),
        (Act.PAUSE, Term("active", SOON), NOTHING, None),
        (Act.WITHDRAW, Term("active", SOON), EVERYTHING, None),
    ],
)
def test_what_the_provider_is_asked_for(act: Act, plan: Term, able: Capabilities, verb: Verb | None) -> None:
    assert verb_of(act, plan, able, NOW) is verb


@pytest.mark.parametrize(
    ("country", "days", "offered"),
    [
        ("DE", 0, True),
        ("DE", 44, True),
        ("DE", 45, False),
        ("NO", 14, True),
        ("GB", 14, True),
        (None, 14, True),
        ("US", 0, False),
        ("AU", 0, False),
    ],
)
def test_how_long_withdrawal_is_offered(country: str | None, days: int, offered: bool) -> None:
    assert may_withdraw(country, Kind.SINGLE, NOW - days * DAY, NOW) is offered
