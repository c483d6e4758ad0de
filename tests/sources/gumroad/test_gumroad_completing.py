"""How much was given back of a sale, by Gumroad's own word, where its event says only that it was a part."""

import json
from dataclasses import replace
from typing import Any

import pytest

from sources.goldens import body_of, read
from support.gumroad_api import GumroadApi
from worker.core.instant import parse
from worker.core.raw_event import RawEvent
from worker.core.transaction import Kind
from worker.core.web_call import Answer
from worker.sources import COMPLETINGS
from worker.sources.account import Account, Cause, Trouble
from worker.sources.event import Told, Unreadable

GUMROAD = COMPLETINGS["gumroad"]
NOW = parse("2026-11-22T19:00:00Z")
SALE = "FO8TXN-dbxYaBdahG97Y-Q=="
PART = RawEvent({}, body_of("gumroad", "refund.partial.form"), NOW)


def answered(status: int = 200, **sale: Any) -> Told | Trouble:
    told = GumroadApi().sale(1, **{"id": SALE, "partially_refunded": True, **sale})
    return GUMROAD.read(PART, Answer(status, {}, json.dumps({"success": True, "sale": told}).encode()))


def test_the_sale_is_asked_for_by_its_id() -> None:
    assert isinstance(read("gumroad", PART.body), Unreadable)
    call = GUMROAD.ask(Account("token"), PART)
    assert call is not None
    assert (call.method, call.url) == ("GET", "https://api.gumroad.com/v2/sales/FO8TXN-dbxYaBdahG97Y-Q%3D%3D")
    assert GUMROAD.ask(Account("token"), replace(PART, body=b"resource_name=refund")) is None
    assert GUMROAD.ask(Account("token"), replace(PART, body=b"\xff{")) is None


@pytest.mark.parametrize(("left", "so_far"), [("19.50", 950), ("0.01", 2899), ("$20", 900), ("28", 100)])
def test_what_was_given_back_until_now_is_told(left: str, so_far: int) -> None:
    found = answered(amount_refundable_in_currency=left)
    assert isinstance(found, Told)
    (told,) = found.transactions
    assert found.so_far
    assert (told.kind, told.total, told.refund_of, told.currency) == (Kind.REFUND, so_far, SALE, "USD")
    assert (told.id, told.occurred_at, told.customer.email) == (f"{SALE}:refunded:{so_far}", NOW, "ada@example.com")


def test_the_rest_given_back_meanwhile_is_all() -> None:
    found = answered(refunded=True, partially_refunded=False, amount_refundable_in_currency="0")
    assert isinstance(found, Told)
    assert found.transactions[0].total == 2900


@pytest.mark.parametrize(
    ("cause", "sale"),
    [
        (Cause.FAILED, {"currency": "jpy", "amount_refundable_in_currency": "1,200"}),
        (Cause.FAILED, {"partially_refunded": False}),
        (Cause.FAILED, {"amount_refundable_in_currency": "some"}),
        (Cause.FAILED, {"id": "another"}),
        (Cause.FAILED, {"price": None}),
        (Cause.DENIED, {"status": 401}),
        (Cause.LATER, {"status": 500}),
    ],
)
def test_what_is_not_said_is_not_made_up(cause: Cause, sale: dict[str, Any]) -> None:
    found = answered(**sale)
    assert isinstance(found, Trouble)
    assert found.cause is cause


def test_a_sale_that_gumroad_does_not_know() -> None:
    body = b'{"success": false, "message": "The sale was not found."}'
    found = GUMROAD.read(PART, Answer(200, {}, body))
    assert found == Trouble(Cause.LOST, "Gumroad knows no such sale: The sale was not found.")
