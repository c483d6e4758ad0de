"""What somebody still knows of a purchase whose address they lost: a number, or amount, day and last digits of a card.

Rules: typed as people type. Every way to understand it is tried, for one that is wrong finds nothing; a day reaches a
day further on both sides, for nobody knows in which time zone it is meant.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from worker.core.instant import DAY, from_datetime
from worker.core.money import EXPONENTS, MAX_AMOUNT

FIELDS = ("number", "amount", "day", "last4")
LONGEST = 80
_AMOUNT = re.compile(r"[0-9]{1,3}(?:(?P<gap>[.,' ])[0-9]{3})*(?:[.,][0-9]{1,4})?|[0-9]{1,12}(?:[.,][0-9]{1,4})?")
_ABOUT_AMOUNT = re.compile(r"[^0-9.,' ]")
_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%d.%m.%y")
_LAST4 = re.compile(r"[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Clue:
    """What to look for. `totals` are pairs of decimals and minor units, `spans` from and until (UTC microseconds)."""

    numbers: tuple[str, ...] = ()
    totals: frozenset[tuple[int, int]] = frozenset()
    spans: tuple[tuple[int, int], ...] = ()
    last4: str = ""

    def fits(self, currency: str, total: int) -> bool:
        """Whether that many minor units of that currency are an amount that may be meant."""
        return (EXPONENTS.get(currency, 2), total) in self.totals


def read_clue(typed: Mapping[str, str]) -> Clue | frozenset[str]:
    """What was typed into the fields, or which of them can't be understood. A number alone is enough."""
    said = {name: " ".join(typed.get(name, "").split())[:LONGEST] for name in FIELDS}
    if number := said["number"].lstrip("#").strip():
        return Clue(numbers=tuple(dict.fromkeys((number, number.upper(), number.lower()))))
    totals, spans, last4 = _totals(said["amount"]), _spans(said["day"]), said["last4"].replace(" ", "").lstrip("*•xX")
    wrong = {"amount": not totals, "day": not spans, "last4": not _LAST4.fullmatch(last4)}
    if all(not said[name] for name in FIELDS):
        return frozenset(("number",))
    return frozenset(name for name, is_wrong in wrong.items() if is_wrong) or Clue((), totals, spans, last4)


def _totals(typed: str) -> frozenset[tuple[int, int]]:
    """`58,31 €`, `$1,234.50`, `1.234`: each decimal number that may be meant, in every number of decimals."""
    plain = _ABOUT_AMOUNT.sub("", typed.replace("’", "'").replace("\u2009", " ")).strip(" .,'")
    if not _AMOUNT.fullmatch(plain):
        return frozenset()
    whole, mark, rest = _parted(plain)
    meant = {Decimal(f"{whole}.{rest}") if mark else Decimal(whole)}
    if mark and len(rest) == 3:
        meant.add(Decimal(whole + rest))
    scaled = ((places, value.scaleb(places)) for value in meant for places in set(EXPONENTS.values()))
    return frozenset((places, int(n)) for places, n in scaled if n == n.to_integral_value() and 0 < n <= MAX_AMOUNT)


def _parted(plain: str) -> tuple[str, str, str]:
    """The digits before and behind the last mark that may be a decimal one."""
    at = max(plain.rfind("."), plain.rfind(","))
    whole, rest = (plain, "") if at < 0 else (plain[:at], plain[at + 1 :])
    return re.sub(r"\D", "", whole) or "0", "" if at < 0 else ".", rest


def _spans(typed: str) -> tuple[tuple[int, int], ...]:
    days = {day for form in _DAYS if (day := _day(typed, form)) is not None}
    return tuple((_midnight(day) - DAY, _midnight(day) + 2 * DAY) for day in sorted(days))


def _day(typed: str, form: str) -> date | None:
    try:
        day = datetime.strptime(typed.replace(" ", ""), form).replace(tzinfo=UTC).date()
    except ValueError:
        return None
    return day if 1971 <= day.year <= 2199 else None


def _midnight(day: date) -> int:
    return from_datetime(datetime(day.year, day.month, day.day, tzinfo=UTC))
