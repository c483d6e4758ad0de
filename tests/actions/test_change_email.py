"""Changing the purchase email: proved at the new address, undone from the old one, and nobody else's taken."""

from dataclasses import replace

import pytest

from support.desk import Desk, rich
from worker.actions.change_email import (
    AskAnswer,
    ChangePolicy,
    ProofAnswer,
    ask_email_change,
    confirm_email_change,
    undo_email_change,
)
from worker.actions.redeem_link import Redeemed, redeem_link
from worker.actions.request_link import Asked, request_link
from worker.core.access import AccessPolicy, Way, hashed
from worker.core.transaction import Customer
from worker.store import access, audit, customers, email_changes
from worker.store.access import SessionRow
from worker.store.email_changes import EmailChange
from worker.store.outbox import OutboxItem

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
ADA, NEW, THIRD = "ada@example.com", "ada@new.example", "eve@third.example"
POLICY = ChangePolicy(message_domain="shop.example")
HOUR = 3600


async def sign_in(desk: Desk, address: str = ADA) -> SessionRow:
    asked, fresh = Asked(Way.FORM, address), desk.fresh
    requested = await desk.store.write(lambda tx: request_link(tx, asked, AccessPolicy(), fresh))
    row = await desk.store.read(lambda tx: access.request(tx, requested.request_id))
    assert row is not None
    link_id = row.link_id
    assert link_id is not None
    redeemed = await desk.store.write(lambda tx: redeem_link(tx, link_id, None, fresh))
    assert isinstance(redeemed, Redeemed)
    session = await live(desk, hashed(redeemed.session_id))
    assert session is not None
    return session


async def live(desk: Desk, id_hash: str) -> SessionRow | None:
    return await desk.store.read(lambda tx: access.session(tx, id_hash, desk.clock.now()))


async def ask(desk: Desk, session: SessionRow, new: str = NEW, policy: ChangePolicy = POLICY) -> AskAnswer:
    fresh = desk.fresh
    return await desk.store.write(lambda tx: ask_email_change(tx, session, new, policy, fresh))


async def mail(desk: Desk, kind: str, address: str) -> OutboxItem:
    return [each for each in await desk.mails(address) if each.kind.value == kind][-1]


async def change_of(desk: Desk, item: OutboxItem) -> EmailChange:
    change = await desk.store.read(lambda tx: email_changes.by_id(tx, str(item.params["change"])))
    assert change is not None
    return change


async def confirm(desk: Desk, new: str = NEW) -> ProofAnswer:
    link, fresh = (await change_of(desk, await mail(desk, "email_proof", new))).proof_link, desk.fresh
    return await desk.store.write(lambda tx: confirm_email_change(tx, link, POLICY, fresh))


async def undo(desk: Desk, old: str = ADA) -> bool:
    link, fresh = (await change_of(desk, await mail(desk, "email_notice", old))).undo_link, desk.fresh
    return await desk.store.write(lambda tx: undo_email_change(tx, link, fresh))


@pytest.fixture
async def session(desk: Desk) -> SessionRow:
    """Ada, just let in; another browser of hers is in too."""
    await desk.tell(rich("in_1", "in_1"))
    return await sign_in(desk)


async def test_asking_changes_nothing(desk: Desk, session: SessionRow) -> None:
    assert await ask(desk, session) is AskAnswer.ASKED
    assert (await desk.customer()).email == ADA
    assert await desk.known(NEW) is None


async def test_the_proof_moves_mails_and_closes_every_other_browser_and_link(desk: Desk, session: SessionRow) -> None:
    await desk.database.pass_seconds(61)
    other = await sign_in(desk)
    await desk.database.pass_seconds(61)
    await ask(desk, other)
    assert await confirm(desk) is ProofAnswer.CONFIRMED
    customer = await desk.customer()
    assert customer.email == NEW
    retired = {
        each.address: each.retired_at for each in await desk.store.read(lambda tx: customers.emails(tx, customer.id))
    }
    assert retired[NEW] is None
    assert retired[ADA] == desk.clock.now()
    assert await live(desk, other.id_hash) is not None
    assert await live(desk, session.id_hash) is None
    assert (await mail(desk, "email_notice", ADA)).state == "due"
    noted = await desk.store.read(lambda tx: audit.of_customer(tx, customer.id))
    assert sorted(each.what for each in noted) == ["email_change_asked", "email_changed"]
    assert await confirm(desk) is ProofAnswer.OVER


async def test_the_undo_brings_back_the_old_address_and_closes_everything(desk: Desk, session: SessionRow) -> None:
    await ask(desk, session)
    await confirm(desk)
    await desk.database.pass_seconds(72 * HOUR - 1)
    assert await undo(desk)
    assert (await desk.customer()).email == ADA
    assert await desk.known(NEW) is None  # a stranger's address finds nothing of hers
    assert await live(desk, session.id_hash) is None
    assert not await undo(desk)


async def test_after_72_hours_it_stays(desk: Desk, session: SessionRow) -> None:
    await ask(desk, session)
    await confirm(desk)
    await desk.database.pass_seconds(72 * HOUR)
    assert not await undo(desk)
    assert (await desk.customer()).email == NEW


async def test_an_undo_also_undoes_what_came_after(desk: Desk, session: SessionRow) -> None:
    await ask(desk, session)
    await confirm(desk)
    await desk.database.pass_seconds(61)
    assert await ask(desk, session, THIRD) is AskAnswer.ASKED
    assert await confirm(desk, THIRD) is ProofAnswer.CONFIRMED
    assert await undo(desk)
    assert (await desk.customer()).email == ADA
    assert await desk.known(NEW) is None
    assert await desk.known(THIRD) is None
    assert not await undo(desk, NEW)


async def test_a_link_redeemed_long_ago_is_not_enough(desk: Desk, session: SessionRow) -> None:
    await desk.database.pass_seconds(15 * 60 - 1)
    assert await ask(desk, session) is AskAnswer.ASKED
    await desk.database.pass_seconds(61)
    assert await ask(desk, session) is AskAnswer.STALE


async def test_what_the_merchant_forbids_and_what_changes_nothing(desk: Desk, session: SessionRow) -> None:
    assert await ask(desk, session, policy=replace(POLICY, allow=False)) is AskAnswer.NOT_ALLOWED
    assert await ask(desk, session, "ADA@example.com") is AskAnswer.SAME


async def test_anothers_address_looks_the_same_until_it_is_proved(desk: Desk, session: SessionRow) -> None:
    await desk.tell(rich("in_2", "in_2", customer=Customer(email=NEW, name="Grace")))
    assert await ask(desk, session) is AskAnswer.ASKED
    assert await confirm(desk) is ProofAnswer.TAKEN
    assert (await desk.customer()).email == ADA
    assert (await desk.customer(NEW)).name == "Grace"


async def test_nobody_floods_an_address(desk: Desk, session: SessionRow) -> None:
    assert await ask(desk, session) is AskAnswer.ASKED
    assert await ask(desk, session, THIRD) is AskAnswer.LIMITED
    await desk.tell(rich("in_2", "in_2", customer=Customer(email="grace@example.com")))
    assert await ask(desk, await sign_in(desk, "grace@example.com")) is AskAnswer.LIMITED


async def test_a_newer_wish_replaces_the_older_and_a_proof_lasts_a_day(desk: Desk, session: SessionRow) -> None:
    await ask(desk, session)
    await desk.database.pass_seconds(61)
    await ask(desk, session, THIRD)
    assert await confirm(desk) is ProofAnswer.OVER
    await desk.database.pass_seconds(24 * HOUR)
    assert await confirm(desk, THIRD) is ProofAnswer.OVER
    assert (await desk.customer()).email == ADA
