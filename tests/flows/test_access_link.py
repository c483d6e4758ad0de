"""The link in the mail: looking changes nothing, its button lets in, and a spent one helps at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from flows.hub import Visitor, visiting
from flows.way_in import ADA, BROWSER, GRACE, Browser, buy, come_in, everything, link_of, mails, new_link, server
from support.databases import Database

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
SESSION = "letterkey_session"
HOUR = 3600


@pytest.fixture
async def visitor(database: Database) -> AsyncIterator[Visitor]:
    async with visiting(server(database), database) as visitor:
        await buy(visitor, ADA)
        await buy(visitor, GRACE)
        yield visitor


@pytest.fixture
def browser(visitor: Visitor) -> Browser:
    return Browser(visitor)


async def test_one_click_shows_the_glance_and_one_press_lets_in(visitor: Visitor, browser: Browser) -> None:
    path = await new_link(visitor)

    glance = await browser.get(path)
    assert glance.status == 200
    assert "Hello Ada" in glance.text
    assert "€58.31" in glance.text
    assert "Course" not in glance.text
    assert ADA not in glance.text
    assert not browser.cookies

    pressed = await browser.press(path, glance)
    assert pressed.status == 303
    assert pressed.headers["Location"] == "/hub/"
    assert set(browser.cookies) == {SESSION}
    overview = await browser.get("/hub/")
    assert "Course" in overview.text
    assert ADA in overview.text


async def test_looking_changes_nothing_however_often(visitor: Visitor, browser: Browser) -> None:
    path, before = await new_link(visitor), await everything(visitor)

    answers = [await visitor.ask(method, path) for method in ("HEAD", "GET") * 20]

    assert {answer.status for answer in answers} == {200}
    assert all("Set-Cookie" not in answer.headers for answer in answers)
    assert len({answer.body for answer in answers[1::2]}) == 1
    assert await everything(visitor) == before
    assert (await browser.press(path, answers[1])).status == 303


async def test_every_answer_about_a_link_is_kept_by_nobody(visitor: Visitor) -> None:
    path = await new_link(visitor)
    spent = await new_link(visitor)
    await Browser(visitor).post(spent)
    await visitor.database.pass_seconds(HOUR)
    for address, method in ((path, "GET"), (path, "POST"), (spent, "GET"), ("/access/nothing", "GET")):
        answer = await visitor.ask(method, address)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "strict-origin"


async def test_two_hundred_presses_at_once_let_three_in(visitor: Visitor) -> None:
    path = await new_link(visitor)
    browsers = [Browser(visitor) for _ in range(200)]

    answers = await asyncio.gather(*(each.post(path) for each in browsers))

    assert sorted(answer.status for answer in answers) == [303] * 3 + [410] * 197
    ids = {each.cookies[SESSION] for each in browsers if each.cookies}
    assert len(ids) == 3
    inside = [each for each in browsers if each.cookies]
    assert [(await each.get("/hub/")).status for each in inside] == [200] * 3


async def test_a_robot_that_presses_first_does_not_lock_the_owner_out(visitor: Visitor, browser: Browser) -> None:
    path = await new_link(visitor)
    for _ in range(2):
        assert (await Browser(visitor).post(path)).status == 303

    page = await browser.get(path)

    assert "€58.31" not in page.text  # the glance ends with the first press
    assert (await browser.press(path, page)).status == 303


async def test_after_ten_minutes_a_used_link_says_so_and_mails_a_new_one(visitor: Visitor, browser: Browser) -> None:
    path = await new_link(visitor)
    await Browser(visitor).post(path)
    await visitor.database.pass_seconds(601)

    page = await browser.get(path)
    assert page.status == 410
    assert "already used" in page.text
    assert ADA not in page.text
    assert (await browser.post(path)).status == 410

    sent = await browser.press(path, page)
    assert sent.status == 200
    assert "a•••@example.com" in sent.text
    newest = (await mails(visitor, ADA))[0]
    assert link_of(newest) != path
    assert (await browser.press(link_of(newest), await browser.get(link_of(newest)))).status == 303


async def test_an_expired_link_says_so_and_mails_a_new_one(visitor: Visitor, browser: Browser) -> None:
    path = await new_link(visitor)
    await visitor.database.pass_seconds(24 * HOUR)

    page = await browser.get(path)

    assert page.status == 410
    assert "has run out" in page.text
    assert (await browser.press(path, page)).status == 200
    assert len(await mails(visitor, ADA)) == 2


async def test_an_hour_later_there_is_the_button_alone(visitor: Visitor, browser: Browser) -> None:
    path = await new_link(visitor)
    await visitor.database.pass_seconds(HOUR + 1)

    page = await browser.get(path)

    assert page.status == 200
    assert "€58.31" not in page.text
    assert "Ada" not in page.text
    assert (await browser.press(path, page)).status == 303


async def test_redeeming_retires_the_older_links_and_asking_does_not(visitor: Visitor, browser: Browser) -> None:
    paths = []
    for _ in range(3):
        paths.append(await new_link(visitor))
        await visitor.database.pass_seconds(1)
    first, second, third = paths
    assert (await visitor.get(first)).status == 200

    await browser.post(second)

    assert (await visitor.get(first)).status == 410
    assert (await visitor.get(third)).status == 200


async def test_a_browser_that_is_in_goes_straight_on(visitor: Visitor, browser: Browser) -> None:
    await come_in(browser)
    path = await new_link(visitor)
    before = await everything(visitor)

    for answer in (await browser.get(path), await browser.post(path)):
        assert (answer.status, answer.headers["Location"]) == (303, "/hub/")
    assert await everything(visitor) == before


async def test_a_second_press_of_the_same_browser_ends_well(visitor: Visitor, browser: Browser) -> None:
    path = await new_link(visitor)
    page = await browser.get(path)
    first, second = await asyncio.gather(browser.press(path, page), browser.press(path, page))
    assert first.status == second.status == 303
    assert (await browser.get("/hub/")).status == 200


async def test_a_press_that_would_replace_another_customer_asks_first(visitor: Visitor, browser: Browser) -> None:
    await come_in(browser, GRACE)
    hers, path = dict(browser.cookies), await new_link(visitor)

    asked = await browser.press(path, await browser.get(path))
    assert asked.status == 200
    assert "g•••@example.org" in asked.text
    assert GRACE in (await browser.get("/hub/")).text

    assert (await browser.press(path, asked)).status == 303
    assert ADA in (await browser.get("/hub/")).text
    assert (await Browser(visitor, cookies=hers).get("/hub/")).status == 303  # Grace's session is over


async def test_a_client_that_says_nothing_presses_twice(visitor: Visitor) -> None:
    plain = Browser(visitor, says={})
    path = await new_link(visitor)
    page = await plain.get(path)
    assert not plain.cookies

    again = await plain.press(path, page)
    assert again.status == 403
    assert "Press once more" in again.text
    assert SESSION not in plain.cookies
    assert (await plain.press(path, again)).status == 303


@pytest.mark.parametrize(
    "says",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "{hub}"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "https://[evil"},
    ],
    ids=str,
)
async def test_another_site_s_page_can_t_press(visitor: Visitor, says: dict[str, str]) -> None:
    path, before = await new_link(visitor), await everything(visitor)
    forged = Browser(visitor, says={name: value.format(hub=visitor.hub) for name, value in says.items()})
    assert (await forged.post(path)).status == 403
    assert (await forged.post("/updateinfo/", email=ADA)).status == 403
    assert not forged.cookies
    assert await everything(visitor) == before


@pytest.mark.parametrize("says", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "{hub}"}])
async def test_our_own_page_can(visitor: Visitor, says: dict[str, str]) -> None:
    ours = Browser(visitor, says={name: value.format(hub=visitor.hub) for name, value in says.items()})
    assert (await ours.post(await new_link(visitor))).status == 303


async def test_a_page_without_origin_is_asked_again_not_let_in(visitor: Visitor) -> None:
    path, forged = await new_link(visitor), Browser(visitor, says={"Origin": "null"})
    assert (await forged.post(path)).status == 403
    forged.cookies.clear()  # another site's page brings no cookie of ours
    assert (await forged.post(path, csrf="0" * 64)).status == 403
    assert SESSION not in forged.cookies


async def test_a_planted_session_is_not_taken_over(visitor: Visitor, browser: Browser) -> None:
    browser.cookies[SESSION] = "planted"
    path = await new_link(visitor)
    await browser.post(path)
    assert browser.cookies[SESSION] != "planted"
    assert len(browser.cookies[SESSION]) == 52
    assert (await Browser(visitor, cookies={SESSION: "planted"}).get("/hub/")).status == 303


async def test_on_https_the_cookie_is_our_host_s_alone(database: Database) -> None:
    async with visiting(server(database, base_url="https://shop.example"), database) as visitor:
        await buy(visitor, ADA)
        says = {**BROWSER, "Host": "shop.example"}
        browser = Browser(visitor, says=says)
        await browser.post("/updateinfo/", email=ADA)
        path = link_of((await mails(visitor, ADA))[0])
        pressed = await browser.post(path)
        [line] = [each for each in pressed.headers.getall("Set-Cookie") if "session" in each]  # type: ignore[attr-defined]
        parts = {part.strip().lower() for part in line.split(";")[1:]}
        assert line.startswith("__Host-letterkey_session=")
        assert parts == {"httponly", "secure", "samesite=lax", "path=/"}


async def test_a_link_for_something_else_or_with_a_letter_changed_opens_nothing(visitor: Visitor) -> None:
    path = await new_link(visitor)
    for bad in (path[:-1] + ("A" if path[-1] != "A" else "B"), path[:-5], path + "x", path.split(".")[0]):
        answer = await visitor.get(bad)
        assert answer.status == 404
        assert 'href="/updateinfo/"' in answer.text
        assert (await Browser(visitor).post(bad)).status == 404
