"""A subscription made at Stripe ends there by a press in the hub: Stripe's webhooks bring the receipt, Chromium opens
the hub from it, the cancel goes to its API, and the customer hears "cancelled" by Stripe's own word.

Stripe is localstripe, a stand-in that others wrote.
"""

import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.async_api import Page

from support.browsers import chrome, found, newest, text_of, visitor
from support.localstripe import API_KEY, Localstripe, running_localstripe
from support.program import Program, Running
from support.sink import Sink

pytestmark = [pytest.mark.browser, pytest.mark.long]
SECRET = "whsec_of_localstripe_0123456789"
ADA, SUPPORT = "ada@example.com", "help@example.org"


@pytest.fixture
async def stripe() -> AsyncIterator[Localstripe]:
    async with running_localstripe() as server:
        yield server


@pytest.fixture
async def shop(stripe: Localstripe, sink: Sink, tmp_path: Path, store_url: str) -> AsyncIterator[Running]:
    """A shop that hears of Stripe's events and may ask it."""
    settings = {
        "LETTERKEY_STATE_DIR": str(tmp_path),
        "LETTERKEY_DATABASE_URL": store_url,
        "LETTERKEY_SECRET_KEYS": "secret-key-of-the-shop-0123456789",
        "LETTERKEY_MAIL__FROM": "Harbour & Pine <shop@example.org>",
        "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@example.org",
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": SUPPORT,
        "LETTERKEY_LIMITS__PER_MINUTE": "10",
        "LETTERKEY_SOURCES__STRIPE__SECRETS": SECRET,
        "LETTERKEY_SOURCES__STRIPE__API_KEY": API_KEY,
        "LETTERKEY_SOURCES__STRIPE__API_URL": stripe.url,
    }
    async with Program(settings).running() as running:
        await stripe.send_events_to(f"{running.program.url}/webhooks/stripe", SECRET)
        yield running


async def come_in(page: Page, sink: Sink) -> None:
    """From the foot of the receipt to the hub, as a customer does."""
    await page.goto(found(r"^\s*(http\S+/updateinfo/\?r=\S+)\s*$", await newest(sink, 1)))
    await page.get_by_role("button", name="Mail me the link").click()
    await page.goto(found(r"^(http\S+/access/\S+)\s*$", await newest(sink, 2)))
    await page.get_by_role("button", name="See my purchases").click()
    await page.wait_for_url("**/hub/")


async def told(sink: Sink, address: str, subject: str) -> EmailMessage:
    """The mail to that address whose subject begins so, once it is there."""
    while True:
        count = len(sink.mails)
        for mail in sink.mails_to(address):
            if str(mail.message()["Subject"]).startswith(subject):
                return mail.message()
        await sink.wait_for(count + 1)


async def test_a_cancel_pressed_in_the_hub_ends_it_at_stripe(
    stripe: Localstripe, shop: Running, sink: Sink, chromium: Path
) -> None:
    subscription = await stripe.subscribe(ADA)
    await sink.wait_for(1)
    async with chrome(chromium) as browser:
        page = await visitor(browser, [])
        await come_in(page, sink)
        await page.goto(f"{shop.program.url}/hub/subscriptions")
        await page.get_by_role("link", name=re.compile("Cancel")).first.click()
        await page.get_by_role("button", name=re.compile("Cancel")).first.click()
        assert "nothing more will be charged" in text_of(await told(sink, ADA, "Cancelled"))
        await page.goto(f"{shop.program.url}/hub/subscriptions")
        assert "nothing more will be charged" in await page.inner_text("main")
    there = await stripe.get(f"subscriptions/{subscription}")
    assert there["cancel_at_period_end"] is True or there["status"] == "canceled"
    assert sink.mails_to(SUPPORT) == []
    assert await shop.stop() == 0
