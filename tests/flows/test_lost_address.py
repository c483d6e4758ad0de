"""Who lost the address they bought with: the link goes to the address on file, and the page tells nothing."""

from collections.abc import AsyncIterator

import pytest

from flows.hub import Visitor, visiting
from flows.way_in import ADA, GRACE, Browser, buy, link_of, mails, server
from support.databases import Database

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
LOST = "/updateinfo/lost/"
CARD = {"method": "card", "brand": "visa", "last4": "4242", "references": ["ch_9"]}
PAYMENT = {"amount": "58,31 €", "day": "2026-11-22", "last4": "4242"}


@pytest.fixture
async def visitor(database: Database) -> AsyncIterator[Visitor]:
    async with visiting(server(database), database) as visitor:
        await buy(visitor, ADA, payment=CARD)
        yield visitor


@pytest.mark.parametrize(
    "typed", [{"number": f"{ADA}-1"}, {"number": "ch_9"}, PAYMENT, {**PAYMENT, "day": "23.11.2026"}]
)
async def test_what_fits_one_customer_has_its_address_mailed(visitor: Visitor, typed: dict[str, str]) -> None:
    browser = Browser(visitor)
    page = await browser.get(LOST)
    sent = await browser.press(LOST, page, **typed)
    assert sent.status == 200
    assert ADA not in sent.text
    [mail] = await mails(visitor, ADA)
    assert "somebody who knows one of your purchases" in " ".join(text(mail).split())
    link = link_of(mail)
    assert (await browser.press(link, await browser.get(link))).status == 303


def text(mail: object) -> str:
    body = mail.get_body(("plain",))  # type: ignore[attr-defined]
    found: str = body.get_content()
    return found


@pytest.mark.parametrize(
    "typed",
    [
        {"number": "T-unknown"},
        {**PAYMENT, "last4": "4243"},
        {**PAYMENT, "amount": "58.32"},
        {**PAYMENT, "day": "2026-11-25"},
        {"number": "%"},
    ],
)
async def test_the_page_is_the_same_whatever_was_found(visitor: Visitor, typed: dict[str, str]) -> None:
    found = await Browser(visitor).post(LOST, number=f"{ADA}-1")
    nothing = await Browser(visitor).post(LOST, **typed)
    assert (nothing.status, nothing.text) == (found.status, found.text)
    assert len(await mails(visitor, ADA)) == 1


async def test_what_fits_two_customers_mails_nobody(visitor: Visitor) -> None:
    await buy(visitor, GRACE, payment={**CARD, "references": ["ch_10"]})
    await Browser(visitor).post(LOST, **PAYMENT)
    assert await mails(visitor, ADA) == await mails(visitor, GRACE) == []
    await Browser(visitor).post(LOST, number="ch_10")
    assert len(await mails(visitor, GRACE)) == 1


async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(visitor: Visitor) -> None:
    answer = await Browser(visitor).post(LOST, amount="58.31", day="2026-11-22", last4="42")
    assert answer.status == 422
    assert "Enter the last four digits" in answer.text
    assert 'value="58.31"' in answer.text


async def test_limits_are_those_of_requests(database: Database) -> None:
    limits = {"client_per_minute": 2}
    async with visiting(server(database, limits=limits), database) as visitor:
        await buy(visitor, ADA, payment=CARD)
        answers = [await Browser(visitor).post(LOST, number=f"{ADA}-1") for _ in range(4)]
        assert [each.status for each in answers] == [200, 200, 429, 429]
        assert len(await mails(visitor, ADA)) == 1


async def test_another_site_can_not_send_it(visitor: Visitor) -> None:
    foreign = Browser(visitor, {"Sec-Fetch-Site": "cross-site"})
    assert (await foreign.post(LOST, number=f"{ADA}-1")).status == 403
    assert (await Browser(visitor, {}).post(LOST, number=f"{ADA}-1")).status == 403
    assert await mails(visitor, ADA) == []


async def test_the_form_leads_here(visitor: Visitor) -> None:
    assert f'href="{LOST}"' in (await Browser(visitor).get("/updateinfo/")).text
