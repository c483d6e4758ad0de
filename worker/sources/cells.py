"""The cells of a table that a shop's system exported: amounts, times and words as people and programs write them.

Rules: what can be read in two ways is refused with what to say instead, never guessed; amounts are exact.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from unicodedata import category
from zoneinfo import ZoneInfo

from worker.core import instant
from worker.core.money import EXPONENTS, minor_units
from worker.core.transaction import Kind

DayOrder = Literal["dmy", "mdy", "ymd"]
DecimalSign = Literal[",", "."]

_SPACES = re.compile(r"[\s\u00a0\u202f']")
_NUMBER = re.compile(r"[0-9][0-9.,]*|[.,][0-9]+", re.ASCII)
_YEAR_FIRST = r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})"
_YEAR_LAST = r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})"
_AND_TIME = r"(?:[ T,]+(.+))?"
_UNIX = re.compile(r"[0-9]{9,10}", re.ASCII)
_TIMES = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M%p")
_NAMED = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y")
_KINDS = {
    Kind.SALE: "sale charge payment order purchase paid succeeded success complete completed verkauf zahlung "
    "bestellung vente paiement commande venta pago pedido vendita pagamento venda",
    Kind.RENEWAL: "renewal rebill recurring subscription subscription_payment rebilling verlängerung abonnement "
    "renouvellement renovación rinnovo renovação",
    Kind.REFUND: "refund refunded partial_refund reversal erstattung rückerstattung gutschrift remboursement reembolso "
    "rimborso",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_NOTHING = set("cancel cancelled canceled cancellation failed declined pending open draft void paused resumed".split())
_SIGNS = set("kr kr. zł kč ft lei fr fr. sfr. r$ us$ a$ c$ nz$ hk$ s$ rs rs. r".split())
_YES = set("test sandbox true yes 1 ja oui sí si".split())


class BadCell(Exception):
    """A cell that can't be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How this table writes what could be read in two ways. Times without an offset are in `timezone`."""

    timezone: str = "UTC"
    days: DayOrder | None = None
    decimal: DecimalSign | None = None
    in_minor_units: bool = False


def amount_of(text: str, currency: str, habits: Habits) -> int:
    """Minor units of an amount such as 58.31, "1.234,56 €" or (58.31), which is negative. Raises BadCell."""
    plain = _SPACES.sub("", text)
    negative = plain.startswith("(") or "-" in plain or "−" in plain
    found = _NUMBER.findall(plain)
    if len(found) != 1 or not _is_currency(plain.replace(found[0], "", 1).strip("-−+()"), currency):
        raise BadCell("is no amount")
    places = EXPONENTS[currency]
    try:
        if habits.in_minor_units:
            return minor_units(found[0], currency, decimals=0) * (-1 if negative else 1)
        return minor_units(_with_point(found[0], places, habits.decimal), currency) * (-1 if negative else 1)
    except ValueError as error:
        raise BadCell(str(error)) from None


def moment_of(text: str, habits: Habits) -> int:
    """UTC microseconds of a time such as 2024-01-31T18:48:00Z, 31.01.2024 18:48 or Jan 31, 2024. Raises BadCell."""
    plain = " ".join(text.split())
    if _UNIX.fullmatch(plain):
        return int(plain) * instant.SECOND
    try:
        moment = _iso(plain) or _numbered(plain, habits) or _named(plain)
        if moment is None:
            raise BadCell("is no date that is understood; write it like 2024-01-31 18:48")
        return instant.from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(habits.timezone)))
    except ValueError as error:
        raise BadCell(f"is no date: {error}") from None


def kind_of(text: str) -> Kind | None:
    """What happened; None where no money moved. Raises BadCell."""
    word = re.sub(r"[\s-]+", "_", text.strip().lower())
    last = word.rpartition("_")[2]
    known = _KIND_OF.get(word) or _KIND_OF.get(word.rpartition(".")[2]) or _KIND_OF.get(last)
    if known is None and word not in _NOTHING and last not in _NOTHING:
        raise BadCell("is no kind of transaction that is known: sale, renewal or refund")
    return known


def is_yes(text: str) -> bool:
    """Whether a cell says that this is a test."""
    return text.strip().lower() in _YES


def _is_currency(text: str, currency: str) -> bool:
    """Whether what stands beside a number is the currency: its code or a sign."""
    return text.upper() in ("", currency) or text.lower() in _SIGNS or all(category(c) == "Sc" for c in text)


def _with_point(number: str, places: int, decimal: DecimalSign | None) -> str:
    """The number with a point before its decimals and no other sign in it. Raises BadCell."""
    sign = decimal or _decimal_sign(number, places)
    whole, _, fraction = number.rpartition(sign) if sign and sign in number else (number, "", "")
    first, *groups = re.split("[.,]", whole)
    if {",", "."} <= set(whole) or (sign and sign in whole):
        raise BadCell("is no amount")
    if groups and (not 0 < len(first) <= 3 or len(groups[-1]) != 3 or any(len(each) not in (2, 3) for each in groups)):
        raise BadCell("is no amount")
    digits = first + "".join(groups)
    return f"{digits or '0'}.{fraction}" if fraction else digits or "0"


def _decimal_sign(number: str, places: int) -> DecimalSign | None:
    """Which sign the decimals follow; None where there are none. Raises BadCell where it could be either."""
    last = max(number.rfind(","), number.rfind("."))
    if last < 0:
        return None
    sign: DecimalSign = "," if number[last] == "," else "."
    behind = len(number) - last - 1
    if number.count(sign) > 1:
        return None
    if behind != 3 or ("," in number and "." in number):
        return sign
    if places == 3:
        raise BadCell("could mean two amounts; say --decimal , or --decimal .")
    return None


def _iso(text: str) -> datetime | None:
    if not re.match(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return None
    try:
        return datetime.fromisoformat(re.sub(r" (?:UTC|GMT)$", "+00:00", re.sub(r" ([+-]\d\d:?\d\d)$", r"\1", text)))
    except ValueError:
        return None


def _numbered(text: str, habits: Habits) -> datetime | None:
    shapes = (_YEAR_FIRST + _AND_TIME, _YEAR_LAST + _AND_TIME)
    found = next((match for shape in shapes if (match := re.fullmatch(shape, text, re.ASCII))), None)
    if found is None:
        return None
    first, second, third = (int(part) for part in found.groups()[:3])
    year, month, day = _ordered((first, second, third), "." in text[: found.end(3)], habits.days)
    moment = datetime(year + (2000 if year < 100 else 0), month, day)  # noqa: DTZ001  # its zone is added by the caller
    return moment if found[4] is None else _at(moment, found[4])


def _ordered(parts: tuple[int, int, int], dotted: bool, days: DayOrder | None) -> tuple[int, int, int]:
    first, second, third = parts
    if first > 31 or days == "ymd":
        return first, second, third
    if days == "mdy" or (days is None and second > 12):
        return third, first, second
    if days == "dmy" or dotted or first > 12 or first == second:
        return third, second, first
    raise BadCell("could mean two days; say --dates dmy (day first) or --dates mdy (month first)")


def _named(text: str) -> datetime | None:
    day, _, rest = text.partition(":")
    time = f"{day.rpartition(' ')[2]}:{rest}" if rest else ""
    plain = day.rpartition(" ")[0].rstrip(",") if rest else text
    for shape in _NAMED:
        try:
            moment = datetime.strptime(plain, shape)  # noqa: DTZ007  # its zone is added by the caller
        except ValueError:
            continue
        return _at(moment, time) if time else moment
    return None


def _at(day: datetime, text: str) -> datetime:
    for shape in _TIMES:
        try:
            time = datetime.strptime(text.strip().upper(), shape)  # noqa: DTZ007  # likewise
        except ValueError:
            continue
        return day.replace(hour=time.hour, minute=time.minute, second=time.second)
    raise BadCell("has a time that is not understood; write it like 18:48")
