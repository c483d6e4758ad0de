"""The pages of a customer who is in: their own and nobody else's, for a while, until they leave."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from flows.hub import SUPPORT, Visitor, visiting
from flows.way_in import ADA, BROWSER, GRACE, HIDDEN, Browser, buy, come_in, server
from support.databases import Database
from worker.core.bounce import Happening
from worker.core.suppression import SuppressionKind
from worker.store import suppressions
from worker.store.suppressions import NewBounce

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
SESSION = "letterkey_session"
PAGES = ("/hub/", "/hub/transactions", "/hub/sessions")
MINUTE, HOUR = 60, 3600
ROW = re.compile(r'href="(/hub/invoices/[^"]+)"')
ENDING = re.compile(r'name="end" value="([0-9a-f]{64})"')
HERS: dict[str, Any] = {
    "lines": [{"description": "Graces own secret", "quantity": 1, "unit_amount": 777}],
    "total": 777,
}


@pytest.fixture
async def visitor(database: Database) -> AsyncIterator[Visitor]:
    async with visiting(server(database), database) as visitor:
        await buy(visitor, ADA)
        await buy(visitor, GRACE, **HERS)
        yield visitor


@pytest.fixture
async def ada(visitor: Visitor) -> Browser:
    """Ada's browser, in."""
    browser = Browser(visitor)
    await come_in(browser, ADA)
    return browser


@pytest.fixture
async def grace(visitor: Visitor) -> Browser:
    browser = Browser(visitor)
    await come_in(browser, GRACE)
    return browser


async def test_every_page_says_whose_it_is_and_is_kept_by_nobody(ada: Browser) -> None:
    [document] = ROW.findall((await ada.get("/hub/")).text)
    for path in (*PAGES, document):
        answer = await ada.get(path)
        assert answer.status == 200
        assert ADA in answer.text
        assert 'action="/hub/sign-out"' in answer.text
        assert f"mailto:{SUPPORT}" in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "<script" not in answer.text


async def test_nobody_sees_another_s_anything(ada: Browser, grace: Browser) -> None:
    [hers] = ROW.findall((await grace.get("/hub/")).text)
    await come_in(Browser(grace.visitor), GRACE)
    [session] = ENDING.findall((await grace.get("/hub/sessions")).text)

    for path in (*PAGES, "/hub/transactions?words=secret", "/hub/transactions?before=9999999999999999.zz", hers):
        answer = await ada.get(path)
        for kept in ("Graces own secret", GRACE, "€7.77", hers.rpartition("/")[2]):
            assert kept not in answer.text
    assert (await ada.get(hers)).status == 404
    assert (await ada.get("/hub/invoices/nothing")).text == (await ada.get(hers)).text

    assert (await ada.post("/hub/sessions", end=session)).status == 303
    assert (await ada.post("/hub/sessions", end="all")).status == 303
    assert (await grace.get("/hub/")).status == 200


@pytest.mark.parametrize("path", [*PAGES, "/hub/invoices/x"])
async def test_whoever_is_not_in_is_shown_the_form(visitor: Visitor, path: str) -> None:
    for browser, door in ((Browser(visitor), "/updateinfo/"), (_with("x" * 52, visitor), "/updateinfo/?ended=1")):
        for method in ("GET", "HEAD"):
            answer = await visitor.ask(method, path, headers=_cookie_of(browser))
            assert (answer.status, answer.headers["Location"]) == (303, door)
    assert "signed out" in (await visitor.get("/updateinfo/?ended=1")).text


def _with(secret: str, visitor: Visitor) -> Browser:
    return Browser(visitor, cookies={SESSION: secret})


def _cookie_of(browser: Browser) -> dict[str, str]:
    return {**BROWSER, "Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}


async def test_half_an_hour_of_rest_ends_it_and_a_visit_keeps_it(ada: Browser) -> None:
    database = ada.visitor.database
    for _ in range(3):
        await database.pass_seconds(29 * MINUTE)
        assert (await ada.get("/hub/")).status == 200
    await database.pass_seconds(30 * MINUTE)
    assert (await ada.get("/hub/")).status == 303


async def test_half_a_day_ends_it_whatever_is_visited(ada: Browser) -> None:
    for _ in range(26):
        await ada.visitor.database.pass_seconds(28 * MINUTE)
        answer = await ada.get("/hub/")
    assert answer.status == 303


async def test_signing_out_ends_it_on_our_side(ada: Browser) -> None:
    before = dict(ada.cookies)
    left = await ada.press("/hub/sign-out", await ada.get("/hub/"))
    assert (left.status, left.headers["Location"]) == (303, "/updateinfo/?ended=1")
    assert ada.cookies == {}
    assert (await Browser(ada.visitor, cookies=before).get("/hub/")).status == 303


async def test_one_browser_or_all_are_signed_out(ada: Browser) -> None:
    phone = Browser(ada.visitor, says={**BROWSER, "User-Agent": "Mozilla/5.0 (iPhone) Version/18.5 Safari/604.1"})
    await come_in(phone, ADA)
    page = await ada.get("/hub/sessions")
    assert "Firefox on Linux" in page.text
    assert "Safari on iPhone" in page.text
    [theirs] = ENDING.findall(page.text)

    assert (await ada.post("/hub/sessions", end=theirs)).headers["Location"] == "/hub/sessions"
    assert (await phone.get("/hub/")).status == 303
    assert (await ada.get("/hub/")).status == 200

    await come_in(phone, ADA)
    await ada.post("/hub/sessions", end="all")
    assert (await ada.get("/hub/")).status == (await phone.get("/hub/")).status == 303


@pytest.mark.parametrize("path", ["/hub/sign-out", "/hub/sessions"])
@pytest.mark.parametrize(
    "says", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {}]
)
async def test_no_other_site_s_page_signs_anybody_out(ada: Browser, path: str, says: dict[str, str]) -> None:
    forged = Browser(ada.visitor, says=says, cookies=dict(ada.cookies))
    assert (await forged.post(path, end="all", csrf="0" * 64)).status == 403
    assert (await ada.get("/hub/")).status == 200


async def test_a_client_that_says_nothing_signs_out_by_the_form_s_hidden_field(ada: Browser) -> None:
    plain = Browser(ada.visitor, says={}, cookies=dict(ada.cookies))
    page = await plain.get("/hub/")
    assert dict(HIDDEN.findall(page.text))["csrf"] not in (ada.cookies[SESSION], "")
    assert (await plain.press("/hub/sign-out", page)).status == 303


async def test_receipts_are_searched_filtered_and_paged(visitor: Visitor) -> None:
    for number in range(2, 44):
        lines = [{"description": f"Print no. {number};", "quantity": 1, "unit_amount": 1000 + number}]
        await buy(visitor, ADA, number, lines=lines, total=1000 + number)
        await visitor.database.pass_seconds(1)
    ada = Browser(visitor)
    await come_in(ada, ADA)

    seen, path = [], "/hub/transactions"
    while path:
        page = await ada.get(path)
        seen += ROW.findall(page.text)
        older = re.search(r'href="([^"]+)">Older receipts', page.text)
        path = older[1].replace("&amp;", "&") if older else ""
    assert len(seen) == len(set(seen)) == 43

    for query, rows in (
        ("words=print+no.+7%3B", 1),
        ("words=PRINT", 20),
        ("words=10.07", 1),
        ("words=%E2%82%AC10%2C07", 1),
        ("words=nothing+like+it", 0),
        ("words=%25", 0),
        ("group=refunds", 0),
        ("group=payments&words=Course", 1),
        ("group=x&before=x&words=%00", 20),
        ("before=999999999999999999.x", 20),
    ):
        page = await ada.get(f"/hub/transactions?{query}")
        assert (query, page.status, len(ROW.findall(page.text))) == (query, 200, rows)
    assert "Nothing was found." in (await ada.get("/hub/transactions?group=refunds")).text


async def test_what_is_typed_is_shown_never_obeyed(ada: Browser) -> None:
    page = await ada.get('/hub/transactions?words="><b>x</b>')
    assert "<b>" not in page.text


async def test_a_subscription_stands_with_price_and_next_payment(visitor: Visitor) -> None:
    plan = {"ref": "S-7", "interval": "month", "status": "active", "next_payment_at": "2026-12-22T18:48:00Z"}
    await buy(visitor, ADA, 2, subscription={**plan, "next_amount": 5831})
    ada = Browser(visitor)
    overview = await come_in(ada, ADA)
    for shown in ("€58.31 every month", "Active", "Next payment on 22 December 2026."):
        assert shown in overview.text


async def test_the_document_is_the_one_that_was_issued(ada: Browser) -> None:
    [path] = ROW.findall((await ada.get("/hub/transactions")).text)
    page = await ada.get(path)
    for shown in ("Invoice", "€58.31", "Course", "Tax 19% on €49.00"):
        assert shown in page.text


async def test_whose_mails_came_back_is_told_so_with_what_to_do(visitor: Visitor, ada: Browser, grace: Browser) -> None:
    now = visitor.server.clock.now()
    told = NewBounce("b", "once", now, "dsn", Happening.HARD, None, ADA, "5.1.1", "no such user")
    await visitor.database.store.write(lambda tx: suppressions.suppress(tx, SuppressionKind.BOUNCE, told, ADA))
    page = (await ada.get("/hub/")).text
    assert "We couldn’t reach you at ada@example.com" in page
    assert 'href="/hub/details"' in page
    assert "reach you" not in (await grace.get("/hub/")).text
