"""The pages name every kind of source, and say which history each provider's API tells."""

import re

import pytest

from docs.pages import ROOT
from worker.core.transaction import Issuer
from worker.sources import BACKFILLS, GUIDES, SOURCES

ROW = re.compile(r"^\| `(\w+)` \|(.*)\|$", re.MULTILINE)
INVOICES = {Issuer.US: "you", Issuer.PROVIDER: "the provider"}


def rows(page: str, heading: str, cell: int = 1) -> dict[str, str]:
    """One cell of each row of the table below a heading or sentence; 0 is the kind."""
    text = (ROOT / page).read_text(encoding="utf-8")
    below = text.partition(heading)[2].partition("\n## ")[0]
    return {kind: said.split("|")[cell - 1].strip() for kind, said in ROW.findall(below) if kind != "kind"}


def test_the_overview_leads_to_each_providers_page() -> None:
    assert set(rows("docs/sources.md", "## Providers")) == set(SOURCES) == set(GUIDES)
    for kind in SOURCES:
        assert (ROOT / "docs" / "sources" / f"{kind}.md").is_file()


def test_who_invoices_is_told_as_it_is() -> None:
    assert rows("docs/sources.md", "## Providers", 2) == {
        kind: INVOICES[source.default_issuer] for kind, source in SOURCES.items()
    }
    assert rows("docs/sources.md", "## Providers", 3) == {
        kind: '`issuer = "provider"`' if guide.invoices_there else "nothing" for kind, guide in GUIDES.items()
    }


def test_the_histories_by_api_are_those_there_are() -> None:
    told = {kind: ", ".join(BACKFILLS[kind].parts) if kind in BACKFILLS else "none" for kind in SOURCES}
    assert rows("docs/import.md", "What each provider's API tells:") == told


@pytest.mark.parametrize("page", ["README.md", "letterkey.sample.toml", "docs/settings.md"])
def test_every_kind_is_named(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [kind for kind in SOURCES if kind not in text] == []
