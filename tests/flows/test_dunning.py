"""A shop at a small Stripe that tells of what is coming or failed: the mails that its customer and its merchant get."""

import json
import re
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from support.browsers import found, text_of
from support.ports import free_port
from support.pressing import customer, mail_about, press, subjects
from support.program import Program, Running
from support.sink import Sink
from support.stripe_api import KEY, StripeApi, running_stripe_api

SECRET, ADA, SUPPORT = "whsec_of_the_small_stripe_0123456789", "ada@example.com", "help@example.org"
EVENTS = Path(__file__).parents[1] / "sources" / "stripe" / "events"
DAY = 86_400


@pytest.fixture
async def stripe() -> AsyncIterator[StripeApi]:
    async with running_stripe_api() as api:
        api.customer()
        api.subscription()
        yield api


@asynccontextmanager
async def shop(folder: Path, sink: Sink, stripe: StripeApi, **more: str) -> AsyncIterator[Running]:
    settings = {
        "LETTERKEY_STATE_DIR": str(folder),
        "LETTERKEY_DATABASE_URL": f"sqlite:///{folder / 'letterkey.db'}",
        "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": SUPPORT,
        "LETTERKEY_SOURCES__STRIPE__SECRETS": SECRET,
        "LETTERKEY_SOURCES__STRIPE__API_KEY": KEY,
        "LETTERKEY_SOURCES__STRIPE__API_URL": stripe.url,
        **more,
    }
    async with Program(settings).running() as running:
        stripe.events_to = (f"{running.program.url}/webhooks/stripe", SECRET)
        await stripe.tell("customer.created", stripe.customers["cus_1"], ago=DAY)
        await stripe.tell("customer.subscription.created", stripe.subscriptions["sub_1"], ago=DAY)
        yield running


def told(name: str, **fields: object) -> dict[str, Any]:
    """The object of an event of Stripe's, about our customer and subscription."""
    event = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    shape = event["data"]["object"]
    parent = shape.get("parent") or {}
    if "subscription_details" in parent:
        parent["subscription_details"]["subscription"] = "sub_1"
    if "customer" in shape:
        shape["customer"] = "cus_1"
    return {**shape, **fields}


async def decided_now(running: Running, folder: Path, count: int) -> list[str]:
    """Let the minutes pass that a decision takes; returns what was decided."""
    await running.note("event_understood", count)
    with closing(sqlite3.connect(folder / "letterkey.db", timeout=10)) as database:
        database.execute("UPDATE announcements SET due_at = 0 WHERE settled_at IS NULL")
        database.commit()
    await running.note("announcement_decided", count - 2)
    return [note["outcome"] for note in running.notes("announcement_decided")]


def mail_of(sink: Sink, address: str, subject: str) -> EmailMessage:
    (only,) = [mail.message() for mail in sink.mails_to(address) if str(mail.message()["Subject"]).startswith(subject)]
    return only


async def test_what_is_coming_failed_or_ends_is_mailed_and_leads_to_the_purchases(
    stripe: StripeApi, tmp_path: Path, sink: Sink
) -> None:
    now = int(time.time())
    month = time.gmtime(now + 10 * DAY)
    async with shop(tmp_path, sink, stripe) as running:
        pay = "https://invoice.stripe.com/i/acct_1/live_1"
        again = now + 3 * DAY
        failed = told("invoice.payment_failed", hosted_invoice_url=pay, next_payment_attempt=again)
        await stripe.tell("invoice.payment_failed", failed)
        coming = told("invoice.upcoming", period_end=now + 7 * DAY, next_payment_attempt=now + 7 * DAY)
        await stripe.tell("invoice.upcoming", coming)
        card = told("customer.source.expiring", exp_month=month.tm_mon, exp_year=month.tm_year)
        await stripe.tell("customer.source.expiring", card)
        assert await decided_now(running, tmp_path, 5) == ["mailed"] * 3
        for subject in ("Your payment at Shop didn", "Your next payment at Shop", "Your card at Shop expires"):
            await mail_about(sink, ADA, subject)
        text = text_of(mail_of(sink, ADA, "Your payment at Shop didn"))
        assert pay in text
        assert "Tried again on:" in text
        assert "€58.31" in text_of(mail_of(sink, ADA, "Your next payment"))
        assert "4242" in text_of(mail_of(sink, ADA, "Your card"))
        async with customer() as hub:
            await press(hub, found(r"^(http\S+/updateinfo/\?r=\S+)\s*$", mail_of(sink, ADA, "Your next payment")))
            await mail_about(sink, ADA, "Your purchases at Shop: your link")
            link = found(r"^(http\S+/access/\S+)\s*$", mail_of(sink, ADA, "Your purchases at Shop"))
            await press(hub, link)
            async with hub.get(f"{running.program.url}/hub/subscriptions") as page:
                assert f'href="{pay}"' in await page.text()
        code, shown, _ = await running.program.command("events", "list")
        (failed_id,) = re.findall(r"(\w{26})  stripe  invoice.payment_failed", shown)
        code, shown, _ = await running.program.command("events", "show", failed_id)
        assert (code, "Announced payment failed: mailed to the customer" in shown) == (0, True)
        assert await running.stop() == 0


async def test_a_dispute_is_told_to_the_merchant_alone(stripe: StripeApi, tmp_path: Path, sink: Sink) -> None:
    async with shop(tmp_path, sink, stripe) as running:
        await stripe.tell("charge.dispute.created", told("charge.dispute.created"))
        assert await decided_now(running, tmp_path, 3) == ["merchant_told"]
        with closing(sqlite3.connect(tmp_path / "letterkey.db", timeout=10)) as database:
            database.execute("UPDATE outbox SET due_at = 0 WHERE kind = 'alert'")
            database.commit()
        await mail_about(sink, SUPPORT, "Shop: 1 payment is disputed")
        text = text_of(mail_of(sink, SUPPORT, "Shop: 1 payment is disputed"))
        assert "€49.00" in text
        assert "https://dashboard.stripe.com/disputes/dp_1SVdispute" in text.replace("\n", "")
        assert await running.stop() == 0
    assert subjects(sink, ADA) == []


async def test_what_is_switched_off_is_not_mailed(stripe: StripeApi, tmp_path: Path, sink: Sink) -> None:
    async with shop(tmp_path, sink, stripe, LETTERKEY_SOURCES__STRIPE__DUNNING="off") as running:
        await stripe.tell("invoice.payment_failed", told("invoice.payment_failed"))
        assert await decided_now(running, tmp_path, 3) == ["off"]
        assert await running.stop() == 0
    assert subjects(sink, ADA) == []


async def test_what_is_paid_while_the_relay_is_away_is_not_asked_for(
    stripe: StripeApi, tmp_path: Path, sink: Sink
) -> None:
    nobody = f"smtp://127.0.0.1:{free_port()}"
    async with shop(tmp_path, sink, stripe, LETTERKEY_MAIL__SMTP_URL=nobody) as running:
        await stripe.tell("invoice.payment_failed", told("invoice.payment_failed"), ago=60)
        assert await decided_now(running, tmp_path, 3) == ["mailed"]
        await running.note("relay_unreachable", 1)
        paid = told("invoice.paid")
        paid["status_transitions"]["paid_at"] = int(time.time())
        await stripe.tell("invoice.paid", paid)
        await running.note("event_understood", 4)
        assert await running.stop() == 0
    async with shop(tmp_path, sink, stripe) as running:
        assert (await running.note("announcement_decided", 1))["outcome"] == "paid"
        await mail_about(sink, ADA, "Shop: your receipt")
        code, shown, _ = await running.program.command("events", "list")
        (failed_id,) = re.findall(r"(\w{26})  stripe  invoice.payment_failed", shown)
        code, shown, _ = await running.program.command("events", "show", failed_id)
        assert (code, "Announced payment failed: no mail: it was paid since" in shown) == (0, True)
        assert await running.stop() == 0
    assert all("didn" not in subject for subject in subjects(sink, ADA))
