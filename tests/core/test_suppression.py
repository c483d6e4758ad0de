"""What follows from bounces and complaints: the table, its odd cases, and that the page shows it."""

from pathlib import Path

import pytest

from worker.core.bounce import Happening, failure
from worker.core.instant import DAY
from worker.core.suppression import (
    FOR_MERCHANT,
    PASSES,
    SOFT_MOST,
    SOFT_SPAN,
    TABLE,
    VALID_FOR,
    Effect,
    Known,
    Situation,
    decide,
    table_as_markdown,
)
from worker.store.outbox import MailKind

NOW = 1_000 * DAY
SENT = Known(now=NOW, kind="receipt", went_at=NOW - DAY)


def test_the_page_shows_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "bounces.md"
    assert table_as_markdown() in page.read_text(encoding="utf-8")


def test_every_happening_has_its_row_in_the_usual_case() -> None:
    assert {happening for happening, situation in TABLE if situation is Situation.USUAL} == set(Happening)


def test_what_passes_are_kinds_of_mails() -> None:
    assert {kind for kinds in PASSES.values() for kind in kinds} <= {kind.value for kind in MailKind}


@pytest.mark.parametrize("happening", Happening)
@pytest.mark.parametrize(
    "known",
    [
        Known(now=NOW),
        *(Known(now=NOW, kind=kind, went_at=NOW) for kind in sorted(FOR_MERCHANT)),
        Known(now=NOW, kind="receipt", went_at=NOW - VALID_FOR - 1, softs=99, softs_since=0),
    ],
)
def test_strangers_words_late_ones_and_the_merchants_mails_change_nothing(happening: Happening, known: Known) -> None:
    assert decide(happening, known) is Effect.NOTE


@pytest.mark.parametrize(
    ("softs", "since", "effect"),
    [
        (1, NOW, Effect.COUNT),
        (SOFT_MOST - 1, NOW - SOFT_SPAN, Effect.COUNT),
        (SOFT_MOST, NOW - SOFT_SPAN + 1, Effect.COUNT),
        (SOFT_MOST, NOW - SOFT_SPAN, Effect.SUPPRESS),
    ],
)
def test_soft_ones_count(softs: int, since: int, effect: Effect) -> None:
    known = Known(now=NOW, kind="receipt", went_at=NOW, softs=softs, softs_since=since)
    assert decide(Happening.SOFT, known) is effect


@pytest.mark.parametrize(
    ("happening", "proven_at", "effect"),
    [
        (Happening.HARD, SENT.went_at, Effect.SUPPRESS),
        (Happening.HARD, NOW, Effect.NOTE),
        (Happening.SOFT, NOW, Effect.NOTE),
        (Happening.COMPLAINT, NOW, Effect.SUPPRESS_COMPLAINT),
        (Happening.DELIVERED, NOW, Effect.CLEAR),
    ],
)
def test_an_address_that_was_proven_since(happening: Happening, proven_at: int, effect: Effect) -> None:
    known = Known(now=NOW, kind="receipt", went_at=SENT.went_at, proven_at=proven_at)
    assert decide(happening, known) is effect


def test_a_bounce_that_overtakes_our_own_note_of_the_delivery_counts() -> None:
    assert decide(Happening.HARD, Known(now=NOW, kind="receipt")) is Effect.SUPPRESS


@pytest.mark.parametrize(
    ("status", "happening"),
    [
        ("5.1.1", Happening.HARD),
        ("5.0.0", Happening.HARD),
        ("5.2.1", Happening.HARD),
        ("5.4.1", Happening.HARD),
        ("5.2.2", Happening.SOFT),
        ("5.2.3", Happening.SOFT),
        ("5.3.4", Happening.SOFT),
        ("5.4.4", Happening.HARD),
        ("5.6.0", Happening.SOFT),
        ("5.7.1", Happening.SOFT),
        ("5.7.26", Happening.SOFT),
        ("4.4.1", Happening.SOFT),
        ("nonsense", Happening.SOFT),
        (None, Happening.SOFT),
    ],
)
def test_by_its_status_a_failure_is_hard_or_soft(status: str | None, happening: Happening) -> None:
    assert failure(status) is happening
