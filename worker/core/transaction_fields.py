"""The fields of a transaction as checked types: text made clean, amounts, instants and rates within their limits.

Raises ValueError inside a constructor, with words that say what the field must be.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, ValidationInfo, WithJsonSchema

from worker.core import email_address, instant
from worker.core.money import EXPONENTS, MAX_AMOUNT

_TURNING = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Embeddings, overrides and isolates (UAX 9 section 2); the marks that Arabic and Hebrew need stay."""


def _clean(text: str) -> str:
    # No control characters (PostgreSQL refuses NUL, mails and pages show the rest as rubbish), no lone surrogates, and
    # nothing that turns the direction of the text around it: "exe.\u202efdp" would read as another name.
    if text.isprintable():
        return " ".join(text.split())
    printable = "".join(c if c >= " " and not "\x7f" <= c <= "\x9f" else " " for c in text.translate(_TURNING))
    return " ".join(printable.encode("utf-8", "ignore").decode("utf-8").split())


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("must hold more than blanks")
    return text


def _instant(value: object, info: ValidationInfo) -> int:
    if info.mode == "python" and type(value) is int:
        return value
    if not isinstance(value, str):
        raise ValueError("must be a date and time such as 2026-11-22T18:48:00Z")
    return instant.parse(value)


def _currency(code: str) -> str:
    if code not in EXPONENTS:
        raise ValueError("must be an ISO 4217 currency in capitals, such as EUR")
    return code


def _quantity(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError('must be a whole number, or a decimal in quotes such as "1.5"')
    try:
        number = Decimal(value)
    except ArithmeticError:
        raise ValueError('must be a whole number, or a decimal in quotes such as "1.5"') from None
    return _in_range(number, Decimal(10**9), "must be more than 0 and at most a thousand million")


def _rate(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError('must be a percentage in quotes, such as "19" or "7.7"')
    try:
        number = Decimal(value)
    except ArithmeticError:
        raise ValueError('must be a percentage in quotes, such as "19" or "7.7"') from None
    if number.is_zero():
        return Decimal(0)
    return _in_range(number, Decimal(100), "must lie between 0 and 100")


_FINEST = Decimal("0.000001")


def _in_range(number: Decimal, most: Decimal, otherwise: str) -> Decimal:
    if not number.is_finite() or not 0 < number <= most:
        raise ValueError(otherwise)
    if number != number.quantize(_FINEST):
        raise ValueError("must have at most 6 decimal places")
    return number


def _https(url: str) -> str:
    if not url.startswith(("https://", "http://")) or any(c <= " " or c in "\"'<>\\" for c in url):
        raise ValueError("must be a web address starting with https://")
    return url


def _plain_decimal(number: Decimal) -> str:
    return format(number.normalize(), "f")


Text = Annotated[str, Field(max_length=500), AfterValidator(_clean)]
Required = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_clean), AfterValidator(_not_empty)]
Ref = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+( [\x21-\x7e]+)*$")]
Email = Annotated[str, Field(max_length=254), AfterValidator(email_address.normalise)]
Link = Annotated[str, Field(max_length=2000), AfterValidator(_https)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Amount = Annotated[int, Field(ge=0, le=MAX_AMOUNT, strict=True)]
SignedAmount = Annotated[int, Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT, strict=True)]
Currency = Annotated[str, AfterValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})]
Instant = Annotated[
    int,
    BeforeValidator(_instant),
    PlainSerializer(instant.iso, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Quantity = Annotated[
    Decimal,
    BeforeValidator(_quantity),
    PlainSerializer(_plain_decimal, when_used="json"),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,6})?$"}]}
    ),
]
Rate = Annotated[
    Decimal,
    BeforeValidator(_rate),
    PlainSerializer(_plain_decimal, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,6})?$"}),
]
