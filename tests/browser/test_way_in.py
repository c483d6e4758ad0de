"""The whole walk in Chromium on the running program: a mail, its link, the glance, one press, an invoice; and the code
typed on another device. No script runs, nothing is loaded from anywhere else, and keys alone suffice.
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page

from support.browsers import chrome, found, newest, visitor
from support.program import Program, Running
from support.sales import sale
from support.sink import Sink

pytestmark = pytest.mark.browser
BUYER = "buyer7@example.com"
PLAN = {"ref": "S-7", "interval": "month", "next_payment_at": "2099-12-22T18:48:00Z", "next_amount": 5831}


@pytest.fixture
async def shop(sink: Sink, tmp_path: Path, store_url: str) -> AsyncIterator[Running]:
    """A shop that sold one subscription, and its receipt is in the sink."""
    settings = {
        "LETTERKEY_STATE_DIR": str(tmp_path),
        "LETTERKEY_DATABASE_URL": store_url,
        "LETTERKEY_SECRET_KEYS": "secret-key-of-the-shop-0123456789",
        "LETTERKEY_MAIL__FROM": "Harbour & Pine <shop@example.org>",
        "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@example.org",
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
        "LETTERKEY_LIMITS__PER_MINUTE": "10",
    }
    async with Program(settings).running() as running:
        await running.tell([sale(7, subscription=PLAN)])
        await sink.wait_for(1)
        yield running


async def test_from_the_receipt_s_foot_to_the_invoice(shop: Running, sink: Sink, chromium: Path) -> None:
    foreign: list[str] = []
    receipt = await newest(sink, 1)
    async with chrome(chromium) as browser:
        page = await visitor(browser, foreign)
        await page.goto(found(r"^\s*(http\S+/updateinfo/\?r=\S+)\s*$", receipt))
        assert "b•••@example.com" in await page.inner_text("main")
        await page.get_by_role("button", name="Mail me the link").click()
        assert "Look into your mailbox" in await page.inner_text("h1")

        mail = await newest(sink, 2)
        assert mail["Subject"] == "Your purchases at Harbour & Pine: your link"
        link = found(r"^(http\S+/access/\S+)\s*$", mail)
        glance = await visitor(browser, foreign)
        await glance.goto(link)
        said = await glance.inner_text("main")
        assert "€58.31 every month" in said
        assert "Course" not in said
        assert await glance.context.cookies() == []
        await glance.get_by_role("button", name="See my purchases").click()

        await glance.wait_for_url("**/hub/")
        assert BUYER in await glance.inner_text("main")
        await glance.get_by_role("link", name=re.compile("^Course")).click()
        await glance.wait_for_url("**/hub/invoices/*")
        assert "€58.31" in await glance.inner_text("table.sums")

        await glance.go_back()
        await glance.go_back()  # the link's page once more: this browser is in and goes straight on
        await glance.goto(link)
        assert urlsplit(glance.url).path == "/hub/"
        await glance.get_by_role("button", name="Sign out").click()
        await glance.wait_for_url("**/updateinfo/?ended=1")
        assert "You are signed out" in await glance.inner_text("main")
    assert foreign == []


async def test_a_code_read_on_the_phone_is_typed_on_the_desktop_by_keys_alone(
    shop: Running, sink: Sink, chromium: Path
) -> None:
    foreign: list[str] = []
    async with chrome(chromium) as browser:
        page = await visitor(browser, foreign)
        await page.goto(f"{shop.program.url}/updateinfo/")
        await page.focus("#email")
        await page.keyboard.type(BUYER)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#code")
        code = found(r"^ +([2-9A-Z]{4}-[2-9A-Z]{4})\s*$", await newest(sink, 2))

        await page.focus("#code")
        await page.keyboard.type("2222-2222")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#code-wrong")
        await page.focus("#code")
        await page.keyboard.type(code.lower())
        await page.keyboard.press("Enter")

        await page.wait_for_url("**/hub/")
        assert BUYER in await page.inner_text("main")
    assert foreign == []


async def test_an_older_link_says_it_was_used_and_mails_a_new_one(shop: Running, sink: Sink, chromium: Path) -> None:
    async with chrome(chromium) as browser:
        links = []
        for count in (2, 3):
            page = await visitor(browser, [])
            await page.goto(f"{shop.program.url}/updateinfo/")
            await page.fill("#email", BUYER)
            await page.get_by_role("button", name="Mail me the link").click()
            links.append(found(r"^(http\S+/access/\S+)\s*$", await newest(sink, count)))
        first, second = [await visitor(browser, []) for _ in links]
        await second.goto(links[1])
        await second.get_by_role("button").click()
        await second.wait_for_url("**/hub/")

        await first.goto(links[0])
        assert "already used" in await first.inner_text("h1")
        await first.get_by_role("button", name="Send me a new one").click()
        await first.wait_for_selector("input[name=code]")
        await first.goto(found(r"^(http\S+/access/\S+)\s*$", await newest(sink, 4)))
        await first.get_by_role("button", name="See my purchases").click()
        await first.wait_for_url("**/hub/")


async def test_keys_alone_lead_in_to_a_receipt_and_out(shop: Running, sink: Sink, chromium: Path) -> None:
    async with chrome(chromium) as browser:
        page = await visitor(browser, [])
        await page.goto(f"{shop.program.url}/updateinfo/")
        await page.fill("#email", BUYER)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("input[name=code]")
        await page.goto(found(r"^(http\S+/access/\S+)\s*$", await newest(sink, 2)))
        await press_keys_to(page, "See my purchases")
        await page.wait_for_url("**/hub/")
        await press_keys_to(page, "Course")
        await page.wait_for_url("**/hub/invoices/*")
        await press_keys_to(page, "Sign out")
        await page.wait_for_url("**/updateinfo/?ended=1")


async def press_keys_to(page: Page, words: str) -> None:
    """Tab until what holds the focus says these words, and shows that it does; then Enter."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        focused = page.locator(":focus-visible")
        if await focused.count() and (await focused.inner_text()).strip().startswith(words):
            assert await focused.evaluate("each => getComputedStyle(each).outlineStyle") != "none"
            return await page.keyboard.press("Enter")
    raise AssertionError(f"no key leads to {words}")
