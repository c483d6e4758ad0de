"""The JSON Schema of a transaction, for whoever tells us one: `data/transaction.schema.json` is this, written down.

It says everything that a schema can say. What it can't (sums, whether a currency or a date exists, whether an address
is one) is said by the answer to a transaction that is wrong.
"""

import json
from typing import Any

from worker.core.transaction import TRANSACTION, Kind

Schema = dict[str, Any]

_ABOUT = (
    "One transaction, as POST /api/transactions and `letterkey enqueue` take it. Amounts are whole minor units: 5831 "
    "is 58.31 EUR, or 5831 JPY. A line is quantity × unit_amount, rounded half up, − discount_amount, + tax_amount "
    "unless prices_include_tax. The lines must come to the total."
)


def schema() -> Schema:
    """The schema, with what each kind of transaction needs besides what all need."""
    generated = _without_titles(TRANSACTION.json_schema())
    generated.pop("description")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Letterkey transaction",
        "description": _ABOUT,
        **generated,
        "required": ["id", "kind", "occurred_at", "customer"],
        "allOf": [
            _when([kind for kind in Kind if kind.is_payment], _needs("currency", "total", "lines"), _PAYMENT),
            _when([kind for kind in Kind if not kind.is_payment], _SOMEBODY),
            _when([Kind.REFUND], _needs("currency", "total", "refund_of")),
            _when([kind for kind in Kind if kind is not Kind.REFUND], _never("refund_of")),
            _when([kind for kind in Kind if not kind.has_money], _never("total"), _NO_LINES),
            _when([Kind.SUBSCRIPTION_CHANGED], _needs("subscription")),
        ],
    }


def schema_text() -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _without_titles(node: Any) -> Any:
    """Titles that only repeat a field's name help nobody. (A field may be called `title`; its value is no text.)"""
    if isinstance(node, dict):
        return {
            name: _without_titles(value)
            for name, value in node.items()
            if not (name == "title" and isinstance(value, str))
        }
    return [_without_titles(each) for each in node] if isinstance(node, list) else node


def _when(kinds: list[Kind], *then: Schema) -> Schema:
    of_kind = {"properties": {"kind": {"enum": [kind.value for kind in kinds]}}, "required": ["kind"]}
    return {"if": of_kind, "then": then[0] if len(then) == 1 else {"allOf": list(then)}}


def _needs(*names: str) -> Schema:
    """These stand there, and are not null."""
    return {"required": list(names), "properties": {name: {"not": {"type": "null"}} for name in names}}


def _never(name: str) -> Schema:
    return {"properties": {name: {"type": "null"}}}


_PAYMENT: Schema = {"properties": {"lines": {"minItems": 1}, "customer": _needs("email")}}
_SOMEBODY: Schema = {"properties": {"customer": {"anyOf": [_needs("email"), _needs("ref")]}}}
_NO_LINES: Schema = {"properties": {"lines": {"maxItems": 0}}}
