"""Amounts, dates, quantities and rates in a customer's locale, by Babel's (CLDR's) patterns.

Rules: minor units have ISO 4217's decimals, never CLDR's display digits (RSD has 2 here, 0 there); digits are Latin;
an unknown locale is read as English. A locale's patterns are read once, on first use (each costs megabytes), and then
filled by plain string work, for Babel's own formatting would be most of what a receipt costs.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from worker.core import instant
from worker.core.money import EXPONENTS
from worker.core.profile import COUNTRIES

if TYPE_CHECKING:
    from babel import Locale
    from babel.numbers import NumberPattern

FALLBACK = "en"
_DAY_MONTH_YEAR = {"en": "en_001"}
"""Plain English is the world's: 22 November 2026. `en_US` says it the American way."""
_CLOCK = {"en": "en_GB"}
"""And its clock has 24 hours."""

_APART = "\u00a0"
_TYPOGRAPHIC = (("\u00a0", " "), ("\u202f", " "), ("\u2007", " "), ("\u2009", " "))
_MARKS = (("\u200e", ""), ("\u200f", ""), ("\u061c", ""))


def plain(text: str) -> str:
    """`text` for a plain mail: ordinary spaces instead of the typographic ones, no invisible direction marks."""
    for odd, ordinary in (*_TYPOGRAPHIC, *_MARKS):
        text = text.replace(odd, ordinary)
    return text


@lru_cache(1000)
def known_locale(name: str) -> str:
    """The nearest locale that CLDR knows, written `de_AT`; English where there is none."""
    parts = name.replace("-", "_").split("_")
    while parts:
        if _locale("_".join(parts)) is not None:
            return "_".join(parts)
        parts.pop()
    return FALLBACK


@lru_cache(8192)
def money(amount: int, currency: str, locale: str) -> str:
    """Minor units as the locale writes that currency: `€58.31`, `58,31 €`, `¥1,234`."""
    return _isolated(_money_pattern(currency, locale).fill(amount), locale)


@lru_cache(1024)
def day(micros: int, timezone: str, locale: str) -> str:
    """The day on which that moment falls in `timezone`, in long form: `22 November 2026`."""
    return _isolated(_long_date(_local(micros, timezone).date(), locale), locale)


@lru_cache(1024)
def date_of(when: date, locale: str) -> str:
    """A day of the calendar in long form: `22 November 2026`."""
    return _isolated(_long_date(when, locale), locale)


@lru_cache(64)
def month(micros: int, timezone: str, locale: str) -> str:
    """The month in which that moment falls in `timezone`: `November 2026`."""
    from babel.dates import format_skeleton

    return _isolated(format_skeleton("yMMMM", _local(micros, timezone).date(), locale=_cldr(locale)), locale)


@lru_cache(1024)
def moment(micros: int, timezone: str, locale: str) -> str:
    """A clock time with its day and zone: `23 November 2026, 14:05 UTC`."""
    when = _local(micros, timezone)
    return f"{_isolated(_long_date(when.date(), locale), locale)}, {_isolated(_clock_time(when, locale), locale)}"


@lru_cache(1024)
def clock(micros: int, timezone: str, locale: str) -> str:
    """A clock time of today: `14:05 UTC`."""
    return _clock_time(_local(micros, timezone), locale)


@lru_cache(1024)
def number(value: Decimal, locale: str) -> str:
    """A quantity with as many decimals as it has: `2`, `1,5`."""
    return _number_pattern(locale).fill_decimal(value)


def whole(value: int, locale: str) -> str:
    """A count: `1,000`."""
    return number(Decimal(value), locale)


@lru_cache(1024)
def percent(value: Decimal, locale: str) -> str:
    """A rate with as many decimals as it has: `19%`, `7,7 %`."""
    return _percent_pattern(locale).fill_decimal(value)


@lru_cache(1024)
def country(code: str, locale: str) -> str:
    """The country's name in the customer's language; the code itself where CLDR knows none."""
    return str(_cldr(locale).territories.get(code, code))


@lru_cache(32)
def countries(locale: str) -> tuple[tuple[str, str], ...]:
    """Every country's code and name, by name."""
    return tuple(sorted(((code, country(code, locale)) for code in COUNTRIES), key=lambda each: each[1].casefold()))


def _isolated(text: str, locale: str) -> str:
    # Within English words an Arabic date would show day and year on each other's side, and a minus far from its number.
    return f"\u2068{text}\u2069" if _cldr(locale).text_direction == "rtl" else text


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A number pattern taken apart. `groups` are the sizes of the last group and of those before it (India: 3, 2)."""

    positive: tuple[str, str]
    negative: tuple[str, str]
    point: str
    comma: str
    groups: tuple[int, int]
    decimals: int = 0

    def fill(self, amount: int) -> str:
        """`amount` minor units, with all decimals of the pattern."""
        before, after = self.positive if amount >= 0 else self.negative
        digits = str(abs(amount)).rjust(self.decimals + 1, "0")
        if not self.decimals:
            return before + self._grouped(digits) + after
        whole, fraction = digits[: -self.decimals], digits[-self.decimals :]
        return before + self._grouped(whole) + self.point + fraction + after

    def fill_decimal(self, value: Decimal) -> str:
        """`value` with its own decimals."""
        before, after = self.positive if value >= 0 else self.negative
        whole, _, fraction = format(abs(value).normalize(), "f").partition(".")
        return before + self._grouped(whole) + (self.point + fraction if fraction else "") + after

    def _grouped(self, whole: str) -> str:
        last, others = self.groups
        if len(whole) <= last:
            return whole
        if last == others == 3:
            return f"{int(whole):,}".replace(",", self.comma)
        head, tail = whole[:-last], whole[-last:]
        first = len(head) % others
        parts = [head[:first]] * bool(first) + [head[at : at + others] for at in range(first, len(head), others)]
        return self.comma.join([*parts, tail])


@cache
def _cldr(locale: str) -> "Locale":
    return _locale(locale) or _locale(FALLBACK)  # type: ignore[return-value]  # English ships with Babel


def _locale(name: str) -> "Locale | None":
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        return None


@cache
def _money_pattern(currency: str, locale: str) -> _Pattern:
    return _taken_apart(_cldr(locale), _cldr(locale).currency_formats["standard"], EXPONENTS[currency], currency)


@cache
def _number_pattern(locale: str) -> _Pattern:
    return _taken_apart(_cldr(locale), _cldr(locale).decimal_formats[None], 0, None)


@cache
def _percent_pattern(locale: str) -> _Pattern:
    return _taken_apart(_cldr(locale), _cldr(locale).percent_formats[None], 0, None)


def _taken_apart(locale: "Locale", pattern: "NumberPattern", decimals: int, currency: str | None) -> _Pattern:
    """Babel applies the pattern to 0 and to -1 (cents, percent); what stands around the digits is the pattern."""
    from babel.numbers import get_decimal_symbol, get_group_symbol, parse_pattern

    fixed = parse_pattern(pattern.pattern)  # a copy: Babel shares its own among all callers
    fixed.frac_prec = (decimals, decimals)
    one = Decimal(1).scaleb(-decimals)
    plus, minus = (fixed.apply(value, locale, currency=currency, currency_digits=False) for value in (Decimal(0), -one))
    return _Pattern(
        positive=_around(plus),
        negative=_around(minus),
        point=get_decimal_symbol(locale),
        comma=get_group_symbol(locale),
        groups=fixed.grouping,
        decimals=decimals,
    )


def _around(filled: str) -> tuple[str, str]:
    """What stands before and after the digits; a code of letters keeps its distance, as CLDR asks and Babel doesn't."""
    digits = [at for at, character in enumerate(filled) if character in "0123456789"]
    before, after = filled[: digits[0]], filled[digits[-1] + 1 :]
    return before + _APART * before[-1:].isalpha(), _APART * after[:1].isalpha() + after


@lru_cache(1024)
def _long_date(when: date, locale: str) -> str:
    from babel.dates import format_date

    return format_date(when, "long", locale=_cldr(_DAY_MONTH_YEAR.get(locale, locale)))


def _local(micros: int, timezone: str) -> datetime:
    return instant.to_datetime(micros).astimezone(ZoneInfo(timezone))


def _clock_time(when: datetime, locale: str) -> str:
    from babel.dates import format_time

    return f"{format_time(when, 'short', locale=_cldr(_CLOCK.get(locale, locale)))} {_zone(when)}"


def _zone(when: datetime) -> str:
    """`CET` where the zone has such a name, else `UTC+5:30`."""
    name = when.tzname() or ""
    if name.isalpha():
        return name
    minutes = int((when.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
