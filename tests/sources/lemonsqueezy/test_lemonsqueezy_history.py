"""Lemon Squeezy's history: what is asked, and what its lists tell, which is what its events tell of the same."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from sources.goldens import body_of, events, read
from support.lemonsqueezy_api import KEY, LemonSqueezyApi, running_lemonsqueezy_api
from worker.core.instant import SECOND
from worker.core.transaction import Kind, Transaction
from worker.core.web_call import Answer
from worker.net.web_call import calling
from worker.sources import BACKFILLS
from worker.sources.account import Account, Cause, Trouble
from worker.sources.backfill import Item, Page, Place
from worker.sources.event import Told

LEMON = BACKFILLS["lemonsqueezy"]
ASKED_AT = 1_795_400_000 * SECOND
PARTS = {"orders": "orders", "subscription-invoices": "subscription invoices", "subscriptions": "subscriptions",
         "customers": "customers"}  # fmt: skip
NOT_LISTED_AS_SUCH = ("subscription_payment_failed",)
"""A list shows an invoice that isn't paid, and not that a try failed."""


@pytest.fixture
async def api() -> AsyncIterator[LemonSqueezyApi]:
    async with running_lemonsqueezy_api() as server:
        yield server


async def history(api: LemonSqueezyApi) -> list[Item]:
    """All that an import reads."""
    place: Place | None = LEMON.first
    items: list[Item] = []
    async with calling() as send:
        while place is not None:
            answer = await send(LEMON.ask(Account(KEY, api.url), place, None))
            assert isinstance(answer, Answer)
            page = LEMON.read(place, answer, ASKED_AT)
            assert isinstance(page, Page), page
            items, place = [*items, *page.items], page.next
    return items


def told(item: Item) -> tuple[Transaction, ...]:
    assert isinstance(item.reading, Told), item.reading
    return item.reading.transactions


def fixtures() -> list[str]:
    known = (name for name in events("lemonsqueezy") if name.removesuffix(".json") not in NOT_LISTED_AS_SUCH)
    return [name for name in known if json.loads(body_of("lemonsqueezy", name))["data"]["type"] in PARTS]


@pytest.mark.parametrize("name", fixtures())
def test_an_object_tells_what_its_event_tells(name: str) -> None:
    event, by_event = json.loads(body_of("lemonsqueezy", name)), read("lemonsqueezy", body_of("lemonsqueezy", name))
    body = json.dumps({"data": [event["data"]], "meta": {"page": {"currentPage": 1, "lastPage": 1}}}).encode()
    page = LEMON.read(Place(PARTS[event["data"]["type"]]), Answer(200, {}, body), ASKED_AT)
    assert isinstance(page, Page)
    (item,) = page.items
    if not isinstance(by_event, Told):
        assert item.reading == by_event
        return
    (said,) = by_event.transactions
    assert said in [replace(each, test=said.test) for each in told(item)]


async def test_all_pages_of_all_parts_are_read(api: LemonSqueezyApi) -> None:
    for number in range(1, 8):
        api.customer(str(number))
        api.order(str(number))
        api.invoice(str(number))
        api.subscription(str(number))
    api.per_page = 3
    names = [item.name for item in await history(api)]
    assert sorted(names) == sorted(str(number) for number in range(1, 8) for _ in range(4))
    assert [seen.query["page[number]"] for seen in api.seen] == ["1", "2", "3"] * 4
    assert {seen.query["page[size]"] for seen in api.seen} == {"100"}


async def test_what_is_added_meanwhile_hides_nothing(api: LemonSqueezyApi) -> None:
    for number in range(1, 7):
        api.order(str(number))
    api.per_page, seen = 3, set[str]()
    place: Place | None = Place("orders")
    async with calling() as send:
        while place is not None and place.part == "orders":
            answer = await send(LEMON.ask(Account(KEY, api.url), place, None))
            assert isinstance(answer, Answer)
            page = LEMON.read(place, answer, ASKED_AT)
            assert isinstance(page, Page)
            seen |= {item.name for item in page.items}
            api.order(str(10 + len(seen)))
            place = page.next
    assert seen >= {str(number) for number in range(1, 7)}


async def test_a_sale_comes_with_what_was_given_back(api: LemonSqueezyApi) -> None:
    api.order(refunded_amount=1500, status="partial_refund")
    api.invoice("602", billing_reason="renewal", status="refunded", refunded=True, refunded_amount=5831)
    orders, invoices = await history(api)
    assert [(each.kind, each.id, each.total) for each in told(orders)] == [
        (Kind.SALE, "order:11", 5831),
        (Kind.REFUND, "order:11:refunded:1500", 1500),
    ]
    assert [(each.kind, each.refund_of) for each in told(invoices)] == [
        (Kind.RENEWAL, None),
        (Kind.REFUND, "invoice:602"),
    ]


@pytest.mark.parametrize(
    ("status", "cause", "words"),
    [
        (401, Cause.DENIED, "doesn't know this key"),
        (403, Cause.DENIED, "may not read orders: sorry"),
        (429, Cause.LATER, "answers 429"),
        (500, Cause.LATER, "answers 500"),
        (400, Cause.FAILED, "answers 400, asked to read orders: sorry"),
    ],
)
def test_a_refusal_is_told_in_words(status: int, cause: Cause, words: str) -> None:
    body = json.dumps({"errors": [{"status": str(status), "detail": "sorry"}]}).encode()
    found = LEMON.read(Place("orders"), Answer(status, {"retry-after": "7"}, body), ASKED_AT)
    assert isinstance(found, Trouble)
    assert (found.cause, words in found.reason) == (cause, True)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"data": 3}', b'{"data": {}}'])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    found = LEMON.read(Place("orders"), Answer(200, {}, body), ASKED_AT)
    assert isinstance(found, Trouble)
    assert found.cause is Cause.FAILED
