"""The door of the console: who is let in, by which link, for how long, and everything that is tried against it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from flows import way_in
from flows.hub import Visitor, visiting
from flows.merchants import COOKIE, MAY, OTHER, SIGN_IN, ask, come_in, console_server, mailed_links, printed_link
from flows.way_in import ADA, BROWSER, HIDDEN, Browser, buy, mails
from support.databases import Database
from worker.core import tokens
from worker.core.instant import HOUR, MINUTE
from worker.store.invoices import Purpose
from worker.store.outbox import MailKind
from worker.store.restoring import let_nobody_in


@pytest.fixture
async def anywhere(database: Database) -> AsyncIterator[Visitor]:
    """For what a database decides."""
    async with visiting(console_server(database), database) as visitor:
        yield visitor


@pytest.fixture
async def visitor(sqlite_database: Database) -> AsyncIterator[Visitor]:
    async with visiting(console_server(sqlite_database), sqlite_database) as visitor:
        yield visitor


async def test_a_mailed_link_lets_a_merchant_in(anywhere: Visitor) -> None:
    visitor = anywhere
    browser = Browser(visitor)
    sent = await ask(browser, MAY.upper().replace("EXAMPLE", "example"))
    assert (sent.status, "Look into your mailbox" in sent.text) == (200, True)
    [path] = await mailed_links(visitor)

    looked = await browser.get(path)
    assert (looked.status, browser.cookies) == (200, {})
    assert looked.headers["X-Robots-Tag"] == "noindex"
    assert looked.headers["Referrer-Policy"] == "strict-origin"
    pressed = await browser.press(path, looked)
    assert (pressed.status, pressed.headers["Location"]) == (303, "/console/")

    home = await browser.get("/console/")
    assert (home.status, home.headers["Cache-Control"]) == (200, "private, no-store")
    assert "May@harbourandpine.example" in home.text


async def test_a_printed_link_lets_in_once(anywhere: Visitor) -> None:
    visitor = anywhere
    path, first, second = await printed_link(visitor), Browser(visitor), Browser(visitor)
    looked = await first.get(path)
    assert (await first.press(path, looked)).status == 303
    assert (await second.press(path, looked)).status == 410
    assert (await second.get("/console/")).headers["Location"] == SIGN_IN


async def test_of_twenty_who_press_at_once_one_comes_in(anywhere: Visitor) -> None:
    path, browsers = await printed_link(anywhere), [Browser(anywhere) for _ in range(20)]
    answers = await asyncio.gather(*(browser.post(path) for browser in browsers))
    assert sorted(answer.status for answer in answers) == [303, *[410] * 19]
    rows = await anywhere.rows("merchant_sessions_live", identity=MAY, created_since=0, seen_since=0)
    assert len(rows) == 1


async def test_the_limit_holds_for_those_who_ask_at_once(database: Database) -> None:
    limits = {"per_minute": 1, "client_per_minute": 1000}
    async with visiting(console_server(database, limits=limits), database) as visitor:
        await asyncio.gather(*(Browser(visitor).post(SIGN_IN, email=MAY) for _ in range(10)))
        assert len(await mailed_links(visitor)) == 1


async def test_there_is_no_console_where_the_settings_name_nobody(sqlite_database: Database) -> None:
    async with visiting(way_in.server(sqlite_database), sqlite_database) as visitor:
        browser = Browser(visitor)
        link = await printed_link(visitor)
        for path in ("/console", "/console/", SIGN_IN, link, "/console/sessions"):
            assert (await browser.get(path)).status == 404, path
        for path in (SIGN_IN, link, "/console/sessions", "/console/sign-out"):
            assert (await browser.post(path, email=MAY)).status == 404, path


@pytest.mark.parametrize("address", [ADA, "stranger@example.net"])
async def test_nobody_else_gets_a_link_and_the_page_says_the_same(visitor: Visitor, address: str) -> None:
    await buy(visitor, ADA)
    known, unknown = await ask(Browser(visitor)), await ask(Browser(visitor), address)
    assert known.status == unknown.status == 200
    assert known.text.replace(MAY, "X") == unknown.text.replace(address, "X")
    assert await mails(visitor, address, MailKind.CONSOLE) == []


async def test_the_limits_of_links_hold_for_merchants_and_strangers_alike(sqlite_database: Database) -> None:
    limits = {"per_minute": 1, "client_per_minute": 1000}
    async with visiting(console_server(sqlite_database, limits=limits), sqlite_database) as visitor:
        for address in (MAY, "stranger@example.net"):
            assert "Look into your mailbox" in (await ask(Browser(visitor), address)).text
            assert "a short time ago" in (await ask(Browser(visitor), address)).text
        assert len(await mailed_links(visitor)) == 1


async def test_a_network_that_asks_too_often_waits(sqlite_database: Database) -> None:
    async with visiting(console_server(sqlite_database, limits={"client_per_minute": 2}), sqlite_database) as visitor:
        for status in (200, 200, 429):
            assert (await ask(Browser(visitor), "stranger@example.net")).status == status


async def test_what_is_no_address_is_said_beside_its_field(visitor: Visitor) -> None:
    browser = Browser(visitor)
    answer = await browser.press(SIGN_IN, await browser.get(SIGN_IN), email='"><b>no address')
    assert (answer.status, "isn’t an email address" in answer.text) == (422, True)
    assert "<b>" not in answer.text


async def test_links_run_out(visitor: Visitor) -> None:
    await ask(Browser(visitor))
    [mailed], printed = await mailed_links(visitor), await printed_link(visitor)
    browser, clock = Browser(visitor), visitor.database.clock
    looked = await browser.get(printed)
    clock.at += 30 * MINUTE
    assert (await browser.press(printed, looked)).status == 410
    assert (await browser.get(mailed)).status == 200
    clock.at += 30 * MINUTE
    spent = await browser.get(mailed)
    assert (spent.status, SIGN_IN in spent.text) == (410, True)


async def test_a_mailed_link_outlives_a_robot_that_presses_its_button(anywhere: Visitor) -> None:
    visitor = anywhere
    await ask(Browser(visitor))
    [path] = await mailed_links(visitor)
    for _ in range(3):
        browser = Browser(visitor)
        assert (await browser.press(path, await browser.get(path))).status == 303
    assert (await Browser(visitor).get(path)).status == 410


async def test_coming_in_retires_the_older_links(anywhere: Visitor) -> None:
    visitor = anywhere
    older = await printed_link(visitor)
    visitor.database.clock.at += 1
    await come_in(Browser(visitor))
    assert (await Browser(visitor).get(older)).status == 410


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.CONSOLE])
async def test_no_other_link_opens_it(visitor: Visitor, purpose: Purpose) -> None:
    token = (await printed_link(visitor)).rpartition("/")[2]
    link_id = tokens.read(token, Purpose.CONSOLE, visitor.server.keys.secret_keys)
    assert link_id is not None
    forged = tokens.sign(link_id, purpose, visitor.server.keys.secret_keys)
    browser = Browser(visitor)
    assert (await browser.get(f"/console/access/{forged}")).status == 404
    assert (await browser.post(f"/console/access/{forged}")).status == 404
    assert (await browser.get(f"/access/{token}")).status == 404


async def test_a_customer_s_session_opens_nothing_here_nor_a_merchant_s_there(visitor: Visitor) -> None:
    await buy(visitor, ADA)
    customer, merchant = Browser(visitor), Browser(visitor)
    await way_in.come_in(customer)
    await come_in(merchant)
    theirs, ours = customer.cookies["letterkey_session"], merchant.cookies[COOKIE]

    for cookies in ({COOKIE: theirs}, {"letterkey_session": theirs}):
        swapped = Browser(visitor, cookies=dict(cookies))
        assert (await swapped.get("/console/")).headers["Location"].startswith(SIGN_IN)
    for cookies in ({"letterkey_session": ours}, {COOKIE: ours}):
        swapped = Browser(visitor, cookies=dict(cookies))
        assert (await swapped.get("/hub/")).headers["Location"].startswith("/updateinfo/")


@pytest.mark.parametrize("secret", ["", "x", "a" * 52, "é", "a" * 5000, "' OR 1=1 --"])
async def test_a_made_up_cookie_opens_nothing(visitor: Visitor, secret: str) -> None:
    browser = Browser(visitor, cookies={COOKIE: secret})
    answer = await browser.get("/console/")
    assert (answer.status, answer.headers["Location"].partition("?")[0]) == (303, SIGN_IN)


async def test_the_hash_in_the_database_opens_nothing(visitor: Visitor) -> None:
    await come_in(Browser(visitor))
    [row] = await visitor.rows("merchant_sessions_live", identity=MAY, created_since=0, seen_since=0)
    browser = Browser(visitor, cookies={COOKIE: row["id_hash"]})
    assert (await browser.get("/console/")).status == 303


async def test_a_planted_cookie_is_replaced(visitor: Visitor) -> None:
    browser = Browser(visitor, cookies={COOKIE: "planted"})
    assert (await come_in(browser)).status == 200
    assert browser.cookies[COOKIE] != "planted"
    assert (await Browser(visitor, cookies={COOKIE: "planted"}).get("/console/")).status == 303


async def test_another_merchant_s_session_ends_when_one_comes_in(visitor: Visitor) -> None:
    browser = Browser(visitor)
    await come_in(browser)
    before, path = dict(browser.cookies), await printed_link(visitor, OTHER)
    looked = await browser.get(path)
    assert "This browser is signed in for May@harbourandpine.example" in looked.text
    assert (await browser.press(path, looked)).status == 303
    assert OTHER in (await browser.get("/console/")).text
    assert (await Browser(visitor, cookies=before).get("/console/")).status == 303


async def test_who_is_in_already_goes_straight_on_and_spends_nothing(visitor: Visitor) -> None:
    browser = Browser(visitor)
    await come_in(browser)
    path = await printed_link(visitor)
    assert (await browser.get(path)).headers["Location"] == "/console/"
    assert (await browser.get(SIGN_IN)).headers["Location"] == "/console/"
    assert (await Browser(visitor).get(path)).status == 200


async def test_a_removed_merchant_is_out_at_once(sqlite_database: Database) -> None:
    async with visiting(console_server(sqlite_database), sqlite_database) as visitor:
        browser = Browser(visitor)
        await come_in(browser)
        link = await printed_link(visitor)
    async with visiting(console_server(sqlite_database, console={"merchants": [OTHER]}), sqlite_database) as visitor:
        inside = replace_visitor(browser, visitor)
        assert (await inside.get("/console/")).headers["Location"] == f"{SIGN_IN}?ended=1"
        assert (await Browser(visitor).get(link)).status == 404
        assert (await Browser(visitor).post(link)).status == 404


def replace_visitor(browser: Browser, visitor: Visitor) -> Browser:
    return replace(browser, visitor=visitor)


async def test_a_session_ends_by_itself(anywhere: Visitor) -> None:
    visitor = anywhere
    idle, busy, clock = Browser(visitor), Browser(visitor), visitor.database.clock
    await come_in(idle)
    await come_in(busy)
    for _ in range(12 * 3 - 1):
        clock.at += 20 * MINUTE
        assert (await busy.get("/console/")).status == 200
    assert (await idle.get("/console/")).status == 303
    clock.at += HOUR // 3
    assert (await busy.get("/console/")).headers["Location"] == f"{SIGN_IN}?ended=1"


async def test_signing_out_ends_it_on_our_side(visitor: Visitor) -> None:
    browser = Browser(visitor)
    page = await come_in(browser)
    held = dict(browser.cookies)
    out = await browser.press("/console/sign-out", page)
    assert (out.status, out.headers["Location"], browser.cookies) == (303, f"{SIGN_IN}?ended=1", {})
    assert (await Browser(visitor, cookies=held).get("/console/")).status == 303


async def test_signing_out_there_and_everywhere(anywhere: Visitor) -> None:
    visitor = anywhere
    here, there, other = Browser(visitor), Browser(visitor), Browser(visitor)
    for browser, address in ((here, MAY), (there, MAY), (other, OTHER)):
        await come_in(browser, address)
    waiting, page = await printed_link(visitor), await here.get("/console/sessions")
    assert page.text.count("Sign out there") == 1
    [foreign] = await visitor.rows("merchant_sessions_live", identity=OTHER, created_since=0, seen_since=0)
    await here.press("/console/sessions", page, end=foreign["id_hash"])
    assert (await other.get("/console/")).status == 200

    ids = [
        row["id_hash"]
        for row in await visitor.rows("merchant_sessions_live", identity=MAY, created_since=0, seen_since=0)
    ]
    [ending] = [each for each in ids if f'value="{each}"' in page.text]
    assert (await here.press("/console/sessions", page, end=ending)).headers["Location"] == "/console/sessions"
    assert (await there.get("/console/")).status == 303
    assert (await here.get("/console/")).status == 200

    assert (await here.press("/console/sessions", page, end="all")).status == 303
    assert (await here.get("/console/")).status == 303
    assert (await Browser(visitor).get(waiting)).status == 410


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1.evil.example"},
]


@pytest.mark.parametrize("says", FOREIGN)
async def test_another_site_s_page_presses_nothing(visitor: Visitor, says: dict[str, str]) -> None:
    browser = Browser(visitor)
    page = await come_in(browser)
    link = await printed_link(visitor, OTHER)
    foreign = Browser(visitor, says, browser.cookies)
    for path in (SIGN_IN, link, "/console/sign-out", "/console/sessions"):
        assert (await foreign.press(path, page, email=MAY, end="all")).status == 403, path
    assert (await browser.get("/console/")).status == 200
    assert await mailed_links(visitor) == []
    assert (await Browser(visitor).get(link)).status == 200


async def test_a_silent_browser_needs_the_hidden_field_that_belongs_to_its_cookie(visitor: Visitor) -> None:
    silent = Browser(visitor, {"User-Agent": "curl"})
    form = await silent.get(SIGN_IN)
    assert (await Browser(visitor, {}).post(SIGN_IN, email=MAY)).status == 403
    assert (await silent.press(SIGN_IN, form, email=MAY)).status == 200
    [path] = await mailed_links(visitor)
    first = await silent.press(path, await silent.get(path))
    second = first if first.status == 303 else await silent.press(path, first)
    assert second.status == 303
    page = await silent.get("/console/")
    assert (await silent.post("/console/sign-out", csrf="guessed")).status == 403
    stranger = Browser(visitor)
    theirs = await come_in(stranger, OTHER)
    assert (await silent.post("/console/sign-out", csrf=dict(HIDDEN.findall(theirs.text))["csrf"])).status == 403
    assert (await silent.press("/console/sign-out", page)).status == 303


@pytest.mark.parametrize("query", ["?next=https://evil.example", "?to=//evil.example", "?ended=//evil.example"])
async def test_nothing_leads_elsewhere(visitor: Visitor, query: str) -> None:
    browser, path = Browser(visitor), await printed_link(visitor)
    assert "evil.example" not in (await browser.get(SIGN_IN + query)).text
    looked = await browser.get(path + query)
    assert "evil.example" not in looked.text
    assert (await browser.press(path + query, looked, next="https://evil.example")).headers["Location"] == "/console/"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example"])
async def test_no_other_name_shows_it_and_no_link_is_made_of_it(visitor: Visitor, host: str) -> None:
    browser = Browser(visitor, {**BROWSER, "Host": host})
    assert (await browser.get(SIGN_IN)).status == 421
    assert (await browser.post(SIGN_IN, email=MAY)).status == 421
    assert await mailed_links(visitor) == []


async def test_on_https_the_cookie_is_our_host_s_alone(sqlite_database: Database) -> None:
    async with visiting(console_server(sqlite_database, base_url="https://shop.example"), sqlite_database) as visitor:
        browser = Browser(visitor, {**BROWSER, "Host": "shop.example"})
        path = await printed_link(visitor)
        answer = await browser.press(path, await browser.get(path))
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith(f"__Host-{COOKIE}=")
        for mark in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert mark in cookie
        assert "Domain" not in cookie


async def test_after_a_restore_everybody_is_out(anywhere: Visitor) -> None:
    visitor, browser = anywhere, Browser(anywhere)
    await come_in(browser)
    waiting = await printed_link(visitor)
    await visitor.database.store.write(lambda tx: let_nobody_in(tx, visitor.database.clock.at))
    assert (await browser.get("/console/")).status == 303
    assert (await Browser(visitor).get(waiting)).status == 410
