"""What customers change, walked in Chromium on the running program: details, the email address, a subscription.

Each walk goes through the mails that really come: to the customer, to the old and the new address, to the merchant.
"""

import asyncio
import re
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.async_api import Page

from support.browsers import chrome, found, text_of, visitor
from support.ports import free_port
from support.program import Program, Running
from support.sales import sale
from support.sink import Sink

pytestmark = pytest.mark.browser
BUYER, NEW, SUPPORT = "buyer7@example.com", "ada.new@example.net", "help@example.org"
PLAN = {"ref": "S-7", "interval": "month", "next_payment_at": "2099-12-22T18:48:00Z", "next_amount": 5831}
LINK = r"^(http\S+/access/\S+)\s*$"


@pytest.fixture
def smtp_port() -> int:
    return free_port()


@pytest.fixture
async def shop(sink: Sink, tmp_path: Path, store_url: str, smtp_port: int) -> AsyncIterator[Running]:
    """A shop with a mail door that sold one subscription, and its receipt is in the sink."""
    settings = {
        "LETTERKEY_STATE_DIR": str(tmp_path),
        "LETTERKEY_DATABASE_URL": store_url,
        "LETTERKEY_SECRET_KEYS": "secret-key-of-the-shop-0123456789",
        "LETTERKEY_MAIL__FROM": "Harbour & Pine <shop@example.org>",
        "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@example.org",
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{smtp_port}",
        "LETTERKEY_BUSINESS__NAME": "Harbour & Pine",
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": SUPPORT,
        "LETTERKEY_LIMITS__PER_MINUTE": "10",
    }
    async with Program(settings).running() as running:
        await running.tell([sale(7, subscription=PLAN)])
        await sink.wait_for(1)
        yield running


async def mail_to(sink: Sink, address: str, subject: str) -> EmailMessage:
    """The first mail to that address whose subject begins so, once it is there."""
    while True:
        count = len(sink.mails)
        for mail in sink.mails_to(address):
            if str(mail.message()["Subject"]).startswith(subject):
                return mail.message()
        await sink.wait_for(count + 1)


def bring(port: int, mail: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as session:
        session.sendmail(str(mail["From"]), [str(mail["To"])], mail.as_bytes(policy=mail.policy.clone(linesep="\r\n")))


async def come_in(shop: Running, sink: Sink, page: Page) -> None:
    await page.goto(f"{shop.program.url}/updateinfo/")
    await page.fill("#email", BUYER)
    await page.get_by_role("button", name="Mail me the link").click()
    await page.goto(found(LINK, await mail_to(sink, BUYER, "Your purchases")))
    await page.get_by_role("button", name="See my purchases").click()
    await page.wait_for_url("**/hub/")


async def test_a_reply_brings_the_link_and_people_its_words(
    shop: Running, sink: Sink, chromium: Path, smtp_port: int
) -> None:
    receipt = sink.mails[0].message()
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = BUYER, str(receipt["Reply-To"]), f"Re: {receipt['Subject']}"
    reply["Message-ID"], reply["In-Reply-To"] = "<r1@mail.example.com>", str(receipt["Message-ID"])
    reply.set_content("I moved. Can you change the address on my receipts?\n")
    await asyncio.to_thread(bring, smtp_port, reply)

    forwarded = await mail_to(sink, SUPPORT, "[sender not verified]")
    assert "I moved" in text_of(forwarded)
    assert str(forwarded["Reply-To"]) == BUYER
    async with chrome(chromium) as browser:
        page = await visitor(browser, [])
        answer = await mail_to(sink, BUYER, "Your purchases")
        assert answer["In-Reply-To"] == "<r1@mail.example.com>"
        assert answer["Auto-Submitted"] == "auto-replied"
        await page.goto(found(LINK, answer))
        await page.get_by_role("button", name="See my purchases").click()
        await page.wait_for_url("**/hub/")
        await page.get_by_role("link", name="Your details").first.click()
        await page.fill("#line1", "Larkspur Lane 4")
        await page.fill("#city", "Leeds")
        await page.select_option("#country", "GB")
        await page.fill("#postal_code", "12")
        await page.get_by_role("button", name="Save").click()
        assert "postal code" in await page.inner_text("#postal_code-wrong")
        assert await page.input_value("#line1") == "Larkspur Lane 4"
        await page.fill("#postal_code", "LS1 1AA")
        await page.get_by_role("button", name="Save").click()
        assert "Saved" in await page.inner_text("[role=status]")

        await page.get_by_role("link", name="Overview").click()
        await page.get_by_role("link", name=re.compile("^Course")).first.click()
        await page.wait_for_url("**/hub/invoices/*")
        assert "€58.31" in await page.inner_text("table.sums")
        assert "Larkspur" not in await page.inner_text("main"), "what was issued stays as it was"


async def test_the_address_changes_by_proof_and_back_by_undo(shop: Running, sink: Sink, chromium: Path) -> None:
    async with chrome(chromium) as browser:
        page, other = await visitor(browser, []), await visitor(browser, [])
        await come_in(shop, sink, page)
        await page.goto(f"{shop.program.url}/hub/email")
        await page.fill("#email", NEW)
        await page.get_by_role("button", name="Send the mail").click()
        assert "Look into the new mailbox" in await page.inner_text("h1")
        await page.goto(f"{shop.program.url}/hub/")
        assert BUYER in await page.inner_text("main"), "nothing changes before the proof"

        await other.goto(found(r"^(http\S+/email/confirm/\S+)\s*$", await mail_to(sink, NEW, "Is this your new")))
        await other.get_by_role("button", name="Use this address").click()
        assert "Your address is changed" in await other.inner_text("h1")
        await page.goto(f"{shop.program.url}/hub/")
        assert NEW in await page.inner_text("main")

        await other.goto(found(r"^(http\S+/email/undo/\S+)\s*$", await mail_to(sink, BUYER, "Your address at")))
        await other.get_by_role("button", name="Undo it").click()
        assert "It is undone" in await other.inner_text("h1")
        await page.goto(f"{shop.program.url}/hub/")
        assert "/updateinfo/" in page.url, "everybody is signed out"


async def test_cancelling_is_received_done_by_the_merchant_and_told(shop: Running, sink: Sink, chromium: Path) -> None:
    async with chrome(chromium) as browser:
        page, merchant = await visitor(browser, []), await visitor(browser, [])
        await come_in(shop, sink, page)
        await page.get_by_role("link", name=re.compile("Cancel")).first.click()
        assert "22 December 2099" in await page.inner_text("main")
        await page.get_by_role("button", name="Cancel the subscription").click()
        assert "We received your cancellation" in await page.inner_text("h1")
        await mail_to(sink, BUYER, "We received your cancellation")
        await page.fill("#reason", "I learned it all.")
        await page.get_by_role("button", name="Send").click()
        await page.goto(f"{shop.program.url}/hub/subscriptions")
        said = await page.inner_text("main")
        assert "received" in said.lower()
        assert "Cancelled" not in said

        todo = await mail_to(sink, SUPPORT, "To do: cancel")
        await merchant.goto(found(r"^(http\S+/done/\S+)\s*$", todo))
        assert not [mail for mail in sink.mails_to(BUYER) if str(mail.message()["Subject"]).startswith("Cancelled")]
        await merchant.get_by_role("button", name="Yes, it is cancelled").click()
        assert "that is noted" in await merchant.inner_text("h1")

        told = await mail_to(sink, BUYER, "Cancelled:")
        assert "nothing more will be charged" in text_of(told)
        await page.goto(f"{shop.program.url}/hub/subscriptions")
        assert "22 December 2099" in await page.inner_text("main")
