"""What the API and the command line demand of a transaction before they accept it, with problems a person can mend.

Rules: every problem names its field by path and says what to write; a provider's transaction is never refused for its
sums (it is kept and flagged), so these checks are for tellers who can correct themselves.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from pydantic import ValidationError

from worker.core import instant
from worker.core.strict_json import deeper_than, parse
from worker.core.transaction import (
    Address,
    Customer,
    ExternalInvoice,
    Kind,
    Line,
    Payment,
    Subscription,
    Transaction,
    from_json,
    sum_of_lines,
    sums_match,
)

MAX_DEPTH = 8
"""Nesting of a transaction's JSON: the real one has 3 levels; deep nesting is an attack on the reader's stack."""


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_WHOLE = "must be a whole number (amounts: in minor units, such as 5831 for 58.31)"
_REASONS = {
    "missing": "is required",
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "bool_type": "must be true or false",
    "string_type": "must be a text in quotes",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "too_long": "must hold at most {max_length} items",
    "dataclass_type": "must be an object",
    "dataclass_exact_type": "must be an object",
}
_A_REFERENCE = "must be made of the letters, digits and signs of ASCII, without line breaks, such as T-1042"
_SHAPES = {
    "country": "must be a country's two letters in capitals, such as GB",
    "locale": "must be a language, such as en or pt-BR",
    "last4": "must be four digits in quotes",
    "expires": "must be a year and month, such as 2028-04",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong where. `path` is like `lines[0].quantity`; empty for the transaction as a whole."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


_TOO_LONG_A_NUMBER = (Problem("", "holds a number of thousands of digits"),)


def read(item: object) -> Transaction | tuple[Problem, ...]:
    """The transaction in a parsed JSON value, or everything that is wrong with it."""
    if not isinstance(item, dict):
        return (Problem("", "must be a JSON object"),)
    if deeper_than(item, MAX_DEPTH):
        return (Problem("", f"is nested more than {MAX_DEPTH} levels deep; a transaction has 4"),)
    try:
        text = json.dumps(item, ensure_ascii=False)
    except ValueError:
        return _TOO_LONG_A_NUMBER
    # Half a character becomes a control character, which texts are cleaned of and ids and addresses refuse.
    return _read(_LONE_SURROGATE.sub(r"\\u0000", text))


def read_line(line: bytes, now: int) -> Transaction | tuple[Problem, ...]:
    """As `read_at`, from a line of JSON. Raises NotJson."""
    item = parse(line, MAX_DEPTH, one_line=True)
    # What escapes nothing holds no half characters, so it is read as it came.
    as_it_came = line.startswith(b"{") and b"\\u" not in line
    return _not_ahead(_read(line) if as_it_came else read(item), now)


def _read(text: str | bytes) -> Transaction | tuple[Problem, ...]:
    try:
        transaction = from_json(text)
    except ValidationError as error:
        return tuple(_problems(error))
    except ValueError:
        return _TOO_LONG_A_NUMBER
    return tuple(_missing(transaction)) or tuple(_wrong_sums(transaction)) or transaction


def read_at(item: object, now: int) -> Transaction | tuple[Problem, ...]:
    """As `read`, and nothing that lies more than a day ahead of `now`: then a clock is wrong, or a unit."""
    return _not_ahead(read(item), now)


def _not_ahead(told: Transaction | tuple[Problem, ...], now: int) -> Transaction | tuple[Problem, ...]:
    if isinstance(told, Transaction) and is_ahead(told, now):
        said, ours = instant.iso(told.occurred_at), instant.iso(now // instant.SECOND * instant.SECOND)
        return (Problem("occurred_at", f"is {said}, more than a day ahead of the clock here, which shows {ours}"),)
    return told


def is_ahead(told: Transaction, now: int) -> bool:
    """Whether it says that it happened more than a day from now; a day is more than time zones make up."""
    return told.occurred_at > now + instant.DAY


def _problems(error: ValidationError) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_input=False):
        path = _path(detail["loc"])
        field = str(detail["loc"][-1]) if detail["loc"] else ""
        yield Problem(path, _reason(detail["type"], detail["msg"], field, detail.get("ctx", {})))


def _path(location: Sequence[int | str]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _reason(kind: str, message: str, field: str, limits: Mapping[str, object]) -> str:
    match kind:
        case "unexpected_keyword_argument":
            return f"is no field of a transaction{_nearest(field)}"
        case "value_error":
            return message.removeprefix("Value error, ")
        case "string_pattern_mismatch":
            return _SHAPES.get(field, _A_REFERENCE)
        case _ if kind in _REASONS:
            return _REASONS[kind].format_map(limits)
        case _:
            return message[:1].lower() + message[1:]


def _nearest(name: str) -> str:
    types = (Transaction, Customer, Address, Line, Payment, Subscription, ExternalInvoice)
    known = {field.name for each in types for field in fields(each)}
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _missing(transaction: Transaction) -> Iterator[Problem]:
    if transaction.customer.email is None and not (transaction.customer.ref and not transaction.kind.is_payment):
        yield Problem("customer.email", "is required")
    if transaction.kind.has_money:
        if transaction.currency is None:
            yield Problem("currency", "is required")
        if transaction.total is None:
            yield Problem("total", "is required")
        if transaction.kind.is_payment and not transaction.lines:
            yield Problem("lines", "must hold at least one line")
    elif transaction.total is not None or transaction.lines:
        yield Problem("total" if transaction.total is not None else "lines", f"does not belong to {transaction.kind}")
    if transaction.kind is Kind.REFUND and transaction.refund_of is None:
        yield Problem("refund_of", "is required: the id of the sale that is refunded")
    if transaction.kind is not Kind.REFUND and transaction.refund_of is not None:
        yield Problem("refund_of", "belongs to refunds only")
    if transaction.kind is Kind.SUBSCRIPTION_CHANGED and transaction.subscription is None:
        yield Problem("subscription", "is required")


def _wrong_sums(transaction: Transaction) -> Iterator[Problem]:
    if not sums_match(transaction):
        yield Problem("total", f"is {transaction.total}, but the lines come to {sum_of_lines(transaction)}")
