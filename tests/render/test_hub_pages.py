"""The pages from the form to the overview: they load and run nothing, say whose they are; the glance tells little."""

import pytest

from render import hub_papers, papers
from render.reading import read
from worker.core.entry import entry_of
from worker.render import agents
from worker.render.environment import make_environment
from worker.render.hub_pages import Listed, Viewer, render_overview
from worker.render.stationery import Stationery

PAGES = hub_papers.pages(make_environment(), papers.BRAND)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_our_own_files_only_and_runs_nothing(name: str) -> None:
    seen = read(PAGES[name])
    ours = ("/static/", "/updateinfo/", "/access/code", "/hub/")
    assert all(url.startswith(ours) for url in seen.loads)
    assert "script" not in seen.tags
    assert seen.styles[1:] == []
    assert seen.tags.count("h1") == 1


@pytest.mark.parametrize("name", PAGES)
def test_no_customer_reads_our_own_words(name: str) -> None:
    said = f" {read(PAGES[name]).text.lower()} "
    for word in (" hub ", "redeem", "access link", "session", "transaction", "glance page"):
        assert word not in said


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("access-")])
def test_the_page_of_a_link_has_one_form_with_one_button_and_a_neutral_title(name: str) -> None:
    html = PAGES[name]
    assert html.count("<form") == html.count("<button") == 1
    assert "<title>Harbour &amp; Pine</title>" in html


def test_a_glance_tells_no_more_than_it_may() -> None:
    html = PAGES["access-glance"]
    assert "Hello Ada" in html
    for kept in ("Lindqvist", "ada@", "Letterpress", "Leeds", "DE287654321", "4242", "HP-1042", "Linen", "membership"):
        assert kept not in html
    text = read(html).text
    for told in ("€58.31 every month", "Next payment on 22 December 2026.", "Payment overdue", "−€83.30", "and 1 more"):
        assert told in text


@pytest.mark.parametrize("name", [name for name in PAGES if name in ("overview", "list", "devices", "document")])
def test_a_page_inside_says_whose_it_is_and_how_to_leave(name: str) -> None:
    html = PAGES[name]
    assert "ada@example.com" in html
    assert 'action="/hub/sign-out"' in html


def test_strangers_words_are_shown_never_obeyed(stationery: Stationery) -> None:
    evil = '<b>"Ada"</b>'
    lines = papers.simple_lines((evil, "1", 100))
    listed = Listed("/hub/invoices/1", entry_of(papers.invoice(papers.sale(lines=lines, total=100))))
    html = render_overview(
        stationery, papers.BRAND, Viewer("ada@example.com", evil, "x", 0), hub_papers.PLANS, [listed]
    )
    assert "<b>" not in html


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        (hub_papers.FIREFOX, "Firefox on Windows"),
        (hub_papers.IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("<script>alert(1)</script>", "Another browser"),
        (None, "Another browser"),
    ],
)
def test_a_browser_is_named_as_people_name_it(stationery: Stationery, agent: str | None, shown: str) -> None:
    assert agents.shown(agent, stationery.words("en")) == shown
