"""ThriveCart's history: a small ThriveCart's transactions, page by page, as its events tell them."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.goldens import body_of
from sources.goldens import read as read_event
from support.thrivecart_api import KEY, ThriveCartApi, running_thrivecart_api
from worker.core.instant import SECOND
from worker.core.transaction import Kind, Transaction, sums_match
from worker.core.web_call import Answer
from worker.net.web_call import calling
from worker.sources import BACKFILLS
from worker.sources.account import Account, Cause, Trouble
from worker.sources.backfill import Page, Place, place_from_text, place_to_text
from worker.sources.event import Ignored, Told, Unreadable

CART = BACKFILLS["thrivecart"]
AT = 1_795_400_000 * SECOND
SOLD_AT = 1_795_373_280


@pytest.fixture
async def api() -> AsyncIterator[ThriveCartApi]:
    async with running_thrivecart_api() as server:
        yield server


async def history(api: ThriveCartApi) -> list[Transaction]:
    """All that is told, as an import asks for it, by the places that the database keeps."""
    account, place = Account(KEY, api.url), CART.first
    told: list[Transaction] = []
    async with calling() as send:
        for _ in range(100):
            answer = await send(CART.ask(account, place, None))
            assert isinstance(answer, Answer), answer
            page = CART.read(place, answer, AT)
            assert isinstance(page, Page), page
            for item in page.items:
                assert isinstance(item.reading, Told), item
                told += item.reading.transactions
            if page.next is None:
                return told
            place = place_from_text(place_to_text(page.next))
    raise AssertionError("it has no end")


async def test_ids_are_those_of_the_events(api: ThriveCartApi) -> None:
    api.transaction(amount=499700)
    api.transaction("rebill", order_id="3200022", invoice_id="000000141-6", item_id=17)
    api.transaction("refund", event_id="1325564304", amount=100000)
    names = ("order.success.form", "order.subscription_payment.form", "order.refund.form")
    by_event = [read_event("thrivecart", body_of("thrivecart", name)) for name in names]
    events = [each.transactions[0] for each in by_event if isinstance(each, Told)]

    told = {each.id: each for each in await history(api)}

    assert set(told) == {each.id for each in events}
    for event in events:
        mine = told[event.id]
        assert (mine.kind, mine.refund_of) == (event.kind, event.refund_of)
        assert mine.invoice.number == event.invoice.number or mine.kind is Kind.REFUND
        assert set(mine.payment.references) <= set(event.payment.references)
    renewal, event = told["3200022:000000141-6"], events[1]
    assert renewal.subscription is not None
    assert event.subscription is not None
    assert renewal.subscription.ref == event.subscription.ref
    assert renewal.subscription.status is None


@pytest.mark.parametrize("per_page", [100, 7, 3, 2])
async def test_an_order_is_whole_wherever_the_pages_end(api: ThriveCartApi, per_page: int) -> None:
    api.per_page = per_page
    for number in range(9):
        at, order = SOLD_AT + number * 600, f"4100{number}"
        api.transaction(order_id=order, timestamp=at, amount=1000 + number)
        api.transaction(order_id=f"other{number}", timestamp=at + 60, amount=77)
        api.transaction(order_id=order, timestamp=at + 120, item_type="upsell", item_id=3, amount=500, item_name="Ink")

    told = {each.id: each for each in await history(api)}

    assert len(told) == 18
    for number in range(9):
        whole = told[f"4100{number}"]
        assert (whole.total, [line.product for line in whole.lines]) == (1500 + number, ["product-12", "upsell-3"])
        assert (whole.occurred_at, sums_match(whole)) == ((SOLD_AT + number * 600) * SECOND, True)


async def test_what_comes_in_while_it_is_read_shows_nothing_twice(api: ThriveCartApi) -> None:
    for number in range(4):
        api.transaction(order_id=f"o{number}", timestamp=SOLD_AT + number)
    api.per_page = 2
    account = Account(KEY, api.url)
    async with calling() as send:
        first = await send(CART.ask(account, CART.first, None))
        assert isinstance(first, Answer)
        page = CART.read(CART.first, first, AT)
        assert isinstance(page, Page)
        assert (page.items, page.next is None) == ((), False)  # all of one hour: they may grow
        api.transaction(order_id="newer", timestamp=SOLD_AT + 9)
        assert page.next is not None
        second = await send(CART.ask(account, page.next, None))
        assert isinstance(second, Answer)
        page = CART.read(page.next, second, AT)
        assert isinstance(page, Page)
        assert page.next is not None
        number, held = json.loads(page.next.after or "")
        assert (number, [row["order_id"] for row in held]) == (3, ["o3", "o2", "o1"])


async def test_tax_and_quantity_are_told_where_a_row_tells_them(api: ThriveCartApi) -> None:
    api.transaction(amount=10000, amount_gross=11900, tax_paid=1900, quantity=2, item_name="Ink &amp; Paper")
    (order,) = await history(api)
    (line,) = order.lines
    assert (order.total, line.tax_amount, int(line.quantity), line.description) == (11900, 1900, 2, "Ink & Paper")
    assert sums_match(order)


async def test_a_refund_may_be_written_as_a_negative_amount_and_of_a_recurring_payment(api: ThriveCartApi) -> None:
    api.transaction("refund", amount=-2500, invoice_id="000001382-1")
    (refund,) = await history(api)
    assert (refund.total, refund.refund_of, refund.invoice.number) == (2500, "41000556:000001382-1", None)


async def test_a_cancellation_ends_its_subscription(api: ThriveCartApi) -> None:
    api.transaction("cancel", amount=0)
    (change,) = await history(api)
    assert change.subscription is not None
    assert (change.kind, change.subscription.ref, change.subscription.status) == (
        Kind.SUBSCRIPTION_CHANGED,
        "41000556:product-12",
        "cancelled",
    )


@pytest.mark.parametrize(("word", "status"), [("active", "active"), ("paused", "paused"), ("asleep", None)])
async def test_how_a_subscription_stands_where_its_payment_says_so(
    api: ThriveCartApi, word: str, status: str | None
) -> None:
    api.transaction("rebill", invoice_id="000001382-1", subscription_current_status=word, mode_int=1)
    (renewal,) = await history(api)
    assert renewal.subscription is not None
    assert (renewal.subscription.status, renewal.test) == (status, True)


def listed(*rows: object) -> list[object]:
    body = {"transactions": rows, "meta": {"total": len(rows), "results": 100}}
    page = CART.read(CART.first, Answer(200, {}, json.dumps(body).encode()), AT)
    assert isinstance(page, Page)
    assert page.next is None
    return [item.reading for item in page.items]


ROW: dict[str, Any] = {
    "event_id": "1", "timestamp": SOLD_AT, "transaction_type": "charge", "item_type": "product", "item_id": 1,
    "amount": 500, "order_id": "7", "invoice_id": "8", "currency": "USD", "customer": {"email": "a@example.com"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"currency": "XXL"}, "transactions[0].currency"),
        ({"amount": "much"}, "transactions[0].amount"),
        ({"amount": None}, "transactions[0].amount"),
        ({"order_id": None}, "transactions[0].order_id"),
        ({"transaction_type": "refund", "event_id": None}, "transactions[0].event_id"),
        ({"transaction_type": "rebill", "item_id": None, "item_name": "x"}, "transactions[0].item_id"),
        ({"customer": {"email": "nobody"}}, "transactions[0].customer.email"),
    ],
)
def test_one_odd_row_never_stops_the_others(fields: dict[str, object], field: str) -> None:
    odd, other = listed({**ROW, "order_id": "9", "event_id": "2"}, ROW | fields)
    assert isinstance(odd, Unreadable)
    assert odd.field == field
    assert isinstance(other, Told)


def test_what_moved_no_money_tells_nothing() -> None:
    assert [type(each) for each in listed(ROW | {"amount": 0}, ROW | {"transaction_type": "vote"}, "no row")] == [
        Ignored,
        Ignored,
    ]


def test_what_is_said_of_a_page_that_did_not_come() -> None:
    def said(status: int, body: object) -> Page | Trouble:
        return CART.read(CART.first, Answer(status, {}, json.dumps(body).encode()), AT)

    assert said(401, {"error": "auth.missing"}) == Trouble(
        Cause.DENIED, "ThriveCart doesn't know this key: auth.missing"
    )
    assert said(429, {}) == Trouble(Cause.LATER, "ThriveCart takes no more than 60 questions a minute", 60.0)
    odd = said(200, {"transactions": "none"})
    assert isinstance(odd, Trouble)
    assert odd.cause is Cause.FAILED


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(ROW)), inner, max_size=5),
    max_leaves=12,
)


@given(st.lists(_JSON, max_size=4), st.integers(200, 599))
def test_whatever_comes_is_a_page_or_a_trouble(rows: list[object], status: int) -> None:
    body = json.dumps({"transactions": rows, "meta": {"total": 1000}}).encode()
    assert isinstance(CART.read(Place("transactions"), Answer(status, {}, body), AT), Page | Trouble)
