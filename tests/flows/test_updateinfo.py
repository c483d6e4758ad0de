"""The form: the same for customers and strangers; limits that say when the next mail can go; codes and foot links."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from flows.hub import Answer, Visitor, visiting
from flows.timing import difference
from flows.way_in import (
    ADA,
    BROWSER,
    GRACE,
    STRANGER,
    Browser,
    ask,
    buy,
    code_of,
    come_in,
    everything,
    foot_of,
    link_of,
    mails,
    new_link,
    server,
    text_of,
)
from support.databases import Database

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
SESSION, REQUEST = "letterkey_session", "letterkey_request"


@pytest.fixture
async def visitor(database: Database) -> AsyncIterator[Visitor]:
    async with visiting(server(database), database) as visitor:
        await buy(visitor, ADA)
        yield visitor


@pytest.fixture
def browser(visitor: Visitor) -> Browser:
    return Browser(visitor)


def alike(answer: Answer, address: str) -> tuple[int, dict[str, str], str]:
    """An answer without what differs from one request to the next: the date, the cookie's value, the address."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("Date", "Set-Cookie")}
    cookie = re.sub(r"=[^;]+", "=…", answer.headers.get("Set-Cookie", ""), count=1)
    return answer.status, {**headers, "Set-Cookie": cookie}, answer.text.replace(address, "x" * len(address))


async def test_a_customer_and_a_stranger_see_the_same_and_only_one_gets_a_mail(visitor: Visitor) -> None:
    known, unknown = [], []
    for _ in range(2):
        known.append(alike(await ask(Browser(visitor), ADA), ADA))
        unknown.append(alike(await ask(Browser(visitor), "bob@example.com"), "bob@example.com"))

    assert known == unknown
    assert len(await mails(visitor, ADA)) == 2
    assert await mails(visitor, "bob@example.com") == []


async def test_the_limits_hold_for_both_and_say_when(database: Database) -> None:
    limits = {"client_per_minute": 1000, "per_minute": 1, "per_hour": 3, "per_day": 4}
    async with visiting(server(database, limits=limits), database) as visitor:
        await buy(visitor, ADA)
        path = ""
        for seconds, goes in ((0, True), (0, False), (59, False), (1, True), (60, True), (60, False), (3600, True)):
            await database.pass_seconds(seconds)
            both = [alike(await ask(Browser(visitor), one), one) for one in (ADA, "bob@example.com")]
            assert both[0] == both[1]
            assert ("on its way" in both[0][2]) == goes
            assert "The next mail can go at" in both[0][2]
            path = path or link_of((await mails(visitor, ADA))[0])
        assert len(await mails(visitor, ADA)) == 4
        assert (await visitor.get(path)).status == 200  # asking never ends a link


async def test_the_time_taken_tells_nothing(database: Database) -> None:
    async with visiting(server(database), database) as visitor:
        for number in range(30):
            await buy(visitor, f"c{number:04}@example.com")
        assert min([await difference(visitor, 30) for _ in range(3)]) < 0.004


@pytest.mark.parametrize(
    "typed", ["", "ada", "ada@", "a b@example.com", "ada@example.com\r\nBcc: eve@example.net", "<x>"]
)
async def test_what_is_no_address_is_kept_and_said_beside_its_field(visitor: Visitor, typed: str) -> None:
    answer = await ask(Browser(visitor), typed)
    assert answer.status == 422
    assert 'aria-describedby="email-wrong"' in answer.text
    assert "<x>" not in answer.text
    assert typed != "ada" or 'value="ada"' in answer.text


async def test_a_client_without_headers_gets_the_form_first(visitor: Visitor) -> None:
    plain = Browser(visitor, says={})
    assert (await plain.post("/updateinfo/", email=ADA)).status == 403
    assert await mails(visitor, ADA) == []

    answer = await ask(plain, ADA)

    assert answer.status == 200
    assert len(await mails(visitor, ADA)) == 1


async def test_a_browser_that_says_who_asks_needs_no_cookie_for_the_form(visitor: Visitor, browser: Browser) -> None:
    await browser.get("/updateinfo/")
    assert browser.cookies == {}


async def test_a_code_opens_the_browser_that_asked(visitor: Visitor, browser: Browser) -> None:
    page = await ask(browser, ADA)
    assert 'autocomplete="one-time-code"' in page.text
    code = code_of((await mails(visitor, ADA))[0])

    entered = await browser.press("/access/code", page, code=code.lower().replace("-", " "))

    assert (entered.status, entered.headers["Location"]) == (303, "/hub/")
    assert set(browser.cookies) == {SESSION}
    assert ADA in (await browser.get("/hub/")).text


async def test_a_code_opens_no_other_browser(visitor: Visitor, browser: Browser) -> None:
    page = await ask(browser, ADA)
    code, other = code_of((await mails(visitor, ADA))[0]), Browser(visitor)
    for _ in range(2):
        answer = await other.press("/access/code", page, code=code)
        assert answer.status == 422
        await ask(other, STRANGER)
    other.cookies[REQUEST] = browser.cookies[REQUEST].partition(".")[0] + ".guessed"
    assert (await other.press("/access/code", page, code=code)).status == 422
    assert SESSION not in other.cookies


async def test_five_wrong_codes_end_it_for_a_customer_as_for_a_stranger(visitor: Visitor) -> None:
    said = []
    for address in (ADA, "bob@example.com"):
        browser = Browser(visitor)
        page = await ask(browser, address)
        said.append([alike(await browser.press("/access/code", page, code="2222-2222"), address) for _ in range(6)])
        if address == ADA:
            right = code_of((await mails(visitor, ADA))[0])
            assert (await browser.press("/access/code", page, code=right)).status == 422
    assert said[0] == said[1]
    assert "4 more times" in said[0][0][2]
    assert "no longer works" in said[0][5][2]


async def test_a_code_runs_out_while_its_link_stays_good(visitor: Visitor, browser: Browser) -> None:
    page = await ask(browser, ADA)
    mail = (await mails(visitor, ADA))[0]
    await visitor.database.pass_seconds(30 * 60 + 1)
    assert (await browser.press("/access/code", page, code=code_of(mail))).status == 422
    assert (await browser.post(link_of(mail))).status == 303


async def test_a_code_asks_before_it_replaces_whoever_is_in(visitor: Visitor, browser: Browser) -> None:
    await buy(visitor, GRACE)
    await come_in(browser, GRACE)
    page = await ask(browser, ADA)
    code = code_of((await mails(visitor, ADA))[0])

    asked = await browser.press("/access/code", page, code=code)

    assert asked.status == 200
    assert "g•••@example.org" in asked.text
    assert (await browser.press("/access/code", asked)).status == 303
    assert ADA in (await browser.get("/hub/")).text


async def test_a_foot_link_fills_the_form_in_and_grants_nothing(visitor: Visitor, browser: Browser) -> None:
    foot = await foot_of(visitor, await buy(visitor, ADA, 2))
    before = await everything(visitor)

    pages = [await visitor.ask(method, f"/updateinfo/?r={foot}") for method in ("HEAD", "GET") * 20]

    assert await everything(visitor) == before
    page = pages[-1]
    assert "a•••@example.com" in page.text
    assert ADA not in page.text
    sent = await browser.press("/updateinfo/", page)
    assert sent.status == 200
    assert ADA not in sent.text
    [mail] = await mails(visitor, ADA)
    assert "the link in your receipt" in " ".join(text_of(mail).split())
    assert (await browser.press("/access/code", sent, code=code_of(mail))).status == 303


async def test_a_bad_or_old_foot_link_is_the_empty_form(visitor: Visitor, browser: Browser) -> None:
    foot = await foot_of(visitor, await buy(visitor, ADA, 2))
    access = (await new_link(visitor)).rpartition("/")[2]
    for bad in (foot[:-1], foot + "x", access, "%00", "x" * 5000):
        assert 'name="email"' in (await browser.get(f"/updateinfo/?r={bad}")).text
        assert 'name="email"' in (await browser.post("/updateinfo/", r=bad)).text
    assert len(await mails(visitor, ADA)) == 1


async def test_a_network_that_asks_too_often_waits_and_others_do_not(database: Database) -> None:
    limits = {"client_per_minute": 3, "per_minute": 1000, "per_hour": 1000, "per_day": 1000}
    hub = {"listen": "127.0.0.1:0", "trusted_proxies": ["127.0.0.1/32"]}
    async with visiting(server(database, limits=limits, hub=hub), database) as visitor:

        async def statuses(*clients: str) -> list[int]:
            browsers = [Browser(visitor, says={**BROWSER, "X-Forwarded-For": client}) for client in clients]
            return [(await each.post("/updateinfo/", email=ADA)).status for each in browsers]

        assert await statuses(*["192.0.2.1"] * 4) == [200, 200, 200, 429]
        assert await statuses("192.0.2.2", "203.0.113.9, 192.0.2.1") == [200, 429]  # the last hop is the proxy's word
        assert await statuses(*["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:ffff::", "2001:db8:1:2::3"]) == [
            200,
            200,
            200,
            429,
        ]
        assert await statuses("2001:db8:1:3::1", "::ffff:192.0.2.1") == [200, 429]
        answer = await Browser(visitor, says={**BROWSER, "X-Forwarded-For": "192.0.2.1"}).post("/access/code", code="x")
        assert answer.status == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 60


async def test_nobody_chooses_a_network_without_a_trusted_proxy(database: Database) -> None:
    async with visiting(server(database, limits={"client_per_minute": 2}), database) as visitor:
        browsers = [Browser(visitor, says={**BROWSER, "X-Forwarded-For": f"192.0.2.{n}"}) for n in range(3)]
        assert [(await each.post("/updateinfo/", email=ADA)).status for each in browsers] == [200, 200, 429]


async def test_many_at_once_for_one_address_mail_once(database: Database) -> None:
    async with visiting(server(database, limits={"client_per_minute": 1000}), database) as visitor:
        await buy(visitor, ADA)
        answers = await asyncio.gather(*(Browser(visitor).post("/updateinfo/", email=ADA) for _ in range(60)))
        assert {answer.status for answer in answers} == {200}
        assert len(await mails(visitor, ADA)) == 1


async def test_a_strange_body_is_refused_in_words(visitor: Visitor) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", **BROWSER}
    for headers, body, status in (
        ({**form, "Content-Type": "application/json"}, b"{}", 415),
        (form, b"email=" + b"x" * 20_000, 413),
        (form, b"&".join(b"a=%d" % number for number in range(101)), 413),
        (form, b"\xff\xfe=%ff%00", 422),
        (form, b"", 422),
    ):
        answer = await visitor.ask("POST", "/updateinfo/", data=body, headers=headers)
        assert (answer.status, "<h1>" in answer.text) == (status, True)
