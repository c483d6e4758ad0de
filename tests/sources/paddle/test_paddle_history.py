"""Paddle's history: the questions, and what its lists tell, which is what its events tell of the same entities."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from sources.goldens import body_of, events, read
from support.paddle_api import KEY, PaddleApi, running_paddle_api
from worker.core.instant import SECOND, parse
from worker.core.transaction import Kind, Transaction
from worker.core.web_call import Answer
from worker.net.web_call import calling
from worker.sources import BACKFILLS
from worker.sources.account import Account, Cause, Trouble
from worker.sources.backfill import Item, Page, Place
from worker.sources.event import Ignored, Told, Unreadable

PADDLE = BACKFILLS["paddle"]
ASKED_AT = 1_795_400_000 * SECOND
PARTS = {"transaction.completed": "transactions", "customer.updated": "customers"}
PARTS |= {f"subscription.{what}": "subscriptions" for what in ("created", "updated", "paused", "canceled", "trialing")}


@pytest.fixture
async def api() -> AsyncIterator[PaddleApi]:
    async with running_paddle_api() as server:
        server.customer()
        server.address()
        yield server


async def history(api: PaddleApi, since: int | None = None) -> list[Item]:
    """All that an import reads."""
    place: Place | None = PADDLE.first
    items: list[Item] = []
    async with calling() as send:
        while place is not None:
            answer = await send(PADDLE.ask(Account(KEY, api.url), place, since))
            assert isinstance(answer, Answer)
            page = PADDLE.read(place, answer, ASKED_AT)
            assert isinstance(page, Page), page
            items, place = [*items, *page.items], page.next
    return items


def listed(part: str, *entities: object, more: bool = False) -> Page | Trouble:
    body = {"data": entities, "meta": {"pagination": {"has_more": more, "next": "https://api.paddle.com/x"}}}
    return PADDLE.read(Place(part), Answer(200, {}, json.dumps(body).encode()), ASKED_AT)


def told(item: Item) -> tuple[Transaction, ...]:
    assert isinstance(item.reading, Told), item.reading
    return item.reading.transactions


def fixtures() -> list[str]:
    return [name for name in events("paddle") if json.loads(body_of("paddle", name))["event_type"] in PARTS]


@pytest.mark.parametrize("name", fixtures())
def test_an_entity_tells_what_its_event_tells(name: str) -> None:
    event, by_event = json.loads(body_of("paddle", name)), read("paddle", body_of("paddle", name))
    page = listed(PARTS[event["event_type"]], event["data"])
    assert isinstance(page, Page)
    (item,) = page.items
    if not isinstance(by_event, Told):
        assert item.reading == by_event
        return
    (said,), (mine,) = by_event.transactions, told(item)
    if not said.kind.is_payment:  # what changes is called after what it says, and told when it changed last
        mine = replace(mine, id=said.id, occurred_at=said.occurred_at)
    assert mine == said


async def test_all_pages_of_all_parts_are_read_oldest_first(api: PaddleApi) -> None:
    for number in range(7):
        api.customer(f"ctm_{number}")
        api.transaction(f"txn_{number}", f"ctm_{number}")
        api.subscription(f"sub_{number}", f"ctm_{number}")
    api.per_page = 3
    names = [item.name for item in await history(api)]
    assert names == [f"{form}_{number}" for form in ("ctm", "txn", "sub") for number in range(7)]
    assert [seen.query.get("after") for seen in api.seen] == [None, "ctm_2", "ctm_5", None, "txn_2", "txn_5", None,
                                                              "sub_2", "sub_5"]  # fmt: skip
    assert {seen.query["order_by"] for seen in api.seen} == {"id[ASC]"}


async def test_a_sale_comes_with_its_address_and_its_refunds(api: PaddleApi) -> None:
    api.transaction()
    api.refund("adj_1", "txn_1", 1000)
    api.refund("adj_2", "txn_1", 500)
    api.refund("adj_3", "txn_1", 700, "rejected")
    sale = next(item for item in await history(api) if item.name == "txn_1")
    address, paid, *refunds = told(sale)
    assert (address.kind, address.customer.address and address.customer.address.city) == (
        Kind.CUSTOMER_CHANGED,
        "Leeds",
    )
    assert (paid.kind, paid.total) == (Kind.SALE, 5831)
    assert [(each.id, each.total, each.refund_of) for each in refunds] == [
        ("adj_1", 1000, "txn_1"),
        ("adj_2", 500, "txn_1"),
    ]


async def test_only_sales_are_asked_for_by_date(api: PaddleApi) -> None:
    api.transaction("txn_1", created_at="2024-01-01T00:00:00Z")
    api.transaction("txn_2", created_at="2026-11-04T00:00:00Z")
    items = await history(api, parse("2025-01-01T00:00:00Z"))
    assert [item.name for item in items] == ["ctm_1", "txn_2"]
    assert [seen.query.get("created_at[GTE]") for seen in api.seen] == [None, "2025-01-01T00:00:00Z", None]


def test_what_is_told_anew_is_called_after_what_it_says() -> None:
    before = {"id": "ctm_1", "email": "ada@example.com", "name": "Ada", "updated_at": "2026-11-03T10:00:00Z"}
    after = {**before, "email": "ada@example.org", "updated_at": "2026-11-04T10:00:00Z"}
    pages = [listed("customers", each) for each in (before, before, after)]
    ids = [told(page.items[0])[0].id for page in pages if isinstance(page, Page)]
    assert (ids[0] == ids[1], ids[0] == ids[2]) == (True, False)


def test_an_odd_entity_is_told_and_stops_nothing() -> None:
    odd: dict[str, Any] = {"id": "txn_1", "currency_code": "EUR", "details": {"totals": {"grand_total": "many"}}}
    page = listed("transactions", odd, {"id": "txn_2", "currency_code": "EUR", "details": {"totals": {"total": "0"}}})
    assert isinstance(page, Page)
    assert page.items[0].reading == Unreadable("must be a plain number", "data.details.totals.grand_total")
    assert isinstance(page.items[1].reading, Ignored)


@pytest.mark.parametrize(
    ("status", "cause", "words"),
    [
        (401, Cause.DENIED, "doesn't know this key"),
        (403, Cause.DENIED, "may not read transactions: sorry"),
        (429, Cause.LATER, "answers 429"),
        (500, Cause.LATER, "answers 500"),
        (400, Cause.FAILED, "answers 400, asked to read transactions: sorry"),
    ],
)
def test_a_refusal_is_told_in_words(status: int, cause: Cause, words: str) -> None:
    body = json.dumps({"error": {"code": "x", "detail": "sorry"}}).encode()
    found = PADDLE.read(Place("transactions"), Answer(status, {"retry-after": "7"}, body), ASKED_AT)
    assert isinstance(found, Trouble)
    assert (found.cause, words in found.reason) == (cause, True)
    assert found.seconds == (7.0 if cause is Cause.LATER else None)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"data": 3}', b'{"data": {}}'])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    found = PADDLE.read(Place("customers"), Answer(200, {}, body), ASKED_AT)
    assert isinstance(found, Trouble)
    assert found.cause is Cause.FAILED


def test_more_of_nothing_leads_in_no_circle() -> None:
    assert isinstance(listed("customers", more=True), Trouble)
