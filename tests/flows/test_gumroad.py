"""Gumroad as its documentation page connects it: the settings, a ping that becomes a receipt, an end, the history."""

import tomllib
from pathlib import Path

from flows.test_sale_becomes_receipt import until_said
from support.gumroad_api import SELLER, TOKEN, running_gumroad_api
from support.program import Program
from support.sink import Sink

MEMBERSHIP = {"subscription_id": "GDzW4_aBdQc-o7Gbjng7lw==", "recurrence": "monthly"}
ENDED = {
    **MEMBERSHIP, "resource_name": "subscription_ended", "user_email": "c1@example.com", "user_id": "555032150281",
    "ended_at": "2026-12-22T10:00:00Z", "ended_reason": "cancelled",
}  # fmt: skip


async def test_connected_by_the_page_pings_become_receipts(sink: Sink, tmp_path: Path) -> None:
    file, secret, token = (tmp_path / name for name in ("letterkey.toml", "seller", "token"))
    file.write_text('base_url = "https://purchases.shop.example"\n')
    secret.write_text(SELLER)
    token.write_text(TOKEN)
    means = {
        "LETTERKEY_STATE_DIR": str(tmp_path),
        "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
        "LETTERKEY_BASE_URL": "http://127.0.0.1:8080",
    }
    said = ("--secret-file", str(secret), "--api-key-file", str(token), "--no-wait", "--config", str(file))
    code, out, err = await Program(means).command("connect", "gumroad", *said)
    assert code == 0, out + err
    account = tomllib.loads(file.read_text())["sources"]["gumroad"]
    assert (account["secrets"], account["api_key"], account["issuer"]) == ([SELLER], TOKEN, "provider")
    async with running_gumroad_api() as api:
        program = Program({**means, "LETTERKEY_SOURCES__GUMROAD__API_URL": api.url})
        sale = api.sale(1, created_at="2026-11-22T18:48:00Z")
        async with program.running("--config", str(file)) as running:
            address = f"{program.url}/webhooks/gumroad/{account['path_secret']}"
            assert await api.post(f"{program.url}/webhooks/gumroad", api.pinged(sale)) == 404
            assert await api.post(address, api.pinged(sale, seller_id="another")) == 400
            assert await api.post(address, api.pinged(sale, **MEMBERSHIP)) == 200
            await sink.wait_for(1)
            assert await api.post(address, ENDED) == 200
            api.trouble = [500]
            assert await api.post(address, api.pinged(sale, "refund", refunded=False)) == 200
            await until_said(running, "doesn't say how much; asked for it: Gumroad answers 500", "events", "list")
            sale |= {"partially_refunded": True, "amount_refundable_in_currency": "19.50"}
            assert await api.post(address, api.pinged(sale, "refund", refunded=False, sent="again")) == 200
            await sink.wait_for(2)
            assert await running.stop() == 0
    mails = [mail.message().as_string().replace("=24", "$") for mail in sink.mails]
    assert ["$29.00" in mails[0], "$9.50" in mails[1]] == [True, True]


async def test_the_history_comes_in_by_the_real_program(tmp_path: Path) -> None:
    async with running_gumroad_api() as api:
        for number in range(12):
            api.sale(number)
        api.sale(12, refunded=True)
        program = Program(
            {
                "LETTERKEY_STATE_DIR": str(tmp_path),
                "LETTERKEY_SOURCES__GUMROAD__SECRETS": SELLER,
                "LETTERKEY_SOURCES__GUMROAD__PATH_SECRET": "long-and-random",
                "LETTERKEY_SOURCES__GUMROAD__API_KEY": TOKEN,
                "LETTERKEY_SOURCES__GUMROAD__API_URL": api.url,
            }
        )
        code, out, err = await program.command("import", "gumroad")
        assert (code, "14 are new" in out) == (0, True), out + err
