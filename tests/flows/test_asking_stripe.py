"""A cancel in the hub at a small Stripe that sends its events: answer and event together tell it once, and what Stripe
refuses is handed to the merchant.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from support.browsers import text_of
from support.pressing import cancel_the_only_one, come_in, customer, doors_of, mail_about, press, subjects
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


async def test_by_answer_and_event_the_customer_is_told_once(stripe: StripeApi, tmp_path: Path, sink: Sink) -> None:
    async with shop(tmp_path, sink, stripe) as running:
        await cancel_the_only_one(running.program.url, ADA, sink, 0)
        await running.note("event_understood", 3)
        await mail_about(sink, ADA, "Cancelled")
        assert await running.stop() == 0
    assert stripe.subscriptions["sub_1"]["cancel_at_period_end"] is True
    assert len([each for each in subjects(sink, ADA) if each.startswith("Cancelled")]) == 1
    assert subjects(sink, SUPPORT) == []
    (changed,) = [seen for seen in stripe.seen if seen.method == "POST"]
    assert changed.key


async def test_what_stripe_refuses_is_handed_to_the_merchant(stripe: StripeApi, tmp_path: Path, sink: Sink) -> None:
    stripe.subscription(schedule="sub_sched_1")
    async with shop(tmp_path, sink, stripe) as running:
        await cancel_the_only_one(running.program.url, ADA, sink, 0)
        await mail_about(sink, SUPPORT, "To do: cancel")
        assert await running.stop() == 0
    assert stripe.subscriptions["sub_1"]["cancel_at_period_end"] is False
    todo = next(mail for mail in sink.mails_to(SUPPORT) if str(mail.message()["Subject"]).startswith("To do"))
    assert "sub_1" in text_of(todo.message())
    assert KEY not in text_of(todo.message())
    assert not any(each.startswith("Cancelled") for each in subjects(sink, ADA))


def stands(stripe: StripeApi, name: str) -> object:
    """What the small Stripe says of the subscription now."""
    return stripe.subscriptions["sub_1"][name]


async def test_pause_go_on_end_keep_and_the_card_by_the_buttons_that_stand_there(
    stripe: StripeApi, tmp_path: Path, sink: Sink
) -> None:
    async with shop(tmp_path, sink, stripe) as running, customer() as hub:
        url = running.program.url
        await come_in(hub, url, ADA, sink)
        doors = await doors_of(hub, url)
        assert sorted(doors) == ["cancel", "card", "pause"]
        await press(hub, url + doors["pause"])
        await mail_about(sink, ADA, "Paused")
        assert stands(stripe, "pause_collection") == {"behavior": "void", "resumes_at": None}
        doors = await doors_of(hub, url)
        assert sorted(doors) == ["cancel", "card", "resume"]
        await press(hub, url + doors["resume"])
        await mail_about(sink, ADA, "It goes on")
        assert stands(stripe, "pause_collection") is None
        doors = await doors_of(hub, url)
        await press(hub, url + doors["cancel"], when="period")
        await mail_about(sink, ADA, "Cancelled")
        assert stands(stripe, "cancel_at_period_end") is True
        doors = await doors_of(hub, url)
        assert sorted(doors) == ["card", "undo"]
        await press(hub, url + doors["undo"])
        await mail_about(sink, ADA, "Not cancelled")
        assert stands(stripe, "cancel_at_period_end") is False
        assert "/p/session/cus_1" in await press(hub, url + (await doors_of(hub, url))["card"])
        await press(hub, f"{url}/hub/details", name="Ada of the small Stripe")
        doors = await doors_of(hub, url)
        await press(hub, url + doors["cancel"], when="now")
        while len([each for each in subjects(sink, ADA) if each.startswith("Cancelled")]) < 2:
            await sink.wait_for(len(sink.mails) + 1)
        assert stands(stripe, "status") == "canceled"
        assert stripe.customers["cus_1"]["name"] == "Ada of the small Stripe"
        assert await doors_of(hub, url) == {}
        assert await running.stop() == 0
    assert subjects(sink, SUPPORT) == []
    assert not any(each.startswith("We received your wish") for each in subjects(sink, ADA)), "it was done at once"
