"""What the hub offers, crossed: every source, as it is reached, with every state, country and setting.

Each test says what must hold whatever the code does: nobody is shown a button that nobody can honour, and nobody who
may cancel is left without one.
"""

from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from itertools import product

import pytest

from docs.pages import ROOT
from worker.core.cancelling import Term
from worker.core.following import Followed
from worker.core.instant import DAY
from worker.core.open_action import CANCELS, Way
from worker.core.provider_action import NOTHING, Capabilities, Verb
from worker.core.rights import Act, Allowed, Kind, Where
from worker.sources import ACTINGS, SOURCES
from worker.sources.account import Account
from worker.sources.offers import ACTS, Owner, UnderWay, may_change_card, may_end_at_once, offered, verb_offered
from worker.sources.ways import Endpoint, Reach, Ways, way_of

NOW = 1_800_000_000_000_000
NEXT, LATER, BEFORE = NOW + 9 * DAY, NOW + 90 * DAY, NOW - 2 * DAY
COUNTRIES = {Where.EU: "DE", Where.US: "US", Where.UK: "GB", Where.ELSEWHERE: "AU", Where.UNSAID: None}
PROTECTED = (Where.EU, Where.US, Where.UNSAID)
SETTINGS = [Allowed(*chosen) for chosen in product((False, True), repeat=3)]
REFS = {"stripe": "sub_1", "paypal": "I-BW452GLLEP1G", "thrivecart": "41000556:product-12"}
"""As each provider calls its subscriptions; the others call them anyhow."""
KINDS = (*SOURCES, "api")
ENDED = ("cancelled", "completed")
ENDPOINT = Endpoint("https://shop.example/hook", ("whsec_x",))
UNDER_WAY = [
    UnderWay(verb, told) for verb in (*CANCELS, Verb.UNDO_CANCEL, Verb.PAUSE, Verb.RESUME) for told in (False, True)
]


def rows(kind: str) -> Iterator[Followed]:
    """Its subscriptions in every state: ongoing, split pay and trial, running, ending, ended; also what isn't its own
    and tests."""
    ends = [(NEXT, None), (NEXT, NEXT), (NEXT, LATER), (None, None), (None, LATER), (BEFORE, None)]
    states = product(("trialing", "active", "past_due", "paused", *ENDED), ends, (None, 12))
    for status, (next_at, ends_at), total in states:
        row = Followed(kind, REFS.get(kind, "S-7"), "c1", status=status, told_at=NOW - DAY)
        row = replace(row, next_payment_at=next_at, cancel_at=ends_at, payments_total=total)
        yield row
        if total is None:
            yield from (replace(row, test=True), replace(row, ref="S/7 x"))


def reached(kind: str, *, key: bool = True, endpoint: bool = False) -> Reach:
    """The source with a key or none, with the shop's own program or none."""
    acting = ACTINGS.get(kind)
    account = Account("key") if key and acting is not None else None
    return Reach(acting, account, ENDPOINT if endpoint else None)


def owner(kind: str, where: Where = Where.EU, allowed: Allowed = Allowed(), reach: Reach | None = None) -> Owner:  # noqa: B008  # frozen
    ways = Ways({kind: reach or reached(kind)}, pause_by_hand=allowed.pause)
    return Owner(COUNTRIES[where], allowed, ways)


@cache
def crossed(kind: str) -> list[tuple[Followed, Where, Allowed, tuple[Act, ...]]]:
    """Every row for everybody under all settings, and what each is offered while nothing is under way."""
    whoever = [(where, allowed, owner(kind, where, allowed)) for where in Where for allowed in SETTINGS]
    return [
        (row, where, allowed, offered(row, None, who, NOW)) for row in rows(kind) for where, allowed, who in whoever
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_law_and_the_settings_decide_who_may_cancel_whatever_the_provider_can(kind: str) -> None:
    for row, where, allowed, acts in crossed(kind):
        said = allowed.split_pay if row.payments_total else allowed.cancel
        expected = goes_on(row.term) and (where in PROTECTED or said)
        assert (Act.CANCEL in acts) == expected, (row, where, allowed)


@pytest.mark.parametrize("kind", KINDS)
def test_each_button_has_its_time(kind: str) -> None:
    for row, where, allowed, acts in crossed(kind):
        case = (row, where, allowed, acts)
        assert Act.WITHDRAW not in acts, case
        assert len({Act.CANCEL, Act.UNDO} & set(acts)) < 2, case
        assert len({Act.PAUSE, Act.RESUME} & set(acts)) < 2, case
        assert not (acts and row.status in ENDED), case
        if Act.UNDO in acts:
            assert row.cancel_at is not None, case
        if Act.PAUSE in acts or Act.RESUME in acts:
            assert allowed.pause, case
            assert row.term.kind is Kind.ONGOING, case
            assert (row.status == "paused") == (Act.RESUME in acts), case


@pytest.mark.parametrize("kind", KINDS)
def test_allowing_more_takes_no_button_away(kind: str) -> None:
    acts = {(row, where, allowed): set(found) for row, where, allowed, found in crossed(kind)}
    for (row, where, less), found in acts.items():
        for each in fields(Allowed):
            more = replace(less, **{each.name: True})
            assert found <= acts[row, where, more], (row, where, less, more)


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_is_asked_can_do_it(kind: str) -> None:
    """By the provider's API only what it can, by hand only what a person finds there, and is ready to do."""
    for key, endpoint, pause in product((False, True), repeat=3):
        reach = reached(kind, key=key, endpoint=endpoint)
        who = owner(kind, allowed=Allowed(pause=pause), reach=reach)
        for row in rows(kind):
            there = reach.acting.able(row) if reach.acting else Capabilities(undo_cancel=True, pause=True, resume=True)
            for act in ACTS:
                verb = verb_offered(act, row, None, who, NOW)
                if verb is None:
                    continue
                match way_of(verb, row, who.ways):
                    case Way.PROVIDER:
                        assert (key, there.can(verb)) == (True, True), (row, act)
                    case Way.ENDPOINT:
                        assert endpoint, (row, act)
                    case Way.MANUAL:
                        assert verb in CANCELS or there.can(verb), (row, act)
                        assert act not in (Act.PAUSE, Act.RESUME) or pause, (row, act)
                    case None:
                        pytest.fail(f"nobody can do {verb} for {row}")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_paid_for_is_used_up_where_a_program_can_wait(kind: str) -> None:
    for key, endpoint in product((False, True), repeat=2):
        who = owner(kind, reach=reached(kind, key=key, endpoint=endpoint))
        for row in rows(kind):
            verb = verb_offered(Act.CANCEL, row, None, who, NOW)
            paid = row.status in ("trialing", "active") and (row.next_payment_at or 0) > NOW
            waits = way_of(Verb.CANCEL_AT_PERIOD_END, row, who.ways) in (Way.PROVIDER, Way.ENDPOINT)
            if verb is not None and paid and waits:
                assert verb is Verb.CANCEL_AT_PERIOD_END, row
            if may_end_at_once(row, who.ways, NOW):
                assert paid, row
                assert way_of(Verb.CANCEL_NOW, row, who.ways) is not None, row


@pytest.mark.parametrize("kind", KINDS)
def test_while_something_is_under_way(kind: str) -> None:
    for allowed, row, under_way in product((Allowed(), Allowed(pause=True)), rows(kind), UNDER_WAY):
        who = owner(kind, allowed=allowed)
        acts, case = offered(row, under_way, who, NOW), (row, under_way)
        assert not (acts and row.status in ENDED), case
        if under_way.verb in CANCELS:
            assert set(acts) <= {Act.UNDO}, case
            assert (Act.UNDO in acts) >= (goes_on(row.term) and not under_way.told), case  # nobody has heard of it
        else:
            kept = under_way.verb is Verb.UNDO_CANCEL and row.status not in ENDED
            assert (Act.CANCEL in acts) == (goes_on(row.term) or kept), case
        for act in acts:
            assert verb_offered(act, row, under_way, who, NOW) is not under_way.verb, case


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_page_is_shown_where_its_provider_has_one(kind: str) -> None:
    for row in rows(kind):
        acting = ACTINGS.get(kind)
        asked, linked = acting.able(row).card_page if acting else False, acting.links(row) if acting else None
        assert may_change_card(row, owner(kind).ways) == (asked or linked is not None)
        assert may_change_card(row, owner(kind, reach=reached(kind, key=False)).ways) == (linked is not None)
        assert linked is None or linked.startswith("https://")


def test_the_page_says_what_each_provider_can_do() -> None:
    page = (ROOT / "docs" / "provider-actions.md").read_text(encoding="utf-8")
    assert "\n".join(capabilities_told()) in page


def capabilities_told() -> Iterator[str]:
    """The table of `docs/provider-actions.md`."""
    columns = [each.name for each in fields(Capabilities)]
    yield f"| `kind` | {' | '.join(name.replace('_', ' ') for name in columns)} |"
    yield f"|---{'|---' * len(columns)}|"
    for kind in SOURCES:
        can = [able_ever(kind, Verb(name)) for name in columns]
        yield f"| `{kind}` | {' | '.join('yes' if each else '–' for each in can)} |"


def able_ever(kind: str, verb: Verb) -> bool:
    """Whether there is a subscription, or a customer, for which its API, or a page of its own, does it."""
    acting = ACTINGS.get(kind)
    if acting is None:
        return False
    linked = verb is Verb.CARD_PAGE and any(acting.links(row) for row in rows(kind))
    return linked or any(acting.able(row).can(verb) for row in (*rows(kind), Followed(kind, "")))


def test_what_is_never_asked_of_whom_has_ended() -> None:
    for kind, acting in ACTINGS.items():
        for row in rows(kind):
            if row.status in ENDED:
                left = replace(acting.able(row), update_customer=False)
                assert left == NOTHING, row


def goes_on(plan: Term) -> bool:
    """Whether more will be charged for it: in other words than the code's."""
    ends_first = plan.cancel_at is not None and (plan.next_payment_at or LATER) >= plan.cancel_at
    return plan.status not in ENDED and not ends_first
