"""A merchant's walk in Chromium on the running program: in by a printed link and by a mailed one, round the pages, out.
No script runs, nothing is loaded from elsewhere, keys alone suffice, and axe finds nothing on the pages as they are.
"""

import re
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.async_api import Page

from support.browsers import chrome, found, newest, visitor
from support.program import Program, Running
from support.sales import sale
from support.sink import Sink

pytestmark = pytest.mark.browser
MAY = "may@example.org"
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map(each => each.id)"
PAGES = ("/console/", "/console/audit", "/console/sessions")


@pytest.fixture
async def shop(sink: Sink, tmp_path: Path, store_url: str) -> AsyncIterator[Running]:
    """A shop with a console, that sold once; its receipt is in the sink."""
    settings = {
        "LETTERKEY_STATE_DIR": str(tmp_path),
        "LETTERKEY_DATABASE_URL": store_url,
        "LETTERKEY_SECRET_KEYS": "secret-key-of-the-shop-0123456789",
        "LETTERKEY_MAIL__FROM": "Harbour & Pine <shop@example.org>",
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
        "LETTERKEY_CONSOLE__MERCHANTS": MAY,
    }
    async with Program(settings).running() as running:
        await running.tell([sale(7)])
        await sink.wait_for(1)
        yield running


async def printed(shop: Running) -> str:
    """What `letterkey console-link` prints, beside the worker that runs."""
    code, said, _ = await shop.program.command("console-link")
    assert code == 0
    link, told = said.splitlines()
    assert f"for {MAY}, once, until" in told
    return link


async def test_in_by_a_printed_link_and_round_the_pages(shop: Running, chromium: Path) -> None:
    foreign: list[str] = []
    async with chrome(chromium) as browser:
        page = await visitor(browser, foreign)
        link = await printed(shop)
        await page.goto(link)
        assert await page.context.cookies() == []
        await page.get_by_role("button", name="Come in").click()

        await page.wait_for_url("**/console/")
        said = await page.inner_text("main")
        assert "All is well" in said
        assert "Takes mail." in said
        assert re.search(r"\b1\s+Receipts mailed", said)
        [cookie] = await page.context.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("letterkey_console", True, "Lax")

        await page.get_by_text("The same as a table").click()
        assert await page.get_by_role("columnheader", name="Receipts mailed").is_visible()
        await page.get_by_role("link", name="Audit").click()
        await page.wait_for_url("**/console/audit")
        assert "Came into the console" in await page.inner_text("main")
        await page.select_option("#what", "console_link")
        await page.get_by_role("button", name="Show").click()
        assert "Came into the console" not in await page.inner_text("ul.rows")
        assert "a command" in await page.inner_text("main")
        async with page.expect_download() as download:
            await page.get_by_role("link", name="All of these as a CSV file").click()
        assert (await download.value).suggested_filename == "audit.csv"

        second = await visitor(browser, foreign)
        await second.goto(link)
        assert "no longer works" in await second.inner_text("h1")
        await second.goto(f"{shop.program.url}/console/audit")
        assert second.url.endswith("/console/sign-in")

        await page.get_by_role("button", name="Sign out").click()
        await page.wait_for_url("**/console/sign-in?ended=1")
        assert "You are signed out" in await page.inner_text("main")
    assert foreign == []


async def test_in_by_a_mailed_link_by_keys_alone(shop: Running, sink: Sink, chromium: Path) -> None:
    async with chrome(chromium) as browser:
        page = await visitor(browser, [])
        await page.goto(f"{shop.program.url}/console/sign-in")
        await page.fill("#email", MAY)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=Look into your mailbox")
        mail = await newest(sink, 2)
        assert (mail["To"], mail["Subject"]) == (MAY, "Harbour & Pine: your link to the console")
        assert mail["Auto-Submitted"] == "auto-generated"
        await page.goto(found(r"^(http\S+/console/access/\S+)\s*$", mail))
        await press_keys_to(page, "Come in")
        await page.wait_for_url("**/console/")
        await press_keys_to(page, "Where you’re signed in")
        await page.wait_for_url("**/console/sessions")
        await press_keys_to(page, "Sign out everywhere")
        await page.wait_for_url("**/console/sign-in?ended=1")


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("width", [390, 1280])
async def test_axe_finds_nothing_on_the_pages_as_they_are(shop: Running, chromium: Path, width: int) -> None:
    async with chrome(chromium) as browser:
        context = await browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
        page = await context.new_page()
        await page.goto(await printed(shop))
        await page.get_by_role("button", name="Come in").click()
        for path in PAGES:
            await page.goto(shop.program.url + path)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            await page.evaluate(AXE)
            assert await page.evaluate(RUN) == [], path


async def press_keys_to(page: Page, words: str) -> None:
    """Tab until what holds the focus says these words, and shows that it does; then Enter."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        focused = page.locator(":focus-visible")
        if await focused.count() and (await focused.inner_text()).strip().startswith(words):
            assert await focused.evaluate("each => getComputedStyle(each).outlineStyle") != "none"
            return await page.keyboard.press("Enter")
    raise AssertionError(f"no key leads to {words}")
