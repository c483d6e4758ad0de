"""The audit's page and its file: found by who, what, customer and day, page after page, and safe in a spreadsheet."""

import csv
import io
from collections.abc import AsyncIterator

import pytest

from flows.hub import Visitor, visiting
from flows.merchants import MAY, come_in, console_server
from flows.way_in import ADA, Browser, buy
from support.databases import START, Database
from worker.core.instant import DAY, HOUR
from worker.store import audit, customers
from worker.store.audit import Entry
from worker.store.engine import Tx
from worker.web.console.audit import SHOWN

EVIL = '=HYPERLINK("https://evil.example","x")'


@pytest.fixture
async def visitor(sqlite_database: Database) -> AsyncIterator[Visitor]:
    async with visiting(console_server(sqlite_database), sqlite_database) as visitor:
        yield visitor


@pytest.fixture
async def browser(visitor: Visitor) -> Browser:
    browser = Browser(visitor)
    await come_in(browser)
    return browser


async def note(visitor: Visitor, *entries: Entry) -> None:
    async def body(tx: Tx) -> None:
        for entry in entries:
            await audit.note(tx, entry)

    await visitor.database.store.write(body)


def many(count: int) -> list[Entry]:
    return [
        Entry(f"n{number:05}", START - HOUR, "command", "resend", None, f"mail-{number:05}") for number in range(count)
    ]


async def rows(browser: Browser, path: str = "/console/audit.csv") -> list[dict[str, str]]:
    answer = await browser.get(path)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_who_came_in_is_there_and_nobody_else_sees_it(visitor: Visitor, browser: Browser) -> None:
    page = await browser.get("/console/audit")
    assert page.status == 200
    for words in (
        "Came into the console",
        "A link to the console was printed",
        MAY,
        "printed link",
        "22 November 2026",
    ):
        assert words in page.text
    for path in ("/console/audit", "/console/audit.csv"):
        assert (await Browser(visitor).get(path)).headers["Location"] == "/console/sign-in"


async def test_a_million_would_be_read_page_by_page(visitor: Visitor, browser: Browser) -> None:
    await note(visitor, *many(2 * SHOWN + 10))
    path, seen = "/console/audit?what=resend", []
    for count in (SHOWN, SHOWN, 10):
        page = await browser.get(path)
        found = [each.partition("<")[0] for each in page.text.split("<bdi>mail-")[1:]]
        assert len(found) == count
        seen += found
        if count == SHOWN:
            [path] = [each for each in page.text.split('href="')[1:] if "before=" in each.partition('"')[0]]
            path = path.partition('"')[0].replace("&amp;", "&")
            assert "what=resend" in path
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 2 * SHOWN + 10
    assert "Older entries" not in page.text


async def test_each_filter_finds_its_own(visitor: Visitor, browser: Browser) -> None:
    await buy(visitor, ADA)
    found = await visitor.database.store.read(lambda tx: customers.by_email(tx, ADA))
    assert found is not None
    customer = found.id
    await note(
        visitor,
        Entry("f1", START, "command", "fix_email", customer, "first"),
        Entry("f2", START - 3 * DAY, MAY, "resend", customer, "second"),
        Entry("f3", START - 3 * DAY, "command", "import", None, "third"),
    )
    expected = {
        "customer=Ada@example.com": {"first", "second"},
        f"customer={customer}": {"first", "second"},
        "who=command&day=2026-11-19": {"third"},
        f"who={MAY.upper()}&what=resend": {"second"},
        "day=2026-11-19": {"second", "third"},
        "day=2026-11-18": set(),
        "what=import": {"third"},
    }
    for query, subjects in expected.items():
        page = await browser.get(f"/console/audit?{query}")
        assert {each for each in ("first", "second", "third") if f"<bdi>{each}</bdi>" in page.text} == subjects, query
        assert {row["subject"] for row in await rows(browser, f"/console/audit.csv?{query}")} == subjects, query
    assert "Nothing was found" in (await browser.get("/console/audit?day=2026-11-18")).text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("day=yesterday", "isn’t a day"),
        ("day=9999-12-31", "isn’t a day"),
        ("day=0001-01-01", "isn’t a day"),
        ("customer=stranger%40example.net", "Nobody is known"),
        ("customer=%00%22%3E%3Cb%3E", "Nobody is known"),
    ],
)
async def test_what_makes_no_sense_is_said_beside_its_field(browser: Browser, query: str, words: str) -> None:
    page = await browser.get(f"/console/audit?{query}")
    assert (page.status, words in page.text) == (422, True)
    assert "<b>" not in page.text


@pytest.mark.parametrize("before", ["", "x", "1", "1.", "-1.a", "٣.a", "9" * 40 + ".a", "1.'; DROP TABLE audit"])
async def test_a_made_up_place_is_no_trouble(browser: Browser, before: str) -> None:
    assert (await browser.get(f"/console/audit?before={before}")).status == 200


async def test_the_file_is_whole_and_safe_in_a_spreadsheet(visitor: Visitor, browser: Browser) -> None:
    await note(visitor, *many(1234), Entry("x", START, EVIL, "+1+1", None, "@SUM(1)", {"name": 'Zoë "=1"'}))
    found = await rows(browser)
    assert len([row for row in found if row["what"] == "resend"]) == 1234
    [evil] = [row for row in found if "evil" in row["who"]]
    assert (evil["who"], evil["what"], evil["subject"]) == (f"'{EVIL}", "'+1+1", "'@SUM(1)")
    assert (evil["at"], evil["details"]) == ("2026-11-22T18:48:00Z", '{"name": "Zoë \\"=1\\""}')
    assert "<a" not in (await browser.get("/console/audit")).text.partition("HYPERLINK")[2].partition("</bdi>")[0]
    answer = await browser.get("/console/audit.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert answer.headers["Cache-Control"] == "private, no-store"
