"""A receipt is mailed again when a merchant asks, to whom it should go now, and never while it is on its way."""

from dataclasses import replace

import pytest

from support.desk import ADA, Desk, bare, rich
from worker.actions.fix_email import Correction, Fixed, fix_email
from worker.actions.mail_receipt import Again, CantResend, mail_test_receipt, resend
from worker.actions.raise_alert import raise_alert
from worker.actions.record_tries import Try, record_tries
from worker.core.alert import AlertKind
from worker.core.invoice import Invoice
from worker.core.outcome import Outcome, Phase, replied
from worker.core.transaction import Style
from worker.store import audit, invoices, outbox
from worker.store.engine import Tx
from worker.store.outbox import MailKind, OutboxItem

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)

TAKEN = replied(Phase.DATA, 250, "2.0.0 queued")
NO_SUCH_USER = replied(Phase.RCPT, 550, "5.1.1 no such user")


async def issued(desk: Desk) -> OutboxItem:
    await desk.tell(rich("in_1"))
    await desk.issue()
    (mail,) = await desk.mails()
    return mail


async def end(desk: Desk, mail: OutboxItem, outcome: Outcome) -> None:
    fresh = desk.fresh

    async def body(tx: Tx) -> None:
        claimed = await outbox.claim(tx, "me", fresh.now, 100)
        await outbox.start(tx, "me", [mail.id])
        await outbox.release(tx, "me", [each.id for each in claimed])
        await record_tries(tx, "me", [Try(desk.new_id(), mail, outcome, fresh.now, 0.5)], desk.policy, fresh)

    await desk.store.write(body)


async def again(desk: Desk, mail_id: str, recipient: str | None = None) -> str | CantResend:
    fresh = desk.fresh
    return await desk.store.write(lambda tx: resend(tx, Again(mail_id, recipient), desk.policy, fresh))


async def by_id(desk: Desk, mail_id: str) -> OutboxItem:
    found = await desk.store.read(lambda tx: outbox.by_id(tx, mail_id))
    assert found is not None
    return found


async def test_a_sent_receipt_goes_again_with_the_same_document_and_links(desk: Desk) -> None:
    mail = await issued(desk)
    await end(desk, mail, TAKEN)
    new = await again(desk, mail.id)
    assert isinstance(new, str)
    copy = await by_id(desk, new)
    assert (copy.recipient, copy.invoice_id, copy.customer_id) == (mail.recipient, mail.invoice_id, mail.customer_id)
    assert (copy.params, copy.state) == ({**mail.params, "resend_of": mail.id}, "due")
    assert copy.message_id != mail.message_id
    assert desk.numbers == [1]
    assert mail.customer_id is not None
    entries = await desk.store.read(lambda tx: audit.of_customer(tx, mail.customer_id or ""))
    assert [(entry.what, entry.details) for entry in entries] == [
        ("resend", {"mail": new, "to_another_address": False})
    ]


async def test_a_receipt_goes_to_another_address_even_while_it_is_on_its_way(desk: Desk) -> None:
    mail = await issued(desk)
    new = await again(desk, mail.id, "accounts@example.com")
    assert isinstance(new, str)
    assert (await by_id(desk, new)).recipient == "accounts@example.com"
    assert (await by_id(desk, mail.id)).recipient == "ada@example.com"


@pytest.mark.parametrize("recipient", [None, "ada@example.com", "ADA@example.com"])
async def test_what_is_on_its_way_goes_out_by_itself(desk: Desk, recipient: str | None) -> None:
    mail = await issued(desk)
    assert await again(desk, mail.id, recipient) is CantResend.ON_ITS_WAY
    assert await desk.outbox() == {"due": 1}


async def test_what_can_not_be_sent_again(desk: Desk) -> None:
    mail = await issued(desk)
    document = await desk.document("in_1")
    assert document is not None
    sample: Invoice = document.frozen
    fresh = desk.fresh
    test = await desk.store.write(
        lambda tx: mail_test_receipt(tx, sample, ("me@shop.example", Style.SIMPLE), desk.policy, fresh)
    )
    await desk.store.write(lambda tx: raise_alert(tx, AlertKind.MAILS_FAILED, desk.policy, fresh))
    (alert,) = [each for each in await desk.mails("merchant@shop.example") if each.kind is MailKind.ALERT]
    assert await again(desk, "nothing") is CantResend.UNKNOWN
    assert await again(desk, test) is CantResend.NO_RECEIPT
    assert await again(desk, alert.id) is CantResend.NO_RECEIPT
    assert mail.id


async def test_a_test_receipt_takes_no_number_and_belongs_to_nobody(desk: Desk) -> None:
    await issued(desk)
    document = await desk.document("in_1")
    assert document is not None
    frozen, fresh = document.frozen, desk.fresh
    test = await desk.store.write(
        lambda tx: mail_test_receipt(tx, frozen, ("me@shop.example", Style.SIMPLE), desk.policy, fresh)
    )
    mail = await by_id(desk, test)
    assert (mail.customer_id, mail.invoice_id, mail.recipient) == (None, None, "me@shop.example")
    assert mail.params["style"] == "simple"
    await desk.tell(rich("in_2"))
    await desk.issue()
    assert desk.numbers == [1, 2]


async def test_a_fixed_email_sends_again_what_failed_and_nothing_else(desk: Desk) -> None:
    mail = await issued(desk)
    await end(desk, mail, NO_SUCH_USER)
    fresh = desk.fresh
    fixed = await desk.store.write(
        lambda tx: fix_email(tx, Correction("ada@example.com", "ada@work.example"), desk.policy, fresh)
    )
    assert isinstance(fixed, Fixed)
    assert [(await by_id(desk, new)).recipient for new in fixed.resent] == ["ada@work.example"]
    assert [each.id for each in await desk.mails("ada@work.example")] == list(fixed.resent)


async def test_an_old_receipt_sent_again_goes_where_the_customer_is_now(desk: Desk) -> None:
    mail = await issued(desk)
    await end(desk, mail, TAKEN)
    fresh = desk.fresh
    await desk.store.write(
        lambda tx: fix_email(tx, Correction("ada@example.com", "ada@work.example"), desk.policy, fresh)
    )
    new = await again(desk, mail.id)
    assert isinstance(new, str)
    assert (await by_id(desk, new)).recipient == "ada@work.example"


async def test_a_mail_that_a_dead_process_held_is_redirected_too(desk: Desk) -> None:
    await issued(desk)
    now = desk.clock.now()
    await desk.store.write(lambda tx: outbox.claim(tx, "dead", now, 10))
    await desk.database.pass_seconds(31)
    fresh = desk.fresh
    await desk.store.write(
        lambda tx: fix_email(tx, Correction("ada@example.com", "ada@work.example"), desk.policy, fresh)
    )
    assert len(await desk.mails("ada@work.example")) == 1


async def test_a_receipt_carries_its_links_and_a_copy_has_the_same(desk: Desk) -> None:
    mail = await issued(desk)
    assert mail.invoice_id is not None
    invoice_id = mail.invoice_id
    links = await desk.store.read(lambda tx: invoices.links_of(tx, [invoice_id]))
    assert {purpose.value for purpose in links[invoice_id]} == {"document", "foot"}
    for link_id in links[invoice_id].values():
        link = await desk.store.read(lambda tx, link_id=link_id: invoices.link(tx, link_id))  # type: ignore[misc]
        assert link is not None
        assert (link.customer_id, link.invoice_id) == (mail.customer_id, mail.invoice_id)
        assert link.expires_at - link.created_at >= 10 * 365 * 86_400 * 1_000_000
    await end(desk, mail, TAKEN)
    await again(desk, mail.id)
    assert await desk.store.read(lambda tx: invoices.links_of(tx, [invoice_id])) == links


async def test_the_receipt_goes_to_the_address_of_the_payment(desk: Desk) -> None:
    await desk.tell(rich("in_1"))
    await desk.tell(bare("ch_2", customer=replace(ADA, email="ada@work.example")))
    await desk.later(30)
    assert [len(await desk.mails(each)) for each in ("ada@example.com", "ada@work.example")] == [1, 1]
    assert (await desk.customer()).id == (await desk.customer("ada@work.example")).id
