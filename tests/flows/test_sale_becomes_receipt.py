"""A sale becomes a receipt, told in each of the four ways, by the real program into a real relay, on both databases."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

import aiohttp
import pytest

from sources.goldens import body_of
from support.program import PATIENCE, Program, Running
from support.sales import sale
from support.sink import MakeSink, Sink, SinkRules

STRIPE_SECRET = "whsec_of_the_test"
THRIVECART_SECRET = "WORD0OF0THE0TEST"


@asynccontextmanager
async def shop(sink: Sink, state_dir: Path, store_url: str, **more: str) -> AsyncIterator[Running]:
    """The running program of a shop that sells through both providers and a cart of its own."""
    settings = {
        "LETTERKEY_STATE_DIR": str(state_dir),
        "LETTERKEY_DATABASE_URL": store_url,
        "LETTERKEY_SECRET_KEYS": "secret-key-of-the-shop-0123456789",
        "LETTERKEY_MAIL__FROM": "Harbour & Pine <shop@example.org>",
        "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@example.org",
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "LETTERKEY_BUSINESS__NAME": "Harbour & Pine",
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
        "LETTERKEY_INVOICES__PREFIX": "HP-",
        "LETTERKEY_INVOICES__START": "100",
        "LETTERKEY_RECEIPTS__RECURRING": "true",
        "LETTERKEY_SOURCES__STRIPE__SECRETS": STRIPE_SECRET,
        "LETTERKEY_SOURCES__THRIVECART__SECRETS": THRIVECART_SECRET,
        "LETTERKEY_SOURCES__THRIVECART__PATH_SECRET": "path-secret-of-the-shop",
    }
    async with Program(settings | more).running() as running:
        yield running
        assert await running.stop() == 0, running.journal


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def said(running: Running, *words: str) -> str:
    """What a command prints beside the running program."""
    code, out, err = await running.program.command(*words)
    assert code == 0, out + err
    return out


async def until_said(running: Running, wanted: str, *words: str) -> str:
    """The same, as soon as it says what is wanted."""
    out = ""
    try:
        async with asyncio.timeout(PATIENCE):
            while wanted not in out:
                out = await said(running, *words)
    except TimeoutError:
        raise AssertionError(f"{wanted!r} never came: {out}") from None
    return out


async def post(running: Running, path: str, body: bytes, headers: dict[str, str]) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(running.program.url + path, data=body, headers=headers) as answer,
    ):
        return answer.status


async def post_stripe(running: Running, name: str, secret: str = STRIPE_SECRET, age: int = 0) -> int:
    body, at = body_of("stripe", name), int(time.time()) - age
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return await post(running, "/webhooks/stripe", body, {"Stripe-Signature": f"t={at},v1={mac}"})


def with_our_secret(form: bytes) -> bytes:
    return b"&".join(
        b"thrivecart_secret=" + THRIVECART_SECRET.encode() if field.startswith(b"thrivecart_secret=") else field
        for field in form.split(b"&")
    )


async def test_told_by_the_api(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with shop(sink, tmp_path, store_url) as running:
        assert await running.tell([sale(1)]) == ["T-1"]
        [mail] = await sink.wait_for(1)
        assert await running.tell([sale(1)]) == []  # told again: a duplicate
        assert await running.tell([sale(2, receipt_style="simple")]) == ["T-2"]
        _, simple = await sink.wait_for(2)
    begun = [json.loads(line) for line in running.journal]
    assert [line["what"] for line in begun[:2]] == ["started", "listening"]
    assert running.program.url.endswith(begun[1]["hub"])
    message, text = mail.message(), text_of(mail.message())
    assert mail.recipients == ("buyer1@example.com",)
    assert "€58.31" in message["Subject"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Reply-To"].addresses[0].addr_spec == "access@example.org"
    assert "Invoice HP-100" in text
    assert "/updateinfo/?r=" in text
    assert "reply to this mail" in text
    assert "€58.31" in text_of(simple.message())
    assert "updateinfo" not in simple.raw.decode().replace("=\r\n", "")


async def test_told_on_the_command_line(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with shop(sink, tmp_path, store_url) as running:
        lines = [json.dumps(sale(1)), "{broken", json.dumps(sale(1)), json.dumps(sale(1, total=1)), json.dumps(sale(2))]
        code, out, _ = await running.program.command("enqueue", "-", given="\n".join(lines).encode())
        mails = await sink.wait_for(2)
        code_of_status, status, _ = await running.program.command("status", "--json")
    assert code == 1, "a broken line and a conflict are reported"
    assert out.count("accepted") >= 2
    assert "duplicate" in out
    assert {mail.recipients[0] for mail in mails} == {"buyer1@example.com", "buyer2@example.com"}
    assert code_of_status == 0
    assert json.loads(status)["outbox"]["sent"] == 2


async def test_told_by_stripe(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with shop(sink, tmp_path, store_url) as running:
        assert await post_stripe(running, "invoice.paid.json", secret="whsec_of_somebody_else") in (400, 401)
        assert await post_stripe(running, "invoice.paid.json", age=600) in (400, 401)
        assert await post_stripe(running, "invoice.paid.json") == 200
        assert await post_stripe(running, "invoice.paid.json") == 200  # Stripe repeats itself
        assert await post_stripe(running, "invoice.payment_succeeded.json") == 200  # and says it in two ways
        [mail] = await sink.wait_for(1)
        await running.tell([sale(7)])  # what follows is sent after what came before
        assert len(await sink.wait_for(2)) == 2
    told = json.loads(body_of("stripe", "invoice.paid.json"))["data"]["object"]
    text = text_of(mail.message())
    assert mail.recipients == (told["customer_email"],)
    assert told["number"] in text
    assert told["hosted_invoice_url"].split("?")[0] in text
    assert "HP-" not in text, "the provider invoices: no number of ours"


async def test_the_merchant_says_who_invoices(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with shop(sink, tmp_path, store_url, LETTERKEY_SOURCES__STRIPE__ISSUER="us") as running:
        assert await post_stripe(running, "invoice.paid.json") == 200
        [mail] = await sink.wait_for(1)
    told = json.loads(body_of("stripe", "invoice.paid.json"))["data"]["object"]
    text = text_of(mail.message())
    assert "Invoice HP-100" in text
    assert told["number"] not in text, "one invoice for one sale"


@pytest.mark.waits
async def test_a_charge_waits_for_its_customers_address(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with shop(sink, tmp_path, store_url) as running:
        samples = Path(__file__).parents[2] / "data/samples/stripe"
        for file in ("2-charge.succeeded.json", "3-customer.updated.json"):
            body, at = (samples / file).read_bytes(), int(time.time())
            mac = hmac.new(STRIPE_SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
            assert await post(running, "/webhooks/stripe", body, {"Stripe-Signature": f"t={at},v1={mac}"}) == 200
        email = json.loads(body)["data"]["object"]["email"]
        [mail] = await sink.wait_for(1, timeout=60)  # a bare charge waits 30 s for its richer event
    assert mail.recipients == (email,)


async def test_told_by_thrivecart(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with shop(sink, tmp_path, store_url) as running:
        path = "/webhooks/thrivecart/path-secret-of-the-shop"
        form = with_our_secret(body_of("thrivecart", "order.success.form"))
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        async with aiohttp.ClientSession() as session, session.head(running.program.url + path) as answer:
            assert answer.status == 200
        assert await post(running, "/webhooks/thrivecart/wrong", form, headers) == 404
        assert await post(running, path, body_of("thrivecart", "order.success.form"), headers) in (400, 401)
        assert await post(running, path, form, headers) == 200
        [mail] = await sink.wait_for(1)
    assert "HP-" not in text_of(mail.message())


async def test_the_document_link_opens_the_invoice(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with shop(sink, tmp_path, store_url) as running:
        await running.tell([sale(1)])
        [mail] = await sink.wait_for(1)
        url = next(line for line in text_of(mail.message()).splitlines() if "/documents/" in line)
        async with aiohttp.ClientSession() as session, session.get(url.strip()) as answer:
            page = await answer.text()
            assert answer.status == 200
            assert answer.headers["Cache-Control"] == "private, no-store"
        async with aiohttp.ClientSession() as session, session.get(url.strip()[:-1] + "!") as answer:
            assert answer.status == 404
    assert "HP-100" in page
    assert "58.31" in page


async def test_a_refused_address_is_seen_and_mended(make_sink: MakeSink, tmp_path: Path, store_url: str) -> None:
    sink = await make_sink(SinkRules(unknown=("buyer1@exmaple.com",)))
    async with shop(sink, tmp_path, store_url) as running:
        await running.tell([sale(1, customer={"email": "buyer1@exmaple.com", "name": "Ada L."})])
        refused = await until_said(running, "refused: 550 5.1.1 no such mailbox here", "mails", "buyer1@exmaple.com")
        assert "Receipt HP-100 for €58.31, to buyer1@exmaple.com" in refused
        assert "letterkey customer fix-email buyer1@exmaple.com NEW" in refused
        assert "Alert: mails failed, to help@example.org" in await said(running, "mails", "help@example.org")

        mended = await said(running, "customer", "fix-email", "buyer1@exmaple.com", "buyer1@example.com")
        assert "1 mail that had failed will be sent again" in mended
        [mail] = await sink.wait_for(1)
        await until_said(running, "accepted by the relay: 250 2.0.0 kept", "mails", "buyer1@example.com")
        assert "Invoice         HP-100, " in await said(running, "customer", "show", "buyer1@example.com")

        await running.tell([sale(2, customer={"email": "buyer1@exmaple.com"})])  # the shop goes on mistyping it
        _, later = await sink.wait_for(2)
    assert mail.recipients == later.recipients == ("buyer1@example.com",)
    assert "Invoice HP-100" in text_of(mail.message())


@pytest.mark.waits
async def test_the_merchant_hears_of_mails_that_failed(make_sink: MakeSink, tmp_path: Path) -> None:
    sink = await make_sink(SinkRules(unknown=("buyer1@example.com", "buyer2@example.com")))
    database = f"sqlite:///{tmp_path / 'letterkey.db'}"
    async with shop(sink, tmp_path, database, LETTERKEY_ALERTS__TO="boss@example.org") as running:
        await running.tell([sale(1), sale(2)])
        [alert] = await sink.wait_for(1, timeout=90)  # a minute after the first, so that it tells of the whole wave
    assert alert.recipients == ("boss@example.org",)
    text = text_of(alert.message())
    assert "buyer1@example.com" in text
    assert "buyer2@example.com" in text
    assert "letterkey customer fix-email" in text
