"""A mail that declares a cancellation is received, whoever sends it and whatever the limits say."""

import pytest

from actions.test_receive_mail import FORGED, PROVEN, begin, keep, receive
from support.desk import Desk, rich
from worker.actions.mail_receipt import Again, CantResend, resend
from worker.core.cancelling import ReceivedNotice
from worker.mail.authentication import UNKNOWN, Authentication
from worker.store import audit, customers, notices, outbox
from worker.store.audit import Entry
from worker.store.notices import Notice

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
WORDS = "Hiermit kündige ich mein Abo."


async def write(desk: Desk, *lines: str, origin: Authentication = UNKNOWN) -> str:
    kept = await begin(desk, await keep(desk, *lines))
    assert kept is not None
    assert await receive(desk, kept, origin)
    assert await receive(desk, kept, origin) is None
    return kept.id


async def audited(desk: Desk, customer_id: str) -> list[Entry]:
    found = await desk.store.read(lambda tx: audit.of_customer(tx, customer_id))
    return [entry for entry in found if entry.what == "cancellation notice received"]


async def ada(desk: Desk) -> str:
    found = await desk.store.read(lambda tx: customers.by_email(tx, "ada@example.com"))
    assert found is not None
    return found.id


@pytest.fixture
async def shop(desk: Desk) -> Desk:
    await desk.tell(rich("T-1"))
    await desk.issue()
    return desk


@pytest.mark.parametrize("origin", [UNKNOWN, PROVEN, FORGED])
async def test_it_is_forwarded_audited_and_shown_with_its_time(shop: Desk, origin: Authentication) -> None:
    at = shop.clock.now()
    mail_id = await write(shop, "From: ada@example.com", "", WORDS, origin=origin)
    [forward] = await shop.mails("help@shop.example")
    assert (forward.params["mail"], forward.params["why"]) == (mail_id, "notice")
    customer = await ada(shop)
    [entry] = await audited(shop, customer)
    assert (entry.subject, entry.details["received_at"]) == (mail_id, at)
    assert await shop.store.read(lambda tx: notices.of_customer(tx, customer, 0)) == (
        ReceivedNotice(at, proven=origin is PROVEN),
    )


async def test_notices_by_others_neither_pass_for_the_customer_s_nor_hide_them(shop: Desk) -> None:
    [receipt] = await shop.mails()
    await write(shop, "From: ada@example.com", "", WORDS, origin=PROVEN)
    for number in range(4):
        await write(shop, "From: ada@example.com", "", f"{WORDS} {number}", origin=FORGED)
    await write(shop, "From: a@elsewhere.example", f"In-Reply-To: {receipt.message_id}", "", WORDS, origin=PROVEN)
    customer = await ada(shop)
    shown = await shop.store.read(lambda tx: notices.of_customer(tx, customer, 0))
    assert [each.proven for each in shown] == [True, False, False]


async def test_the_reply_s_thread_names_the_customer(shop: Desk) -> None:
    [receipt] = await shop.mails()
    await write(shop, "From: a@elsewhere.example", f"In-Reply-To: {receipt.message_id}", "", WORDS)
    assert len(await audited(shop, await ada(shop))) == 1


async def test_a_stranger_s_is_forwarded_and_audited_too(shop: Desk) -> None:
    mail_id = await write(shop, "From: nobody@example.net", "", WORDS)
    [forward] = await shop.mails("help@shop.example")
    assert forward.params["why"] == "notice"
    assert await audited(shop, await ada(shop)) == []
    again = Notice("another", mail_id, None, 0)
    assert not await shop.store.write(lambda tx: notices.add(tx, again))


async def test_limits_hold_back_other_mails_and_the_merchant_hears_of_it_once(shop: Desk) -> None:
    for number in range(25):
        await write(shop, "From: nobody@example.net", "", f"Where is parcel {number}?")
    await write(shop, "From: nobody@example.net", "", WORDS)
    forwards = await shop.mails("help@shop.example")
    assert [item.state.value for item in forwards].count("withheld") == 5
    assert {item.state.value for item in forwards if item.params["why"] == "notice"} == {"due"}
    held = next(item for item in forwards if item.state.value == "withheld")
    fresh = shop.fresh
    for expected in (held.id, CantResend.NO_RECEIPT):
        assert await shop.store.write(lambda tx: resend(tx, Again(held.id), shop.policy, fresh)) == expected
    again = await shop.store.read(lambda tx: outbox.by_id(tx, held.id))
    assert again is not None
    assert again.state.value == "due"
    alerts = await shop.mails("merchant@shop.example")
    assert [item.params["trouble"] for item in alerts] == ["forwards_held"]


async def test_a_flood_of_notices_is_written_down_and_held_but_for_customers_own(shop: Desk) -> None:
    for number in range(30):
        await write(shop, "From: ada@example.com", "", f"{WORDS} {number}")
    forwards = await shop.mails("help@shop.example")
    assert [item.state.value for item in forwards].count("withheld") == 10
    await write(shop, "From: ada@example.com", "", WORDS, origin=PROVEN)
    assert len(await audited(shop, await ada(shop))) == 31
    forwards = await shop.mails("help@shop.example")
    assert [item.state.value for item in forwards].count("withheld") == 10
    alerts = await shop.mails("merchant@shop.example")
    assert [item.params["trouble"] for item in alerts] == ["forwards_held"]


async def test_what_a_service_sends_for_people_counts_where_it_says_so_outright(shop: Desk) -> None:
    await write(shop, "From: ada@example.com", "Auto-Submitted: auto-generated", "", WORDS)
    await write(shop, "From: ada@example.com", "Auto-Submitted: auto-replied", "", "I can't cancel: I am away")
    assert len(await audited(shop, await ada(shop))) == 1
    assert [item.kind.value for item in await shop.mails()] == ["receipt"]
