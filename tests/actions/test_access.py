"""Asking for a link, redeeming it, and typing its code: what customers get, and what strangers can't tell."""

import asyncio
from dataclasses import replace

import pytest

from support.desk import Desk, rich
from worker.actions.redeem_link import LinkState, Redeemed, TypedCode, WrongCode, enter_code, look_at_link, redeem_link
from worker.actions.request_link import Asked, Requested, RequestOutcome, request_link
from worker.core.access import AccessPolicy, Way, access_code, hashed
from worker.core.instant import HOUR, MINUTE, SECOND
from worker.store import access

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
POLICY = AccessPolicy()
ADA = "ada@example.com"
KEYS = ("a key of sixteen characters",)
pytestmark = BOTH


async def ask(desk: Desk, address: str = ADA, **more: object) -> Requested:
    asked = replace(Asked(Way.FORM, address, cookie="cookie"), **more)  # type: ignore[arg-type]
    return await desk.database.store.write(lambda tx: request_link(tx, asked, POLICY, desk.fresh))


async def link_of(desk: Desk, requested: Requested) -> str:
    row = await desk.database.store.read(lambda tx: access.request(tx, requested.request_id))
    assert row is not None
    assert row.link_id is not None
    return row.link_id


async def redeem(desk: Desk, link_id: str) -> Redeemed | None:
    return await desk.database.store.write(lambda tx: redeem_link(tx, link_id, "a browser", desk.fresh))


async def state(desk: Desk, link_id: str) -> tuple[LinkState, bool]:
    view = await desk.database.store.read(lambda tx: look_at_link(tx, link_id, POLICY, desk.database.clock.now()))
    assert view is not None
    return view.state, view.glance


async def type_code(desk: Desk, requested: Requested, typed: str, cookie: str = "cookie") -> Redeemed | WrongCode:
    code = TypedCode(requested.request_id, cookie, typed)
    return await desk.database.store.write(lambda tx: enter_code(tx, code, POLICY, KEYS, desk.fresh))


@pytest.fixture
async def customer(desk: Desk) -> Desk:
    """A desk that knows Ada."""
    await desk.tell(rich("in_1", "in_1"))
    return desk


async def test_only_a_customer_gets_a_mail(customer: Desk) -> None:
    assert (await ask(customer)).outcome is RequestOutcome.MAILED
    assert (await ask(customer, "stranger@example.com")).outcome is RequestOutcome.STRANGER
    mails = [mail for mail in await customer.mails() if mail.kind == "access"]
    assert [mail.recipient for mail in mails] == [ADA]


async def test_the_mail_goes_to_the_address_as_it_is_stored(customer: Desk) -> None:
    await ask(customer, "ADA@EXAMPLE.com")
    assert [mail.recipient for mail in await customer.mails() if mail.kind == "access"] == [ADA]


async def test_limits_are_the_same_for_strangers(customer: Desk) -> None:
    first, strangers = await ask(customer), await ask(customer, "stranger@example.com")
    assert first.next_at == strangers.next_at == customer.database.clock.now() + MINUTE
    again, strangers_again = await ask(customer), await ask(customer, "stranger@example.com")
    assert again.outcome is strangers_again.outcome is RequestOutcome.LIMITED
    assert again.next_at == strangers_again.next_at


async def test_a_flood_of_requests_at_once_brings_one_mail(customer: Desk) -> None:
    outcomes = [each.outcome for each in await asyncio.gather(*(ask(customer) for _ in range(30)))]
    assert outcomes.count(RequestOutcome.MAILED) == 1
    assert outcomes.count(RequestOutcome.LIMITED) == 29


async def test_asking_revokes_nothing(customer: Desk) -> None:
    link = await link_of(customer, await ask(customer))
    await customer.database.pass_seconds(120)
    await ask(customer)
    assert await state(customer, link) == (LinkState.LIVE, True)
    assert await redeem(customer, link)


async def test_three_redemptions_within_ten_minutes_each_with_a_session(customer: Desk) -> None:
    link = await link_of(customer, await ask(customer))
    redeemed = await asyncio.gather(*(redeem(customer, link) for _ in range(20)))
    sessions = {each.session_id for each in redeemed if each is not None}
    assert len(sessions) == 3
    assert await state(customer, link) == (LinkState.USED, False)
    now = customer.database.clock.now()
    for session_id in sessions:
        row = await customer.database.store.read(lambda tx, s=session_id: access.session(tx, hashed(s), now))  # type: ignore[misc]
        assert row is not None


async def test_ten_minutes_after_the_first_a_link_is_used(customer: Desk) -> None:
    link = await link_of(customer, await ask(customer))
    assert await redeem(customer, link)
    await customer.database.pass_seconds(599)
    assert await redeem(customer, link)
    await customer.database.pass_seconds(2)
    assert await redeem(customer, link) is None
    assert (await state(customer, link))[0] is LinkState.USED


async def test_a_link_expires_after_a_day(customer: Desk) -> None:
    link = await link_of(customer, await ask(customer))
    await customer.database.pass_seconds(24 * HOUR // SECOND - 1)
    assert await state(customer, link) == (LinkState.LIVE, False)
    await customer.database.pass_seconds(1)
    assert (await state(customer, link))[0] is LinkState.EXPIRED
    assert await redeem(customer, link) is None


async def test_redeeming_retires_older_links_and_spares_newer_ones(customer: Desk) -> None:
    links = []
    for _ in range(3):
        links.append(await link_of(customer, await ask(customer)))
        await customer.database.pass_seconds(120)
    assert await redeem(customer, links[1])
    assert await redeem(customer, links[0]) is None
    assert await redeem(customer, links[2])


async def test_looking_changes_nothing(customer: Desk) -> None:
    link = await link_of(customer, await ask(customer))
    before = await customer.database.store.read(lambda tx: access.link(tx, link))
    for _ in range(20):
        await state(customer, link)
    assert await customer.database.store.read(lambda tx: access.link(tx, link)) == before


async def test_the_code_opens_from_the_asking_browser_alone(customer: Desk) -> None:
    requested = await ask(customer)
    code = access_code(await link_of(customer, requested), requested.request_id, KEYS[0])
    assert await type_code(customer, requested, code, cookie="another browser") == WrongCode(0)
    assert await type_code(customer, requested, "XXXX-XXXX") == WrongCode(4)
    assert isinstance(await type_code(customer, requested, code), Redeemed)


async def test_five_tries_and_no_more(customer: Desk) -> None:
    requested = await ask(customer)
    code = access_code(await link_of(customer, requested), requested.request_id, KEYS[0])
    lefts = [await type_code(customer, requested, "XXXX-XXXX") for _ in range(6)]
    assert lefts == [WrongCode(4), WrongCode(3), WrongCode(2), WrongCode(1), WrongCode(0), WrongCode(0)]
    assert await type_code(customer, requested, code) == WrongCode(0)


async def test_a_code_dies_after_half_an_hour(customer: Desk) -> None:
    requested = await ask(customer)
    code = access_code(await link_of(customer, requested), requested.request_id, KEYS[0])
    await customer.database.pass_seconds(30 * 60 + 1)
    assert await type_code(customer, requested, code) == WrongCode(0)


async def test_a_strangers_codes_are_wrong_in_the_same_way(customer: Desk) -> None:
    requested = await ask(customer, "stranger@example.com")
    assert await type_code(customer, requested, "XXXX-XXXX") == WrongCode(4)
