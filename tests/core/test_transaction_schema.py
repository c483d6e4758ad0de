"""The shipped JSON Schema is the code's, and says of an example what the code says wherever a schema can."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from worker import shipped
from worker.core import acceptance
from worker.core.transaction import Transaction
from worker.core.transaction_schema import schema, schema_text

SCHEMA = schema()
ADA = {"email": "ada@example.com"}
LINE = {"description": "Course", "quantity": 1, "unit_amount": 4900, "tax_rate": "19", "tax_amount": 931}
SALE = {
    "id": "T-1042",
    "kind": "sale",
    "occurred_at": "2026-11-22T18:48:00Z",
    "currency": "EUR",
    "total": 5831,
    "customer": ADA,
    "lines": [LINE],
}
EVERYTHING = SALE | {
    "test": False,
    "prices_include_tax": False,
    "customer": {
        **ADA,
        "ref": "cus_1",
        "name": "Ada L.",
        "company": None,
        "tax_id": None,
        "phone": None,
        "locale": "en",
        "address": {
            "line1": "1 High St",
            "line2": None,
            "city": "Leeds",
            "region": None,
            "postal_code": "LS1 1AA",
            "country": "GB",
        },
    },
    "lines": [{**LINE, "product": "course-1", "discount_amount": 0, "tax_category": "S", "access_url": None}],
    "payment": {"method": "card", "brand": "visa", "last4": "4242", "expires": "2028-04", "references": ["ch_1"]},
    "subscription": {
        "ref": "S-7",
        "interval": "month",
        "interval_count": 1,
        "status": "active",
        "next_payment_at": "2026-12-22T18:48:00Z",
        "next_amount": 5831,
        "payments_made": 1,
        "payments_total": None,
        "cancel_at": None,
    },
    "invoice": {"issuer": "us", "number": None, "url": None},
    "refund_of": None,
    "receipt_style": None,
}
REFUND = {**SALE, "kind": "refund", "refund_of": "T-1", "customer": {"ref": "cus_1"}, "lines": []}
BARE = {"id": "T-2", "occurred_at": "2026-11-22T18:48:00Z", "customer": {"ref": "cus_1"}}


def without(name: str, said: Mapping[str, Any] = SALE) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key != name}


GOOD = {
    "sale": SALE,
    "everything": EVERYTHING,
    "renewal": {**SALE, "kind": "renewal"},
    "free": {**SALE, "total": 0, "lines": [{"description": "Gift", "quantity": "0.5", "unit_amount": 0}]},
    "refund": REFUND,
    "customer changed": {**BARE, "kind": "customer_changed"},
    "payment failed": {**BARE, "kind": "payment_failed", "total": None},
    "subscription changed": {**BARE, "kind": "subscription_changed", "subscription": {"ref": "S-7"}},
}
BAD: dict[str, object] = {
    "no object": [SALE],
    "empty": {},
    **{f"no {name}": without(name) for name in SALE},
    **{f"null {name}": {**SALE, name: None} for name in SALE},
    "unknown field": {**SALE, "totl": 1},
    "unknown inner field": {**SALE, "customer": {**ADA, "adress": None}},
    "unknown kind": {**SALE, "kind": "gift"},
    "no email": {**SALE, "customer": {"ref": "cus_1"}},
    "no line": {**SALE, "lines": []},
    "fraction": {**SALE, "total": 58.31},
    "text": {**SALE, "total": "5831"},
    "negative": {**SALE, "total": -1},
    "huge": {**SALE, "total": 10**12 + 1},
    "true": {**SALE, "total": True},
    "small currency": {**SALE, "currency": "eur"},
    "line without quantity": {**SALE, "lines": [without("quantity", LINE)]},
    "fractional quantity": {**SALE, "lines": [{**LINE, "quantity": 1.5}]},
    "fine quantity": {**SALE, "lines": [{**LINE, "quantity": "0.1234567"}]},
    "long name": {**SALE, "customer": {**ADA, "name": "n" * 501}},
    "country's name": {**SALE, "customer": {**ADA, "address": {"country": "Germany"}}},
    "card number": {**SALE, "payment": {"last4": "4242424242424242"}},
    "unknown category": {**SALE, "lines": [{**LINE, "tax_category": "X"}]},
    "refund of nothing": without("refund_of", REFUND),
    "refund of nobody": {**REFUND, "customer": {}},
    "sale as a refund": {**SALE, "refund_of": "T-1"},
    "money that did not move": {**BARE, "kind": "payment_failed", "total": 1},
    "lines without money": {**BARE, "kind": "customer_changed", "lines": [LINE]},
    "change of no subscription": {**BARE, "kind": "subscription_changed"},
    "subscription without a name": {**SALE, "subscription": {"status": "active"}},
}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_accepted_keeps_to_the_schema(name: str) -> None:
    assert isinstance(acceptance.read(GOOD[name]), Transaction)
    assert keeps(GOOD[name], SCHEMA)


@pytest.mark.parametrize("name", BAD)
def test_what_breaks_the_schema_is_refused(name: str) -> None:
    assert not isinstance(acceptance.read(BAD[name]), Transaction)
    assert not keeps(BAD[name], SCHEMA)


def test_the_file_that_ships_is_the_codes_own() -> None:
    write = "from worker.core.transaction_schema import schema_text; print(schema_text(), end='')"
    said = shipped.path("data", "transaction.schema.json").read_text(encoding="utf-8")

    assert said == schema_text(), f'run: .venv/bin/python -c "{write}" > data/transaction.schema.json'


def keeps(value: object, node: Mapping[str, Any]) -> bool:
    """Whether a value keeps to a schema; a keyword that this reader doesn't know fails the test."""
    return all(_RULES[keyword](value, said, node) for keyword, said in node.items())


def _is(value: object, name: str) -> bool:
    if name in ("integer", "number"):
        return isinstance(value, int) and not isinstance(value, bool)
    types = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    return isinstance(value, types[name])


def _properties(value: object, said: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
    return not isinstance(value, dict) or all(keeps(value[name], said[name]) for name in said if name in value)


def _additional(value: object, said: object, node: Mapping[str, Any]) -> bool:
    assert said is False
    return not isinstance(value, dict) or set(value) <= set(node["properties"])


def _number(holds: Callable[[int, int], bool]) -> Callable[[object, Any, object], bool]:
    return lambda value, said, node: not _is(value, "integer") or holds(int(str(value)), said)


def _sized(kind: type, holds: Callable[[int, int], bool]) -> Callable[[object, Any, object], bool]:
    return lambda value, said, node: not isinstance(value, kind) or holds(len(value), said)  # type: ignore[arg-type]


def _same(one: object, other: object) -> bool:
    return json.dumps(one) == json.dumps(other)


_RULES: Mapping[str, Callable[[object, Any, Mapping[str, Any]], bool]] = {
    **dict.fromkeys(("$schema", "$defs", "title", "description", "default", "format", "then"), lambda v, s, n: True),
    "$ref": lambda value, said, node: keeps(value, SCHEMA["$defs"][said.removeprefix("#/$defs/")]),
    "type": lambda value, said, node: _is(value, said),
    "enum": lambda value, said, node: any(_same(value, each) for each in said),
    "not": lambda value, said, node: not keeps(value, said),
    "anyOf": lambda value, said, node: any(keeps(value, each) for each in said),
    "allOf": lambda value, said, node: all(keeps(value, each) for each in said),
    "if": lambda value, said, node: not keeps(value, said) or keeps(value, node["then"]),
    "properties": _properties,
    "additionalProperties": _additional,
    "required": lambda value, said, node: not isinstance(value, dict) or set(said) <= set(value),
    "items": lambda value, said, node: not isinstance(value, list) or all(keeps(each, said) for each in value),
    "minItems": _sized(list, int.__ge__),
    "maxItems": _sized(list, int.__le__),
    "minLength": _sized(str, int.__ge__),
    "maxLength": _sized(str, int.__le__),
    "minimum": _number(int.__ge__),
    "maximum": _number(int.__le__),
    "pattern": lambda value, said, node: not isinstance(value, str) or re.search(said, value) is not None,
}
