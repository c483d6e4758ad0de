"""What a shop may send by mistake or malice: its status, the field that is named, and that nothing of it is kept."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from flows.hub import BEARER, Visitor, sale

LINE: Mapping[str, Any] = sale()["lines"][0]
JSON = {"Content-Type": "application/json"}


async def send(visitor: Visitor, body: bytes, headers: Mapping[str, str] = JSON) -> tuple[int, str]:
    """The status, and the reason of the only problem."""
    answer = await visitor.ask("POST", "/api/transactions", data=body, headers={**BEARER, **headers})
    [problem] = answer.json()["problems"]
    return answer.status, problem["reason"]


async def nothing_is_kept(visitor: Visitor) -> bool:
    return not await visitor.rows("transactions_due", now=1 << 62, most=10)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "line 1, column 1"),
        (b"{", "line 1, column 2"),
        (b'{"id": "T-1",\n "total": 58,31}', "line 2, column 14"),
        (b'{"id": "T-1"\n "total": 1}', "line 2, column 2: expecting ',' delimiter"),
        (b"{'id': 'T-1'}", "line 1, column 2"),
        (b'{"id": "T-1"} {}', "line 1, column 15: extra data"),
        (b'{"id": "a\nb"}', "line 1, column 10: invalid control character"),
        (b'{"id": "T-1", "total": 1, "total": 2}', "the key 'total' twice"),
        (b'{"customer": {"email": "a@example.com", "email": "b@example.com"}}', "the key 'email' twice"),
        (b'{"total": NaN}', "NaN"),
        (b'{"total": -Infinity}', "-Infinity"),
        (b'{"id": "caf\xe9"}', "byte 12"),
        (json.dumps(sale()).encode("utf-16"), "not UTF-8"),
        (b'{"total": ' + b"9" * 5000 + b"}", "too long"),
        (b"[" * 100_000, "too deep"),
        (b"[" * 11 + b"]" * 11, "9 levels"),
        (b'{"id":' * 12 + b"1" + b"}" * 12, "9 levels"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else None,
)
async def test_what_is_no_json_is_told_by_its_place(sqlite_visitor: Visitor, body: bytes, says: str) -> None:
    status, reason = await send(sqlite_visitor, body)

    assert status == 400
    assert says in reason
    assert await nothing_is_kept(sqlite_visitor)


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"Content-Type": "text/plain"}, "Content-Type: application/json"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "Content-Type: application/json"),
        ({"Content-Type": "application/octet-stream"}, "Content-Type: application/json"),
        ({**JSON, "Content-Encoding": "gzip"}, "compressed"),
    ],
)
async def test_only_plain_json_is_read(sqlite_visitor: Visitor, headers: Mapping[str, str], says: str) -> None:
    status, reason = await send(sqlite_visitor, json.dumps(sale()).encode(), headers)

    assert status == 415
    assert says in reason


async def test_utf_8_is_read_with_and_without_its_mark(sqlite_visitor: Visitor) -> None:
    for number, mark in enumerate((b"", b"\xef\xbb\xbf")):
        body = mark + json.dumps(sale(id=f"T-{number}"), ensure_ascii=False).encode()
        headers = {**BEARER, "Content-Type": "application/json; charset=utf-8"}
        answer = await sqlite_visitor.ask("POST", "/api/transactions", data=body, headers=headers)
        assert answer.status == 201


@pytest.mark.parametrize("length_is_told", [True, False])
async def test_a_body_of_ten_megabytes_is_refused(sqlite_visitor: Visitor, length_is_told: bool) -> None:
    async def in_pieces() -> Any:
        for _ in range(160):
            yield b" " * 65536

    data = b" " * 10 * 1024 * 1024 if length_is_told else in_pieces()
    answer = await sqlite_visitor.ask("POST", "/api/transactions", data=data, headers={**BEARER, **JSON})

    assert answer.status == 413
    assert "1048576 bytes" in answer.json()["problems"][0]["reason"]
    assert (await sqlite_visitor.tell(sale())).status == 201


def customer(**said: object) -> dict[str, Any]:
    return sale(customer={"email": "ada@example.com", **said})


def line(**said: object) -> dict[str, Any]:
    return sale(lines=[{**LINE, **said}])


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in sale().items() if name not in names}


@pytest.mark.parametrize(
    ("said", "path", "says"),
    [
        ("T-1042", "", "object"),
        (None, "", "object"),
        (without("id"), "id", "required"),
        (without("currency"), "currency", "required"),
        (without("customer"), "customer.email", "required"),
        (without("lines"), "lines", "at least one"),
        (sale(id=""), "id", "must not be empty"),
        (sale(id="T\r\nBcc: eve@example.com"), "id", "such as T-1042"),
        (sale(id="\ud800"), "id", "such as T-1042"),
        (sale(kind="gift"), "kind", "'sale'"),
        (sale(totl=5831), "totl", "did you mean 'total'"),
        (customer(adress={}), "customer.adress", "did you mean 'address'"),
        (line(unit_amont=1), "lines[0].unit_amont", "did you mean 'unit_amount'"),
        (sale(total=5832), "total", "the lines come to 5831"),
        (sale(total=58.31), "total", "whole number"),
        (sale(total="5831"), "total", "whole number"),
        (sale(total=-5831), "total", "0 or more"),
        (sale(total=10**13), "total", "1000000000000 or less"),
        (sale(total=10**30), "total", ""),
        (sale(total=True), "total", ""),
        (sale(currency="EURO"), "currency", "ISO 4217"),
        (sale(currency="eur"), "currency", "ISO 4217"),
        (sale(currency="XYZ"), "currency", "ISO 4217"),
        (sale(occurred_at="2026-02-30T10:00:00Z"), "occurred_at", "2026-11-22T18:48:00Z"),
        (sale(occurred_at="2026-11-22T18:48:00"), "occurred_at", "offset"),
        (sale(occurred_at="22.11.2026"), "occurred_at", "2026-11-22T18:48:00Z"),
        (sale(occurred_at="9999-12-31T23:59:59Z"), "occurred_at", "2200"),
        (sale(occurred_at="2026-11-23T18:48:01Z"), "occurred_at", "more than a day ahead of the clock here"),
        (sale(occurred_at="2199-11-22T18:48:00Z"), "occurred_at", "which shows 2026-11-22T18:48:00Z"),
        (sale(occurred_at=1795373280), "occurred_at", "2026-11-22T18:48:00Z"),
        (line(quantity=0), "lines[0].quantity", "more than 0"),
        (line(quantity=1.5), "lines[0].quantity", "in quotes"),
        (line(quantity="0.1234567"), "lines[0].quantity", "6 decimal places"),
        (line(quantity="NaN"), "lines[0].quantity", "more than 0"),
        (line(description="x" * 501), "lines[0].description", "500"),
        (line(access_url="javascript:alert(1)"), "lines[0].access_url", "https://"),
        (line(tax_rate=190), "lines[0].tax_rate", "between 0 and 100"),
        (customer(email="ada"), "customer.email", "email address"),
        (customer(email="ada@example.com\r\nBcc: eve@example.com"), "customer.email", "email address"),
        (customer(email="ada\n@example.com"), "customer.email", "email address"),
        (customer(email="ada@ex\u0430mple.com"), "customer.email", "two alphabets"),
        (customer(email="ada@example.com, eve@example.com"), "customer.email", "email address"),
        (customer(email="аda@example.com"), "customer.email", "email address"),
        (customer(email="ada@\u212aexample.com"), "customer.email", "email address"),
        (customer(email="ada@localhost"), "customer.email", "email address"),
        (customer(email="a" * 300 + "@example.com"), "customer.email", "254"),
        (customer(name="n" * 501), "customer.name", "500"),
        (customer(address={"country": "Germany"}), "customer.address.country", "such as GB"),
        (sale(kind="refund"), "refund_of", "id of the sale"),
        (sale(refund_of="T-1"), "refund_of", "refunds only"),
        (sale(payment={"last4": "4242424242424242"}), "payment.last4", "four digits"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_what_is_wrong_is_told_by_its_field(sqlite_visitor: Visitor, said: object, path: str, says: str) -> None:
    answer = await sqlite_visitor.tell(said)

    assert answer.status == 422
    told = answer.json()
    assert told["outcome"] == "rejected"
    assert told["path"] == path
    assert says in told["reason"]
    assert {"path": told["path"], "reason": told["reason"]} == told["problems"][0]
    assert await nothing_is_kept(sqlite_visitor)

    [item] = (await sqlite_visitor.tell([said])).json()
    assert (item["outcome"], item["path"], item["reason"]) == ("rejected", path, told["reason"])


async def test_a_day_ahead_is_what_time_zones_may_come_to(sqlite_visitor: Visitor) -> None:
    assert (await sqlite_visitor.tell(sale(occurred_at="2026-11-23T18:48:00Z"))).status == 201


async def test_all_problems_of_a_transaction_are_told_at_once(sqlite_visitor: Visitor) -> None:
    answer = await sqlite_visitor.tell({**without("id"), "currency": "euro", "total": "x"})

    assert {each["path"] for each in answer.json()["problems"]} == {"id", "currency", "total"}


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("Ada\r\nBcc: eve@example.com", "Ada Bcc: eve@example.com"),
        ("Ada\u0000Lindqvist", "Ada Lindqvist"),
        ('Ada "the <b>Countess</b>" O\'Neill', 'Ada "the <b>Countess</b>" O\'Neill'),
        ("=?utf-8?q?Eve?=", "=?utf-8?q?Eve?="),
        ("عائشة \u202eزيدان", "عائشة زيدان"),
        ("👩🏽‍🎨 Ada", "👩🏽‍🎨 Ada"),
        ("ß" * 500, "ß" * 500),
        ("   ", ""),
    ],
)
async def test_any_name_is_taken_and_comes_without_control_characters(
    sqlite_visitor: Visitor, name: str, cleaned: str
) -> None:
    answer = await sqlite_visitor.tell(customer(name=name))

    assert answer.status == 201
    [row] = [
        await sqlite_visitor.database.store.read(
            lambda tx: tx.one("transaction_by_source_id", source="api", source_id="T-1042")
        )
    ]
    assert row is not None
    assert json.loads(row["body"])["customer"]["name"] == cleaned
