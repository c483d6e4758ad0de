"""A cancel in the hub at a small ThriveCart: an order's webhook brings the subscription, its API ends it."""

from pathlib import Path

import aiohttp

from sources.goldens import body_of
from support.pressing import cancel_the_only_one, mail_about, subjects
from support.program import Program
from support.sink import Sink
from support.thrivecart_api import KEY, running_thrivecart_api

SECRET, PATH_SECRET, TOVE, SUPPORT = "TEST0SECRET0WORD", "a-word-nobody-guesses", "tove@example.com", "help@example.org"


async def test_what_is_cancelled_in_the_hub_ends_at_thrivecart(tmp_path: Path, sink: Sink) -> None:
    async with running_thrivecart_api() as cart:
        cart.transaction(customer={"name": "Tove", "email": TOVE})
        subscription = cart.subscription()
        program = Program(
            {
                "LETTERKEY_STATE_DIR": str(tmp_path),
                "LETTERKEY_DATABASE_URL": f"sqlite:///{tmp_path / 'letterkey.db'}",
                "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
                "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@example.org",
                "LETTERKEY_MAIL__SMTP_URL": sink.url,
                "LETTERKEY_BUSINESS__SUPPORT_EMAIL": SUPPORT,
                "LETTERKEY_SOURCES__THRIVECART__SECRETS": SECRET,
                "LETTERKEY_SOURCES__THRIVECART__PATH_SECRET": PATH_SECRET,
                "LETTERKEY_SOURCES__THRIVECART__API_KEY": KEY,
                "LETTERKEY_SOURCES__THRIVECART__API_URL": cart.url,
            }
        )
        async with program.running() as running:
            url, order = f"{program.url}/webhooks/thrivecart/{PATH_SECRET}", body_of("thrivecart", "order.success.json")
            async with aiohttp.ClientSession() as session, session.post(url, data=order) as answer:
                assert answer.status == 200
            await sink.wait_for(1)
            await cancel_the_only_one(program.url, TOVE, sink, 1)
            await mail_about(sink, TOVE, "Cancelled")
            assert await running.stop() == 0
    assert subscription["status"] == "cancelled"
    assert [name for name, _ in cart.seen] == ["transactions", "customer", "cancelSubscription"]
    assert subjects(sink, SUPPORT) == []
