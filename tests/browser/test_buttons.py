"""Every button of a customer's subscription, pressed in Chromium on the running program, at a small Stripe."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from support.browsers import chrome, found, newest, visitor
from support.pressing import mail_about, subjects
from support.program import Program, Running
from support.sink import Sink
from support.stripe_api import KEY, StripeApi, running_stripe_api

pytestmark = [pytest.mark.browser, pytest.mark.long]
SECRET, ADA, SUPPORT = "whsec_of_the_small_stripe_0123456789", "ada@example.com", "help@example.org"


@pytest.fixture
async def stripe() -> AsyncIterator[StripeApi]:
    async with running_stripe_api() as api:
        api.customer()
        api.subscription()
        yield api


@pytest.fixture
async def shop(stripe: StripeApi, sink: Sink, tmp_path: Path, store_url: str) -> AsyncIterator[Running]:
    """A shop that has heard of Ada and her subscription, and lets her pause it."""
    settings = {
        "LETTERKEY_STATE_DIR": str(tmp_path),
        "LETTERKEY_DATABASE_URL": store_url,
        "LETTERKEY_SECRET_KEYS": "secret-key-of-the-shop-0123456789",
        "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
        "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@example.org",
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": SUPPORT,
        "LETTERKEY_HUB__ALLOW_PAUSE": "true",
        "LETTERKEY_SOURCES__STRIPE__SECRETS": SECRET,
        "LETTERKEY_SOURCES__STRIPE__API_KEY": KEY,
        "LETTERKEY_SOURCES__STRIPE__API_URL": stripe.url,
    }
    async with Program(settings).running() as running:
        stripe.events_to = (f"{running.program.url}/webhooks/stripe", SECRET)
        await stripe.tell("customer.created", stripe.customers["cus_1"])
        await stripe.tell("customer.subscription.created", stripe.subscriptions["sub_1"])
        await running.note("event_understood", 2)
        yield running


async def come_in(page: Page, url: str, sink: Sink) -> None:
    await page.goto(f"{url}/updateinfo/")
    await page.fill("#email", ADA)
    await page.get_by_role("button", name="Mail me the link").click()
    await page.goto(found(r"^\s*(http\S+/access/\S+)\s*$", await newest(sink, 1)))
    await page.get_by_role("button", name="See my purchases").click()
    await page.wait_for_url("**/hub/")


async def choose(page: Page, url: str, door: str, button: str) -> None:
    """From the list to the question, and its one button."""
    await page.goto(f"{url}/hub/subscriptions")
    await page.get_by_role("link", name=door).click()
    await page.get_by_role("button", name=button).click()


def stands(stripe: StripeApi, name: str) -> object:
    """What the small Stripe says of the subscription now."""
    return stripe.subscriptions["sub_1"][name]


async def test_every_button_does_what_it_says(shop: Running, stripe: StripeApi, sink: Sink, chromium: Path) -> None:
    url = shop.program.url
    async with chrome(chromium) as browser:
        wrong: list[str] = []
        page = await visitor(browser, wrong)
        await come_in(page, url, sink)
        await choose(page, url, "Pause", "Pause the subscription")
        await mail_about(sink, ADA, "Paused")
        await choose(page, url, "Resume", "Resume the subscription")
        await mail_about(sink, ADA, "It goes on")
        await page.goto(f"{url}/hub/subscriptions")
        await page.get_by_role("link", name="Cancel", exact=True).click()
        assert await page.get_by_label("you can use it until then").is_checked()
        await page.get_by_role("button", name="Cancel the subscription").click()
        await mail_about(sink, ADA, "Cancelled")
        assert stands(stripe, "cancel_at_period_end") is True
        await choose(page, url, "Keep it after all", "Keep the subscription")
        await mail_about(sink, ADA, "Not cancelled")
        assert stands(stripe, "cancel_at_period_end") is False
        await choose(page, url, "Change the card", "Open the page")
        link = page.get_by_role("link", name="Go on to Stripe")
        there = await link.get_attribute("href")
        assert there is not None
        assert "/p/session/cus_1" in there
        await page.route(there, lambda route: route.fulfill(body="The provider's page"))
        await link.click()  # the page's policy lets a link lead away
        await page.wait_for_url(there)
        await page.goto(f"{url}/hub/subscriptions")
        await page.get_by_role("link", name="Cancel", exact=True).click()
        await page.get_by_label("At once").check()
        await page.get_by_role("button", name="Cancel the subscription").click()
        while len([each for each in subjects(sink, ADA) if each.startswith("Cancelled")]) < 2:
            await sink.wait_for(len(sink.mails) + 1)
        assert stands(stripe, "status") == "canceled"
    assert subjects(sink, SUPPORT) == []
    assert await shop.stop() == 0
