"""Stripe's history: the questions, and what its lists tell, which is what its events tell of the same objects."""

import json
from base64 import b64decode
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.goldens import body_of, events, read
from worker.core.instant import SECOND
from worker.core.transaction import Kind, Transaction
from worker.core.web_call import Answer
from worker.sources import BACKFILLS
from worker.sources.account import Account, Cause, Trouble
from worker.sources.backfill import Item, Page, Place, place_from_text, place_to_text
from worker.sources.event import Ignored, Told, Unreadable

STRIPE = BACKFILLS["stripe"]
ASKED_AT = 1_795_400_000 * SECOND
PARTS = {
    "charge.succeeded": "charges",
    "charge.captured": "charges",
    "charge.refunded": "charges",
    "invoice.paid": "invoices",
    "invoice.payment_succeeded": "invoices",
    "checkout.session.completed": "checkout sessions",
    "customer.updated": "customers",
    "customer.subscription.updated": "subscriptions",
}


def listed(part: str, *objects: object, more: bool = False, after: str | None = None) -> Page | Trouble:
    body = {"object": "list", "data": objects, "has_more": more}
    return STRIPE.read(Place(part, after), Answer(200, {}, json.dumps(body).encode()), ASKED_AT)


def only(part: str, told: object) -> Item:
    page = listed(part, told)
    assert isinstance(page, Page)
    (item,) = page.items
    return item


def transactions(part: str, told: object) -> tuple[Transaction, ...]:
    reading = only(part, told).reading
    assert isinstance(reading, Told), reading
    return reading.transactions


def refused(status: int, part: str = "charges", after: str | None = None, **error: str) -> Page | Trouble:
    headers = {"retry-after": "7"} if status == 429 else {}
    return STRIPE.read(Place(part, after), Answer(status, headers, json.dumps({"error": error}).encode()), ASKED_AT)


UNLISTED = "charge.refunded.rest.json"
"""Its charge lists no refunds; the lists of the API are asked to."""


def fixtures() -> list[str]:
    known = (name for name in events("stripe") if name != UNLISTED)
    return [name for name in known if json.loads(body_of("stripe", name))["type"] in PARTS]


@pytest.mark.parametrize("name", fixtures())
def test_an_object_tells_what_its_event_tells(name: str) -> None:
    event = json.loads(body_of("stripe", name))
    by_event = read("stripe", body_of("stripe", name))
    part, told = PARTS[event["type"]], event["data"]["object"]
    reading = only(part, told).reading
    if not isinstance(by_event, Told):
        assert type(reading) in (type(by_event), Ignored)
        return
    assert isinstance(reading, Told), reading
    said = by_event.transactions[0]
    mine = [each for each in reading.transactions if each.kind is said.kind][-1]
    if part in ("customers", "subscriptions"):  # they change: their ids and times are not the event's
        mine = replace(mine, id=said.id, occurred_at=said.occurred_at)
    if said.kind is Kind.REFUND:
        mine = replace(mine, occurred_at=said.occurred_at)
    if event["type"] == "checkout.session.completed":
        mine = replace(mine, occurred_at=said.occurred_at)
    assert mine == replace(said, test=mine.test)


CHARGE: dict[str, Any] = {
    "id": "ch_1", "object": "charge", "amount": 5000, "amount_refunded": 1500, "currency": "eur", "created": 1700000000,
    "paid": True, "status": "succeeded", "captured": True, "customer": "cus_1", "payment_intent": "pi_1",
    "billing_details": {"email": "ada@example.com"},
}  # fmt: skip


def refund(number: int, amount: int, status: str = "succeeded") -> dict[str, object]:
    return {"id": f"re_{number}", "amount": amount, "created": 1700000000 + number, "status": status}


def test_each_refund_has_the_id_of_its_event() -> None:
    charge = CHARGE | {"refunds": {"data": [refund(3, 400), refund(2, 99, "failed"), refund(1, 1100)]}}
    sale, first, second = transactions("charges", charge)
    assert (sale.kind, sale.total) == (Kind.SALE, 5000)
    assert [(each.id, each.total, each.refund_of) for each in (first, second)] == [
        ("ch_1:refunded:1100", 1100, "pi_1"),
        ("ch_1:refunded:1500", 400, "pi_1"),
    ]
    assert first.payment.references == ("re_1",)


def test_refunds_beyond_those_that_are_listed_come_as_one() -> None:
    _, rest, last = transactions("charges", CHARGE | {"refunds": {"data": [refund(9, 500)]}})
    assert [(rest.id, rest.total), (last.id, last.total)] == [("ch_1:refunded:1000", 1000), ("ch_1:refunded:1500", 500)]


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("charges", CHARGE | {"paid": False, "status": "failed"}),
        ("charges", CHARGE | {"status": "pending"}),
        ("charges", CHARGE | {"captured": False}),
        ("invoices", {"id": "in_1", "status": "draft"}),
        ("invoices", {"id": "in_1", "status": "void", "paid": True}),
        ("subscriptions", {"id": "sub_1", "status": "incomplete"}),
    ],
)
def test_what_was_not_paid_tells_nothing(part: str, told: dict[str, object]) -> None:
    assert isinstance(only(part, told).reading, Ignored)


def test_a_subscription_is_told_anew_only_when_it_has_changed() -> None:
    plan = {
        "id": "sub_1",
        "customer": "cus_1",
        "status": "active",
        "currency": "eur",
        "created": 1,
        "items": {"data": []},
    }
    active, again, ended = (
        transactions("subscriptions", each)[0]
        for each in (plan, plan | {"metadata": {"a": "b"}}, plan | {"status": "canceled"})
    )
    assert active.id == again.id != ended.id
    assert (active.occurred_at, active.subscription and active.subscription.status) == (ASKED_AT, "active")
    at_its_end = transactions("subscriptions", plan | {"status": "canceled", "ended_at": 1700000500})[0]
    assert at_its_end.occurred_at == 1700000500 * SECOND


def test_one_odd_object_never_stops_the_others() -> None:
    page = listed("charges", CHARGE | {"amount": "much"}, CHARGE, {"id": None}, "nothing", more=False)
    assert isinstance(page, Page)
    assert [type(item.reading) for item in page.items] == [Ignored, Ignored, Told, Unreadable]
    assert page.items[-1].reading == Unreadable("must be a plain number", "data.object.amount")


def test_pages_follow_each_other_through_all_parts() -> None:
    page = listed("charges", CHARGE | {"id": "ch_2"}, CHARGE, more=True)
    assert isinstance(page, Page)
    assert ([item.name for item in page.items], page.next) == (["ch_1", "ch_2"], Place("charges", "ch_1"))
    last = listed("charges", CHARGE)
    assert isinstance(last, Page)
    assert last.next == Place("invoices")
    end = listed("subscriptions")
    assert isinstance(end, Page)
    assert (end.items, end.next) == ((), None)
    assert place_from_text(place_to_text(Place("charges", "ch_1"))) == Place("charges", "ch_1")


def test_the_questions() -> None:
    first = STRIPE.ask(Account("rk_1"), STRIPE.first, None)
    assert (first.method, urlsplit(first.url).netloc, urlsplit(first.url).path) == (
        "GET",
        "api.stripe.com",
        "/v1/customers",
    )
    assert b64decode(first.headers["Authorization"].removeprefix("Basic ")) == b"rk_1:"
    assert "rk_1" not in repr(first) + repr(Account("rk_1"))
    since = STRIPE.ask(Account("rk_1", "http://localhost:8420"), Place("charges", "ch_9"), ASKED_AT)
    assert since.url.startswith("http://localhost:8420/v1/charges?")
    assert parse_qs(urlsplit(since.url).query) == {
        "limit": ["100"],
        "expand[]": ["data.refunds"],
        "starting_after": ["ch_9"],
        "created[gte]": [str(ASKED_AT // SECOND)],
    }
    assert "created" not in STRIPE.ask(Account("rk_1"), Place("subscriptions"), ASKED_AT).url


def test_what_is_said_of_a_page_that_did_not_come() -> None:
    assert refused(401, message="Invalid API Key") == Trouble(
        Cause.DENIED, "Stripe doesn't know this key: Invalid API Key"
    )
    assert refused(403, message="rak_charge_read") == Trouble(
        Cause.DENIED, "this key may not read charges: rak_charge_read"
    )
    assert refused(429) == Trouble(Cause.LATER, "Stripe answers 429", 7.0)
    assert refused(503) == Trouble(Cause.LATER, "Stripe answers 503")
    gone = refused(400, after="ch_9", code="resource_missing")
    assert isinstance(gone, Trouble)
    assert gone.cause is Cause.LOST
    failed = refused(400, message="no such version")
    assert failed == Trouble(Cause.FAILED, "Stripe answers 400, asked to read charges: no such version")
    left_out = refused(403, "checkout sessions")
    assert isinstance(left_out, Page)
    assert (left_out.items, left_out.next) == ((), Place("subscriptions"))
    assert left_out.note is not None


@given(st.sampled_from(STRIPE.parts), st.integers(200, 599), st.binary(max_size=300), st.none() | st.text(max_size=5))
def test_whatever_comes_is_a_page_or_a_trouble(part: str, status: int, body: bytes, after: str | None) -> None:
    answer = Answer(status, {"retry-after": after or ""}, body)
    assert isinstance(STRIPE.read(Place(part, after), answer, ASKED_AT), Page | Trouble)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(CHARGE)), inner, max_size=5),
    max_leaves=12,
)


@given(
    st.sampled_from(STRIPE.parts), st.dictionaries(st.sampled_from([*CHARGE, "refunds", "items", "ended_at"]), _JSON)
)
def test_whatever_an_object_says_is_read_or_odd(part: str, told: dict[str, object]) -> None:
    assert isinstance(listed(part, told), Page)
