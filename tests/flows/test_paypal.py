"""PayPal's webhooks on a real socket, its API beside them: payment to receipt, who it was, and the history."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from flows.hub import Visitor, server_on, visiting
from sources.goldens import body_of
from support.databases import Database
from support.desk import Desk
from support.noted import Noted
from support.paypal_api import KEY, PayPalApi, reported, running_paypal_api
from support.paypal_chain import CERTIFICATE_URL, ISSUER_URL, NOW, WEBHOOK_ID, pem, root
from support.program import Program
from worker.actions.ask_provider import ActionPolicy, Wish, ask_provider
from worker.actions.record_call import Hearing, record_call
from worker.asking.logins import Logins
from worker.clock import Clock
from worker.core.instant import DAY, SECOND, iso
from worker.core.open_action import ActionState
from worker.core.provider_action import Verb
from worker.core.transaction import Kind
from worker.exit.action_asking import ask, gather
from worker.intake.events import KeptEvents, understand_events
from worker.intake.inquiries import Asked, Inquirer, LateAddresses
from worker.net.web_call import calling
from worker.sources import ACTINGS, LOOKUPS, SOURCES
from worker.sources.account import Account
from worker.sources.paypal import trusting
from worker.sources.ways import Reach, Ways
from worker.store import provider_actions, subscriptions
from worker.store.engine import Tx
from worker.store.outbox import OutboxItem
from worker.store.provider_actions import ActionRow

PATH = "a-path-that-nobody-guesses"
CAPTURE = body_of("paypal", "PAYMENT.CAPTURE.COMPLETED.json")
READERS = {**SOURCES, "paypal": trusting(pem(root()))}


@dataclass(eq=False)
class Shop:
    """A shop that PayPal tells of its sales."""

    visitor: Visitor
    api: PayPalApi
    desk: Desk
    fetched: list[str] = field(default_factory=list)

    async def hears(self, name: str, **signed: str) -> int:
        """PayPal sends a golden event, which is understood."""
        return await self.hears_of(body_of("paypal", f"{name}.json"), **signed)

    async def hears_of(self, body: bytes, **signed: str) -> int:
        status = await self.api.deliver(f"{self.visitor.hub}/webhooks/paypal/{PATH}", body, **signed)
        server = self.visitor.server
        kept = KeptEvents(server.store, server.clock, server.policy, server.metrics, READERS, {}, lambda _: None)
        await understand_events(kept)
        return status

    async def receipts(self, *, after: float = 31) -> list[OutboxItem]:
        """The mails, once so many seconds have passed."""
        await self.desk.later(after)
        return await self.desk.mails("ada@example.com")

    async def asks_who_it_was(self) -> None:
        """A round of asking PayPal for what receipts wait for."""
        async with calling() as call:
            asked = Asked(LOOKUPS["paypal"], Account(KEY, self.api.url))
            desk = self.desk
            clock = Clock(desk.clock.now, lambda: 60.0, desk.new_id, desk.new_id, asyncio.sleep)
            late = LateAddresses(desk.store, clock, desk.policy, Logins(call), {"paypal": asked})
            await Inquirer(lambda: late).round(late)

    async def cancels(self, policy: ActionPolicy) -> ActionRow:
        """The customer wants the subscription to end; the action, once it was asked of PayPal."""
        desk, fresh = self.desk, self.desk.fresh
        customer = await desk.customer()

        async def wish(tx: Tx) -> ActionRow | None:
            row = await subscriptions.take(tx, "paypal", "I-BW452GLLEP1G", customer.id)
            assert row is not None
            return (await ask_provider(tx, Wish(customer.id, row, Verb.CANCEL_NOW, fresh.now), policy, fresh)).action

        asked = await desk.store.write(wish)
        assert asked is not None
        async with calling() as call:
            material = await desk.store.read(lambda tx: gather(tx, asked))
            called = await ask(Logins(call), asked, material, policy.ways, desk.clock.now)
        hearing = Hearing(policy, desk.policy)
        await desk.store.write(lambda tx: provider_actions.claim(tx, "paypal", "exit", desk.clock.now(), 1))
        await desk.store.write(lambda tx: record_call(tx, "exit", called, hearing, fresh))
        found = await desk.store.read(lambda tx: provider_actions.by_id(tx, asked.id))
        assert found is not None
        return found


@pytest.fixture
async def shop(sqlite_database: Database) -> AsyncIterator[Shop]:
    async with running_paypal_api() as api:
        account = {"paypal": {"secrets": [WEBHOOK_ID], "path_secret": PATH}}
        server = replace(server_on(sqlite_database, sources=account), sources=READERS)
        fetched: list[str] = []

        async def fetch(address: str) -> bytes | None:
            fetched.append(address)
            return await api.fetch(address)

        async with visiting(replace(server, fetch=fetch), sqlite_database) as visitor:
            yield Shop(visitor, api, Desk(sqlite_database), fetched)


async def test_an_order_becomes_one_receipt_with_its_lines(shop: Shop) -> None:
    for name in ("PAYMENT.CAPTURE.COMPLETED", "CHECKOUT.ORDER.APPROVED", "CHECKOUT.ORDER.COMPLETED"):
        assert await shop.hears(name) == 200
        assert await shop.hears(name) == 200  # PayPal repeats itself

    (_,) = await shop.receipts()
    (issued,) = shop.desk.issued

    assert issued.number == "1"
    assert shop.fetched == [CERTIFICATE_URL, ISSUER_URL]
    assert (await shop.desk.row("1AB234567A1234567", "paypal")).told.lines[0].description == "Course"


async def test_a_payment_without_an_address_waits_for_its_order(shop: Shop) -> None:
    await shop.hears("PAYMENT.CAPTURE.COMPLETED")
    assert await shop.receipts() == []
    assert await shop.desk.waiting() == {"address": 1}

    await shop.hears("CHECKOUT.ORDER.APPROVED")

    assert len(await shop.receipts(after=1)) == 1


async def test_or_is_asked_for_at_paypal(shop: Shop) -> None:
    shop.api.orders["1AB234567A1234567"] = json.loads(body_of("paypal", "CHECKOUT.ORDER.APPROVED.json"))["resource"]
    await shop.hears("PAYMENT.CAPTURE.COMPLETED")
    assert await shop.receipts() == []

    await shop.asks_who_it_was()

    assert len(await shop.receipts(after=1)) == 1
    assert [path for _, path, _ in shop.api.seen] == ["/v2/checkout/orders/1AB234567A1234567"]


async def test_the_first_payment_of_a_subscription_is_a_sale_and_the_next_a_renewal(shop: Shop) -> None:
    for name in ("PAYMENT.SALE.COMPLETED.subscription", "BILLING.SUBSCRIPTION.ACTIVATED"):
        await shop.hears(name)

    (_,) = await shop.receipts()

    assert (await shop.desk.row("I-BW452GLLEP1G:first", "paypal")).told.kind is Kind.SALE
    renewal = json.loads(body_of("paypal", "PAYMENT.SALE.COMPLETED.subscription.json"))
    renewal["id"], renewal["resource"]["id"] = "WH-2", "90021663DE681814L"
    renewal["resource"]["create_time"] = "2026-12-22T10:00:05Z"
    await shop.hears_of(json.dumps(renewal).encode())
    assert len(await shop.receipts()) == 1  # renewals bring a mail where the merchant wants that
    assert len(shop.desk.issued) == 2


async def test_a_refund_finds_its_capture(shop: Shop) -> None:
    for name in ("PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.COMPLETED", "CHECKOUT.ORDER.APPROVED"):
        await shop.hears(name)

    await shop.receipts()
    assert len(await shop.receipts()) == 2
    assert [each.number for each in shop.desk.issued] == ["1", "2"]


async def test_nothing_that_is_not_proven_is_kept(shop: Shop) -> None:
    for signed in ({"signer": "mallory"}, {"webhook_id": "5TH47159DK785634X"}):
        assert await shop.hears("PAYMENT.CAPTURE.COMPLETED", **signed) == 400
    assert await shop.visitor.rows("events_list", state=None, most=10) == []
    wrong = await shop.api.deliver(f"{shop.visitor.hub}/webhooks/paypal", CAPTURE)
    assert wrong == 404


async def test_while_the_certificate_cant_be_had_paypal_is_asked_to_send_again(
    sqlite_database: Database, noted: Noted
) -> None:
    there: dict[str, bytes] = {}

    async def fetch(address: str) -> bytes | None:
        return there.get(address)

    async with running_paypal_api() as api:
        account = {"paypal": {"secrets": [WEBHOOK_ID], "path_secret": PATH}}
        server = replace(server_on(sqlite_database, sources=account), sources=READERS, fetch=fetch)
        async with visiting(server, sqlite_database) as visitor:
            address = f"{visitor.hub}/webhooks/paypal/{PATH}"
            assert await api.deliver(address, CAPTURE) == 503
            there[CERTIFICATE_URL] = await api.fetch(CERTIFICATE_URL) or b""
            assert await api.deliver(address, CAPTURE) == 503
            there[ISSUER_URL] = await api.fetch(ISSUER_URL) or b""
            assert await api.deliver(address, CAPTURE) == 200
            there.clear()
            sqlite_database.clock.at += 2 * DAY
            assert await api.deliver(address, CAPTURE, at=NOW + timedelta(days=2)) == 200  # with the ones that it has
    assert noted.whats.count("event_refused") == 2


async def test_a_cancel_is_done_at_paypal_and_told_by_its_word(shop: Shop) -> None:
    await shop.hears("BILLING.SUBSCRIPTION.ACTIVATED")
    await shop.receipts()
    shop.api.subscription(json.loads(body_of("paypal", "BILLING.SUBSCRIPTION.ACTIVATED.json"))["resource"])
    account = Account(KEY, shop.api.url)
    policy = ActionPolicy(
        Ways({"paypal": Reach(ACTINGS["paypal"], account)}), ("merchant@shop.example",), "shop.example"
    )

    done = await shop.cancels(policy)

    assert done.state is ActionState.DONE
    assert shop.api.subscriptions["I-BW452GLLEP1G"]["status"] == "CANCELLED"
    assert [each.kind for each in await shop.receipts(after=1)] == ["receipt", "cancel_done"]
    cancelled = shop.api.event_of("I-BW452GLLEP1G", "BILLING.SUBSCRIPTION.CANCELLED", "WH-9")
    assert await shop.hears_of(cancelled) == 200
    assert len(await shop.receipts(after=1)) == 2  # told once, whoever says it first


async def test_the_history_comes_in_by_the_real_program(tmp_path: Path) -> None:
    now = 1_795_373_280
    async with running_paypal_api() as api:
        api.now = iso(now * SECOND)
        api.report = [reported(number, iso((now - number * 40 * 86_400 - 1) * SECOND)) for number in range(4)]
        api.report.append(
            reported(9, iso((now - 3600) * SECOND), "-10.00", transaction_event_code="T1107",
                     paypal_reference_id="01A34567BC123456S", paypal_reference_id_type="TXN")
        )  # fmt: skip
        program = Program(
            {
                "LETTERKEY_STATE_DIR": str(tmp_path),
                "LETTERKEY_SOURCES__PAYPAL__SECRETS": WEBHOOK_ID,
                "LETTERKEY_SOURCES__PAYPAL__API_KEY": KEY,
                "LETTERKEY_SOURCES__PAYPAL__API_URL": api.url,
            }
        )
        code, out, err = await program.command("import", "paypal")
        assert (code, "5 are new" in out) == (0, True), out + err
        assert api.logins == 1
