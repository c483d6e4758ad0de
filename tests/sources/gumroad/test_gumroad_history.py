"""Gumroad's history against a small Gumroad: its pages, and that a sale there is what its ping told."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.goldens import read
from support.gumroad_api import SELLER, TOKEN, GumroadApi, running_gumroad_api
from worker.core.following import Followed
from worker.core.instant import DAY, parse
from worker.core.provider_action import NOTHING, Capabilities, Verb
from worker.core.transaction import Kind, Transaction
from worker.core.web_call import Answer
from worker.net.web_call import calling
from worker.sources import ACTINGS, BACKFILLS
from worker.sources.account import Account, Cause, Trouble
from worker.sources.acting import Asked, Returned
from worker.sources.backfill import Page, Place
from worker.sources.event import Ignored, Told, Unreadable

GUMROAD = BACKFILLS["gumroad"]
NOW = parse("2026-11-22T19:00:00Z")
MEMBER = {
    "subscription_id": "GDzW4_aBdQc-o7Gbjng7lw==",
    "subscription_duration": "monthly",
    "is_recurring_billing": True,
}


@pytest.fixture
async def api() -> AsyncIterator[GumroadApi]:
    async with running_gumroad_api() as server:
        yield server


async def history(api: GumroadApi, since: int | None = None) -> list[Page]:
    pages, place = [], GUMROAD.first
    async with calling() as send:
        while True:
            answer = await send(GUMROAD.ask(Account(TOKEN, api.url), place, since))
            assert isinstance(answer, Answer)
            page = GUMROAD.read(place, answer, NOW)
            assert isinstance(page, Page), page
            pages.append(page)
            if page.next is None:
                return pages
            place = page.next


def of_sale(sale: dict[str, Any]) -> tuple[Transaction, ...]:
    body = json.dumps({"success": True, "sales": [sale]}).encode()
    page = GUMROAD.read(Place("sales"), Answer(200, {}, body), NOW)
    assert isinstance(page, Page)
    (item,) = page.items
    assert isinstance(item.reading, Told), item.reading
    return item.reading.transactions


async def test_all_pages_are_read(api: GumroadApi) -> None:
    for number in range(25):
        api.sale(number)

    pages = await history(api)

    assert [len(page.items) for page in pages] == [10, 10, 5]
    assert len({item.name for page in pages for item in page.items}) == 25


async def test_nothing_before_the_day_of_since(api: GumroadApi) -> None:
    for number in range(20):
        api.sale(number)

    pages = await history(api, parse("2026-10-15T12:00:00Z"))

    assert sum(len(page.items) for page in pages) == 6
    assert "after=2026-10-15" in api.seen[0]


def test_a_sale_is_what_its_ping_told(api: GumroadApi) -> None:
    sale = api.sale(7)
    by_ping = read("gumroad", json.dumps(api.pinged(sale)).encode())
    (told,) = of_sale(sale)

    assert isinstance(by_ping, Told)
    (live,) = by_ping.transactions
    for name in ("id", "kind", "occurred_at", "currency", "total", "lines", "payment", "invoice", "test"):
        assert getattr(told, name) == getattr(live, name), name
    assert (told.customer.email, told.customer.ref) == (live.customer.email, live.customer.ref)
    assert told.customer.address is not None


def test_what_was_given_back_is_told_with_its_sale(api: GumroadApi) -> None:
    _, whole = of_sale(api.sale(1, refunded=True))
    _, part = of_sale(api.sale(2, partially_refunded=True, amount_refundable_in_currency="19.50"))

    assert (whole.kind, whole.total, whole.id) == (Kind.REFUND, 2900, f"{whole.refund_of}:refunded:2900")
    assert (part.kind, part.total) == (Kind.REFUND, 950)


def test_a_part_given_back_of_another_price_tag_is_left_out(api: GumroadApi) -> None:
    sale = api.sale(1, currency="jpy", partially_refunded=True, amount_refundable_in_currency="1,200")

    assert [each.kind for each in of_sale(sale)] == [Kind.SALE]


def test_a_membership_is_told_with_its_payments(api: GumroadApi) -> None:
    paid, runs = of_sale(api.sale(1, **MEMBER, recurring_charge=True))
    _, ends = of_sale(api.sale(2, **MEMBER, cancelled=True, subscription_end_date="2026-12-22"))
    _, over = of_sale(api.sale(3, **MEMBER, cancelled=True, dead=True, subscription_end_date="2026-10-30"))

    assert (paid.kind, runs.kind) == (Kind.RENEWAL, Kind.SUBSCRIPTION_CHANGED)
    assert [
        each.subscription and (each.subscription.status, each.subscription.cancel_at) for each in (runs, ends, over)
    ] == [
        ("active", None),
        ("active", parse("2026-12-22T00:00:00Z")),
        ("cancelled", None),
    ]
    assert over.occurred_at == parse("2026-10-30T00:00:00Z")
    assert len({runs.id, ends.id, over.id}) == 3


def test_a_sellers_own_purchase_is_a_test(api: GumroadApi) -> None:
    assert [each.test for each in of_sale(api.sale(1, purchaser_id=SELLER))] == [True]


def test_what_is_free_is_passed_over_and_what_is_odd_stops_nothing(api: GumroadApi) -> None:
    body = json.dumps({"success": True, "sales": [api.sale(1, price=0), api.sale(2, price="29,00"), {"id": None}]})
    page = GUMROAD.read(Place("sales"), Answer(200, {}, body.encode()), NOW)

    assert isinstance(page, Page)
    assert [type(item.reading) for item in page.items] == [Unreadable, Unreadable, Ignored]


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (401, b'{"error": "The access token is invalid"}', Cause.DENIED),
        (403, b"{}", Cause.DENIED),
        (429, b"", Cause.LATER),
        (500, b"<html>", Cause.LATER),
        (400, b'{"error": "Invalid page_key."}', Cause.LOST),
        (400, b'{"error": "Query timed out."}', Cause.FAILED),
        (200, b'{"success": false, "message": "The sale was not found."}', Cause.FAILED),
        (200, b'{"success": true}', Cause.FAILED),
        (200, b"nothing", Cause.FAILED),
    ],
)
def test_a_refusal_says_what_helps(status: int, body: bytes, cause: Cause) -> None:
    trouble = GUMROAD.read(Place("sales", "20261001-7"), Answer(status, {}, body), NOW)

    assert isinstance(trouble, Trouble)
    assert trouble.cause is cause


@given(body=st.binary(max_size=200), status=st.sampled_from([200, 400, 401, 500]))
def test_whatever_comes_is_a_page_or_a_trouble(body: bytes, status: int) -> None:
    found = GUMROAD.read(Place("sales", "x"), Answer(status, {"retry-after": "soon"}, body), NOW)

    assert isinstance(found, Page | Trouble)


def test_gumroad_can_be_asked_for_nothing_but_the_customers_own_page() -> None:
    acting, ref = ACTINGS["gumroad"], "GDzW4_aBdQc-o7Gbjng7lw=="
    running = Followed("gumroad", ref)

    assert acting.able(running) == Capabilities(card_page=True)
    assert acting.able(Followed("gumroad", ref, status="cancelled")) == NOTHING
    assert acting.links(running) == "https://gumroad.com/subscriptions/GDzW4_aBdQc-o7Gbjng7lw%3D%3D/manage"
    for verb in Verb:
        asked = Asked(verb, "key", ref)
        assert acting.ask(Account(TOKEN), asked).method == "GET"
        replied = acting.read(Account(TOKEN), asked, Returned(Answer(200, {}, b"{}"), 0, NOW + DAY))
        assert isinstance(replied, Trouble)
