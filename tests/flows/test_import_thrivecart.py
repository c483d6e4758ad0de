"""ThriveCart's history as `letterkey import thrivecart` brings it in, from a small ThriveCart."""

from pathlib import Path

from support.program import Program
from support.thrivecart_api import KEY, running_thrivecart_api
from worker import clock
from worker.store import purchases, subscriptions
from worker.store.customers import by_email
from worker.store.opening import open_store

SOLD_AT = 1_795_373_280


async def test_orders_renewals_refunds_and_an_end_come_in_once(tmp_path: Path) -> None:
    store_url = f"sqlite:///{tmp_path / 'letterkey.db'}"
    async with running_thrivecart_api() as cart:
        cart.per_page = 3
        cart.transaction(amount=4900, timestamp=SOLD_AT)
        cart.transaction(amount=900, timestamp=SOLD_AT + 90, item_type="bump", item_name="Ink")
        for number in range(1, 4):
            paid_at = SOLD_AT + number * 30 * 86_400
            cart.transaction("rebill", timestamp=paid_at, invoice_id=f"000001382-{number}")
        cart.transaction("refund", timestamp=SOLD_AT + 91 * 86_400, amount=900)
        cart.transaction("cancel", timestamp=SOLD_AT + 92 * 86_400, amount=0)
        program = Program(
            {
                "LETTERKEY_STATE_DIR": str(tmp_path),
                "LETTERKEY_DATABASE_URL": store_url,
                "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
                "LETTERKEY_SOURCES__THRIVECART__SECRETS": "word",
                "LETTERKEY_SOURCES__THRIVECART__API_KEY": KEY,
                "LETTERKEY_SOURCES__THRIVECART__API_URL": cart.url,
            }
        )
        code, out, err = await program.command("import", "thrivecart")
        assert (code, "6 are new" in out) == (0, True), out + err
        code, again, err = await program.command("import", "thrivecart")
        assert (code, " 0 are new" in again) == (0, True), again + err
    store = await open_store(store_url, clock.now)
    try:
        customer = await store.read(lambda tx: by_email(tx, "tove@example.com"))
        assert customer is not None
        listed = await store.read(lambda tx: purchases.newest(tx, customer.id, 99))
        [plan] = await store.read(lambda tx: subscriptions.of_customer(tx, customer.id))
    finally:
        await store.close()
    assert sorted((each.entry.kind.value, each.entry.total) for each in listed) == [
        ("receipt", 4900),
        ("receipt", 4900),
        ("receipt", 4900),
        ("receipt", 5800),
        ("refund_receipt", 900),
    ]
    assert (plan.ref, plan.status, plan.amount) == ("41000556:product-12", "cancelled", 4900)
