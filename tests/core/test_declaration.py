"""What is declared: read from what people type, known again when it is pressed twice, and what follows by itself."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.declaration import (
    LONGEST,
    Declaration,
    Follows,
    Manner,
    Named,
    What,
    follows,
    numbers_in,
    read_declaration,
)
from worker.core.provider_action import NOTHING, Capabilities, Verb

TYPED = {"name": "Ada", "contract": "Order HP-1042", "email": "ada@example.com"}
SAID = Declaration(What.CANCEL, "Ada", "Order HP-1042", "ada@example.com", Manner.ORDINARY)
CAN = Capabilities(cancel_at_period_end=True, cancel_now=True, undo_cancel=True)
NAMED = Named("2026-12-22", Verb.CANCEL_AT_PERIOD_END, CAN)


def test_what_is_typed_is_read() -> None:
    assert read_declaration(What.CANCEL, TYPED) == SAID
    assert read_declaration(What.WITHDRAW, {**TYPED, "reason": "late", "end_on": "x"}) == replace(
        SAID, what=What.WITHDRAW, manner=None
    )
    full = {"manner": "extraordinary", "reason": "never came", "end_on": "2026-12-31"}
    assert read_declaration(What.CANCEL, {**TYPED, **full}) == replace(
        SAID, manner=Manner.EXTRAORDINARY, reason="never came", end_on="2026-12-31"
    )


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({}, {"name", "contract", "email"}),
        ({**TYPED, "name": "\u202e \n"}, {"name"}),
        ({**TYPED, "email": "ada@"}, {"email"}),
        ({**TYPED, "end_on": "31.12.2026"}, {"end_on"}),
        ({**TYPED, "end_on": "9999-12-31"}, {"end_on"}),
    ],
)
def test_what_cannot_be_taken_is_named(typed: dict[str, str], wrong: set[str]) -> None:
    assert read_declaration(What.CANCEL, typed) == frozenset(wrong)


@given(st.dictionaries(st.sampled_from([*LONGEST, "page", "lang"]), st.text(max_size=400)), st.sampled_from(What))
def test_nothing_typed_breaks_it_and_every_field_is_one_short_line(typed: dict[str, str], what: What) -> None:
    said = read_declaration(what, {**typed, **({"email": "ada@example.com"} if "email" in typed else {})})
    if isinstance(said, Declaration):
        for name, value in said.typed.items():
            assert len(value) <= LONGEST[name]
            assert value.isprintable(), (name, value)


def test_one_press_of_one_page_is_one_declaration() -> None:
    once = SAID.digest("page-1")
    assert once == replace(SAID).digest("page-1")
    others = [replace(SAID, name="Eve"), replace(SAID, end_on="2026-12-31"), replace(SAID, what=What.WITHDRAW)]
    assert len({once, SAID.digest("page-2"), *(each.digest("page-1") for each in others)}) == 5


@pytest.mark.parametrize(
    ("contract", "number"),
    [
        ("HP-1042", "HP-1042"),
        ("#1042", "1042"),
        ("Order no. HP/2026/7, the course", "HP/2026/7"),
        ("invoice (hp-1042)", "HP-1042"),
        ("sub_1SWqXY", "sub_1SWqXY"),
    ],
)
def test_numbers_are_found_in_what_people_write(contract: str, number: str) -> None:
    assert number in numbers_in(contract)


def test_words_are_no_numbers() -> None:
    assert numbers_in("the letterpress club") == ()


CASES = [
    (what, known, count, verb, undo, wished)
    for what, known, count, verb, undo, wished in product(
        What,
        (True, False),
        (0, 1, 2),
        (Verb.CANCEL_AT_PERIOD_END, Verb.CANCEL_NOW, None),
        (True, False),
        (None, "2026-12-01", "2026-12-22", "2026-12-23"),
    )
]


def test_by_itself_only_what_can_be_taken_back_is_asked_for() -> None:
    asked = []
    for what, known, count, verb, undo, wished in CASES:
        named = [Named("2026-12-22", verb, replace(CAN, undo_cancel=undo))] * count
        if follows(replace(SAID, what=what, end_on=wished), known=known, named=named) is Follows.ASKED:
            asked.append((what, known, count, verb, undo, wished))
    wishes = (None, "2026-12-01", "2026-12-22")
    assert asked == [(What.CANCEL, True, 1, Verb.CANCEL_AT_PERIOD_END, True, wished) for wished in wishes]


def test_who_cancels_for_a_reason_is_asked_for_too_and_nobody_else_is() -> None:
    assert follows(replace(SAID, manner=Manner.EXTRAORDINARY), known=True, named=[NAMED]) is Follows.ASKED
    assert follows(SAID, known=True, named=[replace(NAMED, able=NOTHING)]) is Follows.PERSON
