"""What a mail asks for is the page that its link opens: shown, never done, and never anybody else's."""

import hashlib
import re
from collections.abc import AsyncIterator

import pytest

from flows.hub import Visitor, visiting
from flows.way_in import ADA, GRACE, STRANGER, Browser, buy, link_of, mails, server
from support.databases import Database
from worker.actions.receive_mail import Understood, begin_mail, keep_mail, receive_mail
from worker.core.mail_policy import MailPolicy
from worker.mail.authentication import UNKNOWN, Authentication, Result
from worker.mail.classify import Envelope, classify
from worker.mail.read import read
from worker.store import customers, purchases
from worker.store.inbox import NewMail
from worker.store.outbox import MailKind

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
PROVEN = Authentication(dmarc=Result.PASS)
PLAN = {"ref": "S-7", "interval": "month", "interval_count": 1, "status": "active", "next_amount": 5831}


@pytest.fixture
async def visitor(database: Database) -> AsyncIterator[Visitor]:
    async with visiting(server(database), database) as visitor:
        yield visitor


async def writes(
    visitor: Visitor, subject: str, text: str = "", origin: Authentication = PROVEN, sender: str = ADA
) -> None:
    """Ada, or somebody else, writes to the access address."""
    hub, store = visitor.server, visitor.database.store
    policy, fresh = MailPolicy(hub.access, None), hub.fresh()
    raw = f"From: {sender}\r\nMessage-ID: <asked@mail.example>\r\nSubject: {subject}\r\n\r\n{text}".encode()
    digest = hashlib.sha256(raw).hexdigest()
    new = NewMail(hub.clock.new_id(), fresh.now, "192.0.2.1", sender, ("access@shop.example",), raw, digest, None)
    assert await store.write(lambda tx: keep_mail(tx, new))
    kept = await store.write(lambda tx: begin_mail(tx, new.id, policy, fresh))
    assert kept is not None
    mail = read(raw)
    understood = Understood(kept, mail, classify(mail, Envelope(sender)), for_people=False, origin=origin)
    assert await store.write(lambda tx: receive_mail(tx, understood, policy, fresh))


async def opened(visitor: Visitor) -> str:
    """Where the link of the newest mail leads after its press, over all redirects."""
    browser, path = Browser(visitor), link_of((await mails(visitor, ADA))[0])
    answer = await browser.press(path, await browser.get(path))
    while answer.status == 303:
        place = answer.headers["Location"]
        answer = await browser.get(place)
    assert answer.status == 200
    return place


async def number_of(visitor: Visitor, invoice_id: str, address: str) -> str:
    owner = await customer(visitor, address)
    found = await visitor.database.store.read(lambda tx: purchases.document(tx, owner, invoice_id))
    assert found is not None
    assert found.number is not None
    return found.number


async def customer(visitor: Visitor, address: str = ADA) -> str:
    found = await visitor.database.store.read(lambda tx: customers.by_email(tx, address))
    assert found is not None
    return found.id


async def test_an_invoice_s_number_opens_that_very_invoice(visitor: Visitor) -> None:
    invoice = await buy(visitor, ADA)
    await buy(visitor, ADA, 2)
    await writes(visitor, f"Invoice {await number_of(visitor, invoice, ADA)}, please")
    assert await opened(visitor) == f"/hub/invoices/{invoice}"


async def test_another_customer_s_number_opens_ones_own_receipts(visitor: Visitor) -> None:
    await buy(visitor, ADA)
    foreign = await buy(visitor, GRACE)
    await writes(visitor, f"Invoice {await number_of(visitor, foreign, GRACE)}")
    assert await opened(visitor) == "/hub/transactions"


async def test_who_wants_to_cancel_is_asked_and_nothing_is_done(visitor: Visitor) -> None:
    await buy(visitor, ADA, subscription=PLAN)
    await writes(visitor, "", "How do I cancel?")
    assert (await opened(visitor)).endswith("/cancel")
    assert await visitor.rows("actions_of", customer_id=await customer(visitor)) == []


async def test_of_two_subscriptions_one_is_chosen_on_their_page(visitor: Visitor) -> None:
    await buy(visitor, ADA, subscription=PLAN)
    await buy(visitor, ADA, 2, subscription={**PLAN, "ref": "S-8"})
    await writes(visitor, "How do I cancel?")
    assert await opened(visitor) == "/hub/subscriptions?for=cancel"


async def test_who_has_a_new_card_hears_where_cards_are_changed(visitor: Visitor) -> None:
    await buy(visitor, ADA, subscription=PLAN)
    await writes(visitor, "My new card")
    assert await opened(visitor) == "/hub/subscriptions?for=card"


async def test_an_unproven_sender_s_wish_changes_nothing(visitor: Visitor) -> None:
    await buy(visitor, ADA, subscription=PLAN)
    await writes(visitor, "How do I cancel?", origin=UNKNOWN)
    assert await opened(visitor) == "/hub/"


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (PROVEN, "Your cancellation notice of 22 Nov"),
        (UNKNOWN, "A cancellation notice in your name was received on 22 Nov"),
    ],
)
async def test_a_notice_by_mail_is_shown_as_received_with_its_time(
    origin: Authentication, said: str, visitor: Visitor
) -> None:
    await buy(visitor, ADA, subscription=PLAN)
    await writes(visitor, "Kündigung", "Hiermit kündige ich.", origin=origin)
    browser = Browser(visitor)
    path = link_of((await mails(visitor, ADA))[0])
    await browser.press(path, await browser.get(path))
    for place in ("/hub/", "/hub/subscriptions"):
        assert said in (await browser.get(place)).text
    assert await visitor.rows("actions_of", customer_id=await customer(visitor)) == []


async def test_a_proven_stranger_is_told_of_the_page_for_lost_addresses(visitor: Visitor) -> None:
    await buy(visitor, ADA)
    await writes(visitor, "access", sender=STRANGER)
    [answer] = await mails(visitor, STRANGER, MailKind.STRANGER)
    assert answer["Subject"] == "Your purchases at Harbour & Pine: another address?"
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["In-Reply-To"] == answer["References"] == "<asked@mail.example>"
    body = answer.get_body(("plain",))
    assert body is not None
    [url] = re.findall(r"^https?://[^/]+(/updateinfo/lost/)\s*$", body.get_content(), re.MULTILINE)
    assert (await Browser(visitor).get(url)).status == 200
