"""Every link of the documentation leads somewhere, and somewhere leads to every page."""

from pathlib import Path

import pytest

from docs.pages import PAGES, ROOT, anchors, links, name_of

STARTS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or not target.is_relative_to(ROOT) or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_every_page_is_linked() -> None:
    linked = {(page.parent / link.partition("#")[0]).resolve() for page in PAGES for link in links(page)}
    assert [name_of(page) for page in PAGES if page not in linked and name_of(page) not in STARTS] == []


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [page.name[:4] for page in PAGES if page.parent.name == "decisions"]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
