"""Picking typed values out of a provider's event, so that what is missing or wrong is named by its path.

Rules: what is absent, `null` or of no use reads as None; amounts, counts and times never do (a wrong one is reported,
not dropped); numbers are exact, for no binary float is ever made; `guarded` turns whatever goes wrong into a value.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, NoReturn, TypeVar

import pydantic_core
from pydantic import TypeAdapter, ValidationError

from worker.core import instant
from worker.core.money import EXPONENTS, minor_units
from worker.core.transaction import Transaction, fingerprint
from worker.core.transaction_fields import Country, Link, Rate, Ref, Text
from worker.sources.event import RawEvent, Reading, Unreadable

T = TypeVar("T")

_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?", re.ASCII)
"""No exponents: `1e999999` would be a number of a million digits."""

_POSITION = re.compile(r"[0-9]{1,6}", re.ASCII)
_MOST_ITEMS = 1_000
"""Twice the lines of a transaction: a megabyte of tiny items would keep the loop for seconds."""

_SAFE_PAGE = re.compile(r"https://.+|http://(127\.0\.0\.1|\[::1\]|localhost)(:[0-9]{1,5})?(/.*)?", re.ASCII)
"""In plain http anybody on the way could put a page of his own in the place of the one that takes a card."""
_LOCALE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}", re.ASCII)
_TEXT: TypeAdapter[str] = TypeAdapter(Text)
_REF: TypeAdapter[str] = TypeAdapter(Ref)
_COUNTRY: TypeAdapter[str] = TypeAdapter(Country)
_LINK: TypeAdapter[str] = TypeAdapter(Link)
_RATE: TypeAdapter[Decimal] = TypeAdapter(Rate)


class UnpickableError(Exception):
    """A field of the event is missing or makes no sense."""

    def __init__(self, reason: str, field: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.reason = reason
        self.field = field


@dataclass(frozen=True, slots=True)
class Pick:
    """A value inside an event, with the path that leads there."""

    value: object
    path: str = ""

    def __getitem__(self, key: str) -> "Pick":
        """The field `key`; where this is no object (PHP writes empty ones as `[]`), a Pick of None."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Pick(value, f"{self.path}.{key}".lstrip("."))

    def each(self) -> tuple["Pick", ...]:
        """The items of a list, or of an object that numbers its fields as forms do; none where there is neither."""
        if isinstance(self.value, dict | list) and len(self.value) > _MOST_ITEMS:
            self.refuse(f"has more than {_MOST_ITEMS} items")
        if isinstance(self.value, dict) and all(_POSITION.fullmatch(str(key)) for key in self.value):
            return tuple(Pick(self.value[key], f"{self.path}[{key}]") for key in sorted(self.value, key=int))
        items = self.value if isinstance(self.value, list) else []
        return tuple(Pick(item, f"{self.path}[{at}]") for at, item in enumerate(items))

    def text(self) -> str | None:
        """One clean line of text, cut to what a transaction holds."""
        return self._fitting(_TEXT, 500) or None

    def reference(self) -> str | None:
        """An id, or the id of an object that the provider spelled out in its place."""
        return (self["id"] if isinstance(self.value, dict) else self)._fitting(_REF)

    def country(self) -> str | None:
        """A country code of two letters."""
        return self._fitting(_COUNTRY)

    def link(self) -> str | None:
        """A web address."""
        return self._fitting(_LINK)

    def page(self) -> str | None:
        """The address of a page that a customer is led on to: https alone, but for stand-ins on this machine."""
        link = self.link()
        return link if link is None or _SAFE_PAGE.fullmatch(link) else None

    def rate(self) -> Decimal | None:
        """A tax rate in per cent."""
        return self._fitting(_RATE)

    def matching(self, pattern: str) -> str | None:
        """The text, where all of it matches `pattern`."""
        text = self._plain()
        return text if text is not None and re.fullmatch(pattern, text, re.ASCII) else None

    def locale(self) -> str | None:
        """A language tag; providers also say `auto`, which is none."""
        text = self._plain()
        return text if text and text != "auto" and _LOCALE.fullmatch(text) else None

    def whole(self) -> int | None:
        """A whole number, also one in quotes or written as 12.0."""
        number = self.number()
        if number is not None and number != number.to_integral_value():
            self.refuse("must be a whole number")
        return None if number is None else int(number)

    def number(self) -> Decimal | None:
        """An exact number, also one in quotes."""
        if self.value is None or self.value == "":
            return None
        if isinstance(self.value, bool) or not isinstance(self.value, int | str | Decimal):
            self.refuse("must be a number")
        text = str(self.value).strip()
        if not _PLAIN_NUMBER.fullmatch(text):
            self.refuse("must be a plain number")
        return Decimal(text)

    def moment(self) -> int | None:
        """UTC microseconds of a time that is told in seconds since 1970."""
        seconds = self.whole()
        if seconds is None:
            return None
        if not instant.EARLIEST <= seconds * instant.SECOND <= instant.LATEST:
            self.refuse("must be a time between the years 1970 and 2200, in seconds since 1970")
        return seconds * instant.SECOND

    def iso_moment(self) -> int | None:
        """UTC microseconds of a time that is told in ISO 8601 with an offset."""
        text = self._plain()
        if text is None:
            return None
        try:
            return instant.parse(text)
        except ValueError as error:
            return self.refuse(str(error))

    def is_true(self) -> bool:
        """Whether this says yes, as JSON or as a form does."""
        return self.value is True or self.value in ("true", "1")

    def refuse(self, reason: str) -> NoReturn:
        """Give up on the event because of this field."""
        raise UnpickableError(reason, self.path)

    def _plain(self) -> str | None:
        if isinstance(self.value, bool) or not isinstance(self.value, str | int | Decimal):
            return None
        return str(self.value).encode("utf-8", "ignore").decode().strip() or None

    def _fitting(self, adapter: TypeAdapter[T], cut: int | None = None) -> T | None:
        text = self._plain()
        if text is None:
            return None
        try:
            return adapter.validate_python(text[:cut])
        except ValidationError:
            return None


@dataclass(frozen=True, slots=True)
class Amounts:
    """Reads amounts of one currency. `places` is how many decimals the provider's whole numbers hold."""

    currency: str
    places: int

    def of(self, pick: Pick) -> int | None:
        """The amount in our minor units; None where there is none."""
        number = pick.number()
        if number is None:
            return None
        try:
            return minor_units(str(number), self.currency, decimals=EXPONENTS[self.currency] - self.places)
        except ValueError as error:
            return pick.refuse(str(error))

    def required(self, pick: Pick) -> int:
        """The amount, which must be there."""
        amount = self.of(pick)
        return pick.refuse("is missing") if amount is None else amount

    def or_zero(self, pick: Pick) -> int:
        """The amount, 0 where there is none."""
        return self.of(pick) or 0


def amounts_in(pick: Pick, places: Mapping[str, int] | int) -> Amounts:
    """A reader for the currency that `pick` names. `places`: for all, or for those that differ from ISO 4217."""
    code = required(pick, Pick.text).upper()
    if code not in EXPONENTS:
        pick.refuse("is no ISO 4217 currency")
    return Amounts(code, places if isinstance(places, int) else places.get(code, EXPONENTS[code]))


def required(pick: Pick, read: Callable[[Pick], T | None]) -> T:
    """What `read` finds, which must be there."""
    found = read(pick)
    return pick.refuse("is missing or of no use") if found is None else found


def made(where: Pick, kind: Callable[..., T], /, **fields: object) -> T:
    """A value of the core, made from the part of the event at `where`."""
    try:
        return kind(**fields)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in detail["loc"])
        raise UnpickableError(f"{field}: {detail['msg'].removeprefix('Value error, ')}", where.path) from None


def from_json(body: bytes) -> Pick:
    """The event in a JSON body. Numbers with a point become Decimals."""
    try:
        return Pick(json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=_no_number))
    except (ValueError, ArithmeticError, RecursionError):
        raise UnpickableError("is no JSON that can be read", "") from None


def at_a_glance(body: bytes) -> Pick:
    """The same for who only looks at texts in it: in half the time, and its numbers are of no use."""
    try:
        return Pick(pydantic_core.from_json(body, allow_inf_nan=False))
    except ValueError:
        return from_json(body)


def called(transaction: Transaction, prefix: str) -> Transaction:
    """The transaction under an id that is made of what it says: told by event and API, it is one; changed, another."""
    return replace(transaction, id=f"{prefix}:{fingerprint(transaction)[:16]}")


def guarded(read: Callable[[RawEvent], Reading]) -> Callable[[RawEvent], Reading]:
    """`read`, with every failure as a value: one bad event never stops the loop that reads them."""

    def reading(raw: RawEvent) -> Reading:
        try:
            return read(raw)
        except UnpickableError as error:
            return Unreadable(error.reason, error.field)
        except Exception as error:  # a reader's own mistake quarantines the event, which can be read again once mended
            return Unreadable(f"took the reader by surprise ({type(error).__name__})", "")

    return reading


def _no_number(text: str) -> Literal[0]:
    raise ValueError(f"{text} is no JSON")
