"""A cancel in the hub at a small Stripe that sends its events: answer and event together tell it once, and what Stripe
refuses is handed to the merchant.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from support.browsers import found, newest, text_of
from support.program import Program, Running
from support.sink import Sink
from support.stripe_api import KEY, StripeApi, running_stripe_api

SECRET, ADA, SUPPORT = "whsec_of_the_small_stripe_0123456789", "ada@example.com", "help@example.org"


@pytest.fixture
async def stripe() -> AsyncIterator[StripeApi]:
    async with running_stripe_api() as api:
        api.customer()
        api.subscription()
        yield api


@asynccontextmanager
async def shop(folder: Path, sink: Sink, stripe: StripeApi) -> AsyncIterator[Running]:
    """A shop that has heard of Ada and her subscription."""
    settings = {
        "LETTERKEY_STATE_DIR": str(folder),
        "LETTERKEY_DATABASE_URL": f"sqlite:///{folder / 'letterkey.db'}",
        "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
        "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@example.org",
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": SUPPORT,
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


async def cancel(running: Running, sink: Sink) -> None:
    """Ask for the link, come in, and press."""
    url = running.program.url
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as hub:
        await press(hub, f"{url}/updateinfo/", email=ADA)
        await press(hub, found(r"^(http\S+/access/\S+)\s*$", await newest(sink, 1)))
        async with hub.get(f"{url}/hub/subscriptions") as page:
            [path] = set(re.findall(r'href="(/hub/subscriptions/[0-9a-f]+/cancel)"', await page.text()))
        await press(hub, f"{url}{path}")


async def press(hub: aiohttp.ClientSession, url: str, **fields: str) -> None:
    """The button of the page's form, with what the form hides."""
    async with hub.get(url) as page:
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', await page.text())
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with hub.post(url, data={**dict(hidden), **fields}, headers=headers) as pressed:
        assert pressed.status == 200, await pressed.text()


def subjects(sink: Sink, address: str) -> list[str]:
    return [str(mail.message()["Subject"]) for mail in sink.mails_to(address)]


async def test_by_answer_and_event_the_customer_is_told_once(stripe: StripeApi, tmp_path: Path, sink: Sink) -> None:
    async with shop(tmp_path, sink, stripe) as running:
        await cancel(running, sink)
        await running.note("event_understood", 3)
        while not any(each.startswith("Cancelled") for each in subjects(sink, ADA)):
            await sink.wait_for(len(sink.mails) + 1)
        assert await running.stop() == 0
    assert stripe.subscriptions["sub_1"]["cancel_at_period_end"] is True
    assert len([each for each in subjects(sink, ADA) if each.startswith("Cancelled")]) == 1
    assert subjects(sink, SUPPORT) == []
    (changed,) = [seen for seen in stripe.seen if seen.method == "POST"]
    assert changed.key


async def test_what_stripe_refuses_is_handed_to_the_merchant(stripe: StripeApi, tmp_path: Path, sink: Sink) -> None:
    stripe.subscription(schedule="sub_sched_1")
    async with shop(tmp_path, sink, stripe) as running:
        await cancel(running, sink)
        while not any(each.startswith("To do: cancel") for each in subjects(sink, SUPPORT)):
            await sink.wait_for(len(sink.mails) + 1)
        assert await running.stop() == 0
    assert stripe.subscriptions["sub_1"]["cancel_at_period_end"] is False
    todo = next(mail for mail in sink.mails_to(SUPPORT) if str(mail.message()["Subject"]).startswith("To do"))
    assert "sub_1" in text_of(todo.message())
    assert KEY not in text_of(todo.message())
    assert not any(each.startswith("Cancelled") for each in subjects(sink, ADA))
