"""The console's pages: what they say of how all is, and that none needs more than our own server has."""

import re
from dataclasses import replace

import pytest

from render import console_papers, papers
from render.console_papers import BEGINNING, NOW, TROUBLED, VIEWER, WELL, month
from worker.core.instant import HOUR, MINUTE
from worker.core.relay import Away, RelayState
from worker.core.wellbeing import MOST, Standing
from worker.render.console.chart import HEIGHT, WIDTH, bars_of
from worker.render.console.home import render_home
from worker.render.environment import make_environment

ENV = make_environment()
PAGES = console_papers.pages(ENV, papers.BRAND)


def home(standing: Standing, busy: bool = True) -> str:
    html = render_home(ENV, papers.BRAND, VIEWER, standing, month(busy))
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_a_script_or_anything_from_elsewhere(name: str) -> None:
    html = PAGES[name]
    assert "<script" not in html
    assert not re.search(r'\b(on\w+|style)="', html)
    assert not re.search(r'(src|action|rel="stylesheet" href)="(?!/)', html)


def test_all_is_well() -> None:
    said = home(WELL)
    assert "All is well" in said
    assert "3 mails wait. The oldest is due since 19:47 CET." in said
    assert "Mailbox last read: 19:46 CET. Last mail: 16:48 CET." in said
    assert "ThriveCart : last event 20 November 2026, 19:48 CET" in said
    assert "!" not in said


def test_what_needs_the_merchant_comes_first_and_says_what_to_do() -> None:
    said = home(TROUBLED)
    assert "8 things need you" in said
    assert said.index("Paused since 17:48 CET: it refused us") < said.index("Everything else")
    for words in (
        "A sale has been due since 18:48 CET",
        "no invoice takes a number",
        "can’t be read since 21 November 2026, 23:48 CET",
        "3 mails could not be delivered",
        "Nobody knows whether 1 mail arrived",
        "12 events or mails were not understood",
        "1 cancellation waits for you",
    ):
        assert words in said
    assert "More than 1,000 mails wait." in said


def test_one_thing_is_said_in_the_singular() -> None:
    assert "1 thing needs you" in home(replace(WELL, actions=1))
    assert "more than 1,000 mails arrived" in home(replace(WELL, mails={"parked": MOST + 1}))


@pytest.mark.parametrize("away", list(Away))
def test_a_relay_that_is_away_is_told_and_calls_for_nobody(away: Away) -> None:
    said = home(replace(WELL, relay=RelayState(retry_at=NOW + MINUTE, away=away)))
    assert "All is well" in said
    assert "Can’t be reached just now" in said
    assert "The next try is at 19:49 CET" in said


def test_a_queue_that_nobody_takes_asks_for_the_worker() -> None:
    assert "is letterkey run running, with its part outbound?" in home(replace(WELL, oldest_due=NOW - HOUR))


def test_the_beginning_says_what_is_missing_yet() -> None:
    said = home(BEGINNING, busy=False)
    assert "All is well" in said
    assert "Customers can’t write yet" in said
    assert "None so far." in said


def test_the_charts_are_told_in_words_and_as_a_table() -> None:
    said = home(WELL)
    assert re.search(r"\d+ so far; the most on 11 November 2026: \d+\.", said)
    assert said.count("22 November 2026") >= 2
    assert "23 November 2026" not in said


def test_a_day_beyond_the_most_says_so() -> None:
    full = replace(month(), receipts=tuple(5000 if place == 3 else 0 for place in range(30)))
    said = " ".join(re.sub(r"<[^>]+>", " ", render_home(ENV, papers.BRAND, VIEWER, WELL, full)).split())
    assert "5,000 or more so far; the most on 4 November 2026: 5,000 or more." in said


@pytest.mark.parametrize("counts", [(), (0, 0), (1,), (0, 1, 10_000), tuple(range(31))])
def test_bars_stay_in_the_drawing(counts: tuple[int, ...]) -> None:
    bars = bars_of(counts)
    assert len(bars) == sum(1 for count in counts if count)
    for bar in bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
        assert 0 <= bar.y < HEIGHT
        assert bar.y + bar.height == pytest.approx(HEIGHT)
