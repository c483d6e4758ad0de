"""A merchant sets the shop up in Chromium on the running program, and the very next page and receipt show it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from support.browsers import chrome, text_of, visitor
from support.drawings import png
from support.program import Program, Running
from support.sales import sale
from support.sink import Sink

pytestmark = pytest.mark.browser
NAME = "<img src=x onerror=alert(1)> & Pine"


@pytest.fixture
async def shop(sink: Sink, tmp_path: Path, store_url: str) -> AsyncIterator[Running]:
    settings = {
        "LETTERKEY_STATE_DIR": str(tmp_path),
        "LETTERKEY_DATABASE_URL": store_url,
        "LETTERKEY_SECRET_KEYS": "secret-key-of-the-shop-0123456789",
        "LETTERKEY_MAIL__FROM": "Harbour & Pine <shop@example.org>",
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
        "LETTERKEY_CONSOLE__MERCHANTS": "may@example.org",
    }
    async with Program(settings).running() as running:
        await running.tell([sale(1)])
        await sink.wait_for(1)
        yield running


async def come_in(shop: Running, page: Page) -> None:
    _, out, _ = await shop.program.command("console-link")
    link = re.search(r"http\S+/console/access/\S+", out)
    assert link is not None
    await page.goto(link[0])
    await page.click("form button")


async def test_what_is_set_shows_at_once(shop: Running, sink: Sink, chromium: Path) -> None:
    url, foreign = shop.program.url, list[str]()
    async with chrome(chromium) as browser:
        page = await visitor(browser, foreign)
        page.on("dialog", lambda _: pytest.fail("a name ran as a script"))
        await come_in(shop, page)
        await page.goto(f"{url}/console/settings/receipts")
        await page.fill('[id="business.name"]', NAME)
        await page.fill('[id="business.colours.accent"]', "#c0392b")
        await page.fill('[id="invoices.prefix"]', "HP-")
        await page.click("button[value=preview]")
        await page.get_by_text("nothing is saved yet").wait_for()
        invoice, simple = (page.frame_locator(f"iframe >> nth={number}") for number in (0, 1))
        for frame in (invoice, simple):
            assert NAME in await frame.locator("body").inner_text()
        assert "HP-2" in await invoice.locator("body").inner_text()
        assert await invoice.locator("a[href*='/updateinfo/']").count() > 0
        assert await simple.locator("a[href*='/updateinfo/']").count() == 0

        await page.select_option('[id="receipts.style"]', "simple")
        await page.press('[id="business.tax_id"]', "Enter")  # as the Save button, not as any other
        await page.get_by_text("It counts from now on").wait_for()
        assert await page.input_value('[id="business.name"]') == NAME
        await shop.tell([sale(2)])
        await sink.wait_for(2)
        receipt = sink.mails[1].message()
        assert NAME in text_of(receipt)
        assert "/updateinfo/?r=" not in text_of(receipt)
        await page.goto(f"{url}/updateinfo/")
        assert NAME in await page.inner_text("body")

        await page.goto(f"{url}/console/settings/receipts")
        await page.set_input_files("#logo", {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": png(40, 20)})
        await page.click("text=Take this logo")
        await page.locator(".shown-logo img").wait_for()
        assert await page.locator(".shown-logo img").evaluate("image => image.naturalWidth") == 40
        await page.click("button[name=back][value='receipts.style']")
        await page.locator("button[name=back][value='receipts.style']").wait_for(state="detached")
        await shop.tell([sale(3)])
        await sink.wait_for(3)
        receipt = sink.mails[2].message()
        assert "/updateinfo/?r=" in text_of(receipt)
        assert [part.get_content_type() for part in receipt.walk()].count("image/png") == 1
    assert foreign == [], "nothing is asked of anybody else"


async def test_the_hub_s_link_is_copied_by_a_press(shop: Running, chromium: Path) -> None:
    async with chrome(chromium) as browser:
        context = await browser.new_context()
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = await context.new_page()
        await come_in(shop, page)
        await page.goto(f"{shop.program.url}/console/settings/hub")
        for name, holds in (("Copy the link", shop.program.url), ("Copy the HTML", "<a href=")):
            await page.get_by_role("button", name=name).click()
            await page.get_by_role("button", name="Copied").first.wait_for()
            copied = await page.evaluate("navigator.clipboard.readText()")
            assert copied.startswith(holds)
            assert "/updateinfo/" in copied

        page = await visitor(browser, [])
        await come_in(shop, page)
        await page.goto(f"{shop.program.url}/console/settings/hub")
        assert await page.get_by_role("button", name="Copy the link").count() == 0, "no button that does nothing"
        assert await page.get_by_label("The direct link").input_value() == f"{shop.program.url}/updateinfo/"
