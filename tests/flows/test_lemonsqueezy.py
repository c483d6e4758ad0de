"""Lemon Squeezy connected as its page says, by the real program and a small one: history, receipt, cancel."""

import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.lemonsqueezy_api import KEY, PERIOD_ENDS, LemonSqueezyApi, running_lemonsqueezy_api
from support.pressing import cancel_the_only_one, mail_about, subjects
from support.program import Program
from support.sink import Sink
from worker import clock
from worker.core.instant import parse
from worker.store import purchases, subscriptions
from worker.store.customers import by_email
from worker.store.opening import open_store

SECRET, ADA = "0123456789abcdef0123456789abcdef01234567", "ada@example.com"


@pytest.fixture
async def lemon() -> AsyncIterator[LemonSqueezyApi]:
    async with running_lemonsqueezy_api() as server:
        yield server


async def test_connected_as_the_page_says(lemon: LemonSqueezyApi, tmp_path: Path, sink: Sink) -> None:
    file, config = tmp_path / "letterkey.toml", ("--config", str(tmp_path / "letterkey.toml"))
    file.write_text('[mail]\nfrom = "Shop <shop@example.org>"\n[receipts]\nrecurring = true\n', encoding="utf-8")
    common = {
        "LETTERKEY_STATE_DIR": str(tmp_path),
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@example.org",
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
    }
    given = f"{SECRET}\n{KEY}\n".encode()
    code, out, err = await Program(common).command("connect", "lemonsqueezy", "--no-wait", *config, given=given)
    assert code == 0, out + err
    account = tomllib.loads(file.read_text(encoding="utf-8"))["sources"]["lemonsqueezy"]
    assert account == {"secrets": [SECRET], "api_key": KEY, "issuer": "provider"}
    page = (Path(__file__).parents[2] / "docs" / "sources" / "lemonsqueezy.md").read_text(encoding="utf-8")
    for name in ("order_created", "subscription_payment_success"):
        assert (name in out, name in page) == (True, True)

    program = Program({**common, "LETTERKEY_SOURCES__LEMONSQUEEZY__API_URL": lemon.url})
    lemon.customer("78", email="bert@example.com")
    lemon.order("9", customer_id=78, user_email="bert@example.com", refunded_amount=1000, status="partial_refund")
    code, out, err = await program.command("import", "lemonsqueezy", *config)
    assert (code, "3 are new" in out) == (0, True), out + err

    async with program.running(*config) as running:
        lemon.events_to = (f"{program.url}/webhooks/lemonsqueezy", SECRET)
        begun = [
            ("subscription_payment_success", lemon.invoice()),  # bare: it waits for its order
            ("subscription_created", lemon.subscription()),
            ("order_created", lemon.order()),
        ]
        for name, told in [*begun, *begun]:
            assert await lemon.tell(name, told) == 200
        (mail,) = await sink.wait_for(1)
        body = mail.message().get_body(("plain",))
        text = body.get_content() if body is not None else ""
        assert (mail.recipients, "Pro · Monthly" in text, "2011" in text) == ((ADA,), True, True)
        await running.note("event_understood", 3)
        await cancel_the_only_one(program.url, ADA, sink, 1)
        await mail_about(sink, ADA, "Cancelled")
        await running.note("event_understood", 4)
        assert await running.stop() == 0
    assert len([each for each in subjects(sink, ADA) if each.startswith("Cancelled")]) == 1
    await look(f"sqlite:///{tmp_path / 'letterkey.db'}")


async def look(store_url: str) -> None:
    """What the hub shows of the two: one from the history, one told by events."""
    store = await open_store(store_url, clock.now)
    try:
        bert, ada = [await store.read(lambda tx: by_email(tx, f"{name}@example.com")) for name in ("bert", "ada")]  # noqa: B023
        assert bert is not None
        assert ada is not None
        listed = [await store.read(lambda tx: purchases.newest(tx, each.id, 9)) for each in (bert, ada)]  # noqa: B023
        assert [sorted(one.entry.total for one in each) for each in listed] == [[1000, 5831], [5831]]
        [plan] = await store.read(lambda tx: subscriptions.of_customer(tx, ada.id))
    finally:
        await store.close()
    assert (plan.ref, plan.name, plan.status, plan.cancel_at) == ("301", "Pro · Monthly", "active", parse(PERIOD_ENDS))
