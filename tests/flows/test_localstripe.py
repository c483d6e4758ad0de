"""Against localstripe, a stand-in for Stripe that others wrote: its webhooks bring receipts, its API a history."""

import random
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from support.localstripe import API_KEY, Localstripe, running_localstripe
from support.pressing import cancel_the_only_one, mail_about
from support.program import Program
from support.sink import Sink
from worker import clock
from worker.core.provider_action import Verb
from worker.core.transaction import Customer, Transaction
from worker.net.web_call import Answer, calling
from worker.sources import ACTINGS
from worker.sources.account import Account
from worker.sources.acting import Asked, Done, Returned
from worker.store import imports, outbox_counts, purchases, transactions
from worker.store.customers import by_email
from worker.store.engine import Store
from worker.store.opening import open_store

SECRET = "whsec_of_localstripe"
CUSTOMERS = 12


@pytest.fixture
async def stripe() -> AsyncIterator[Localstripe]:
    async with running_localstripe() as server:
        yield server


def shop(folder: Path, store_url: str, sink: Sink, stripe: Localstripe, **more: str) -> Program:
    return Program(
        {
            "LETTERKEY_STATE_DIR": str(folder),
            "LETTERKEY_DATABASE_URL": store_url,
            "LETTERKEY_SECRET_KEYS": "secret-key-of-the-shop-0123456789",
            "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
            "LETTERKEY_MAIL__SMTP_URL": sink.url,
            "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
            "LETTERKEY_RECEIPTS__RECURRING": "true",
            "LETTERKEY_SOURCES__STRIPE__SECRETS": SECRET,
            "LETTERKEY_SOURCES__STRIPE__API_KEY": API_KEY,
            "LETTERKEY_SOURCES__STRIPE__API_URL": stripe.url,
            **more,
        }
    )


async def sell(stripe: Localstripe) -> None:
    """A history: each customer bought once, some have a subscription, some got money back, some ended it."""
    await stripe.make("plans", id="pro", amount=4900, currency="eur", interval="month", product={"name": "Pro"})
    for number in range(CUSTOMERS):
        customer = await stripe.customer(f"c{number}@example.com", f"Customer {number}")
        charge = await stripe.make("charges", customer=customer, amount=1000 + number, currency="usd")
        if number % 3 == 0:
            await stripe.make("refunds", charge=charge["id"], amount=300)
            await stripe.make("refunds", charge=charge["id"], amount=200)
        if number % 2 == 0:
            plan = await stripe.make("subscriptions", customer=customer, items=[{"plan": "pro"}])
            if number % 4 == 0:
                await stripe.end(f"subscriptions/{plan['id']}")


async def shown(store: Store) -> dict[str, list[tuple[str, int]]]:
    """What the hub shows of each customer: documents (sorted, for they lie within one second), kind and total."""
    found = {}
    for number in range(CUSTOMERS):
        customer = await store.read(lambda tx: by_email(tx, f"c{number}@example.com"))  # noqa: B023
        assert customer is not None
        listed = await store.read(lambda tx: purchases.newest(tx, customer.id, 99))  # noqa: B023
        found[customer.email or ""] = sorted((each.entry.kind.value, each.entry.total) for each in listed)
    return found


def expected() -> dict[str, list[tuple[str, int]]]:
    def of(number: int) -> list[tuple[str, int]]:
        documents = [("receipt", 1000 + number)]
        documents += [("refund_receipt", 300), ("refund_receipt", 200)] if number % 3 == 0 else []
        documents += [("receipt", 4900)] if number % 2 == 0 else []
        return sorted(documents)

    return {f"c{number}@example.com": of(number) for number in range(CUSTOMERS)}


async def test_a_subscription_made_there_becomes_a_receipt_here(
    stripe: Localstripe, tmp_path: Path, store_url: str, sink: Sink
) -> None:
    async with shop(tmp_path, store_url, sink, stripe).running() as running:
        await stripe.send_events_to(f"{running.program.url}/webhooks/stripe", SECRET)
        await stripe.subscribe("ada@example.com")
        (mail,) = await sink.wait_for(1)
        assert mail.recipients == ("ada@example.com",)
        assert "€49.00" in mail.message().as_string() or "49.00" in str(mail.message()["Subject"])
        # What its webhooks told is known to an import, and brings nothing more.
        code, out, err = await running.program.command("import", "stripe")
        assert code == 0, out + err
        assert await running.stop() == 0
        assert len(sink.mails) == 1


async def test_its_history_is_imported_and_nothing_goes_out(
    stripe: Localstripe, tmp_path: Path, store_url: str, sink: Sink
) -> None:
    await sell(stripe)
    program = shop(tmp_path, store_url, sink, stripe)
    code, out, err = await program.command("import", "stripe", "--dry-run")
    assert (code, "dry run" in out) == (0, True), out + err
    told = re.search(r"(\d+) would be new", out)
    assert told is not None
    code, out, err = await program.command("import", "stripe")
    assert (code, f"{told[1]} are new" in out) == (0, True), out + err
    async with program.running() as running:
        code, again, err = await program.command("import", "stripe")
        assert (code, " 0 are new" in again, f"{told[1]} were known" in again) == (0, True, True), again + err
        assert await running.stop() == 0
    assert len(sink.mails) == 0
    store = await open_store(store_url, clock.now)
    try:
        assert await shown(store) == expected()
        assert sum((await store.read(outbox_counts.counts)).values()) == 0
        assert await store.read(transactions.waiting_counts) == {}
    finally:
        await store.close()


async def test_killed_over_and_over_it_comes_to_the_same_end(
    stripe: Localstripe, tmp_path: Path, store_url: str, sink: Sink
) -> None:
    await sell(stripe)
    chance = random.Random(5)
    program = shop(tmp_path, store_url, sink, stripe)
    assert (await program.command("migrate"))[0] == 0
    for _ in range(12):
        await program.killed_after(chance.uniform(0.3, 1.6), "import", "stripe")
    code, out, err = await program.command("import", "stripe")
    assert code == 0, out + err
    store = await open_store(store_url, clock.now)
    try:
        assert await shown(store) == expected()
        done = await store.read(lambda tx: imports.of(tx, "stripe"))
        assert done is not None
        assert done.finished_at is not None
    finally:
        await store.close()


async def test_a_key_that_stripe_does_not_know_ends_it_in_plain_words(
    stripe: Localstripe, tmp_path: Path, sink: Sink
) -> None:
    url = f"sqlite:///{tmp_path / 'letterkey.db'}"
    program = shop(tmp_path, url, sink, stripe, LETTERKEY_SOURCES__STRIPE__API_KEY="nothing")
    code, out, err = await program.command("import", "stripe")
    assert (code, out) == (1, "")
    assert "Stripe doesn't know this key" in err
    assert "sources.stripe.api_key" in err
    assert "nothing" not in err


async def test_a_cancel_pressed_in_the_hub_ends_it_there(stripe: Localstripe, tmp_path: Path, sink: Sink) -> None:
    """And the customer is told by its word. In Chromium, on both databases: tests/browser/test_cancel_at_stripe.py."""
    access = {"LETTERKEY_MAIL__ACCESS_ADDRESS": "access@example.org"}
    program = shop(tmp_path, f"sqlite:///{tmp_path / 'letterkey.db'}", sink, stripe, **access)
    async with program.running() as running:
        await stripe.send_events_to(f"{program.url}/webhooks/stripe", SECRET)
        subscription = await stripe.subscribe("ada@example.com")
        await sink.wait_for(1)
        await cancel_the_only_one(program.url, "ada@example.com", sink, 1)
        await mail_about(sink, "ada@example.com", "Cancelled")
        there = await stripe.get(f"subscriptions/{subscription}")
        assert there["cancel_at_period_end"] is True or there["status"] == "canceled"
        assert sink.mails_to("help@example.org") == []
        assert await running.stop() == 0


async def test_what_it_is_asked_to_do_it_does(stripe: Localstripe) -> None:
    """Cancel, change a customer, say who one is: by the requests that a run makes, and told by what it answers."""
    subscription = await stripe.subscribe("ada@example.com")
    customer = str((await stripe.get(f"subscriptions/{subscription}"))["customer"])
    ada = Customer(name="Ada Lovelace", email="ada@example.org")
    whole = Asked(Verb.UPDATE_CUSTOMER, "key-1", subscription, customer, details=ada)
    changed = await asked(stripe, whole)
    assert (changed.customer.name, changed.customer.email) == (ada.name, ada.email)
    ending = await asked(stripe, replace(whole, verb=Verb.CANCEL_AT_PERIOD_END, key="key-2"))
    assert (await stripe.get(f"subscriptions/{subscription}"))["cancel_at_period_end"] is True
    assert ending.subscription is not None
    assert ending.subscription.cancel_at == ending.subscription.next_payment_at is not None
    ended = await asked(stripe, replace(whole, verb=Verb.CANCEL_NOW, key="key-3"))
    assert (await stripe.get(f"subscriptions/{subscription}"))["status"] == "canceled"
    assert ended.subscription is not None
    assert ended.subscription.status == "cancelled"


async def asked(stripe: Localstripe, asked: Asked) -> Transaction:
    """What Stripe's answer tells."""
    account, acting = Account(API_KEY, stripe.url), ACTINGS["stripe"]
    async with calling() as call:
        answer = await call(acting.ask(account, asked))
    assert isinstance(answer, Answer), answer
    replied = acting.read(account, asked, Returned(answer, 0, clock.now()))
    assert isinstance(replied, Done), replied
    (told,) = replied.told
    return told
