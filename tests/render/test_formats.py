"""Amounts, dates and rates: by hand where it matters, and against Babel's own formatting everywhere."""

from decimal import Decimal

import pytest
from babel import Locale
from babel.numbers import format_currency, format_decimal, format_percent
from hypothesis import given, settings
from hypothesis import strategies as st

from render import papers
from worker.core import instant
from worker.core.money import EXPONENTS, Money
from worker.render import formats

LOCALES = "en en_US en_GB en_IN de de_CH de_AT fr es pt_PT pt_BR pl sv nl it ja ar he fa hi bn tr".split()


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "said"),
    [
        (5831, "EUR", "en", "€58.31"),
        (5831, "EUR", "de", "58,31\u00a0€"),
        (-5831, "EUR", "en", "-€58.31"),
        (5, "EUR", "en", "€0.05"),
        (123456, "JPY", "en", "¥123,456"),
        (1234, "KWD", "en", "KWD\u00a01.234"),
        (123400, "RSD", "en", "RSD\u00a01,234.00"),
        (123456789, "INR", "en_IN", "₹12,34,567.89"),
        (10**12, "EUR", "en", "€10,000,000,000.00"),
    ],
)
def test_money(amount: int, currency: str, locale: str, said: str) -> None:
    assert formats.money(amount, currency, locale) == said


@pytest.mark.parametrize("locale", ["ar", "he", "fa"])
def test_what_runs_from_right_to_left_stays_together_among_english_words(locale: str) -> None:
    isolated = (formats.money(-7, "KWD", locale), formats.day(0, "UTC", locale))
    assert all(text[0] == "\u2068" and text[-1] == "\u2069" for text in isolated)
    assert formats.plain(isolated[0])[0] == "\u2068"
    assert formats.day(0, "UTC", "de") == "1. Januar 1970"


@settings(max_examples=200)
@given(
    amount=st.integers(-(10**12), 10**12),
    currency=st.sampled_from(["EUR", "USD", "JPY", "KWD", "RSD", "CLF"]),
    locale=st.sampled_from(LOCALES),
)
def test_money_is_as_babel_writes_it(amount: int, currency: str, locale: str) -> None:
    decimals = EXPONENTS[currency]
    pattern = Locale.parse(locale).currency_formats["standard"].pattern
    pattern = pattern.replace("0.00", "0." + "0" * decimals if decimals else "0")
    expected = format_currency(Money(amount, currency).decimal, currency, pattern, locale=locale, currency_digits=False)
    assert _close(formats.money(amount, currency, locale)) == _close(expected)


def _close(amount: str) -> str:
    """Without the space that CLDR puts between a code of letters and the digits, and Babel leaves out; not isolated."""
    return amount.replace("\u00a0", "").strip("\u2068\u2069")


@settings(max_examples=200)
@given(
    value=st.decimals(0, 10**9, places=6, allow_nan=False, allow_infinity=False),
    locale=st.sampled_from(LOCALES),
)
def test_quantities_and_rates_are_as_babel_writes_them(value: Decimal, locale: str) -> None:
    places = Locale.parse(locale).decimal_formats[None].pattern.split(".")[0] + ".######"
    assert formats.number(value, locale) == format_decimal(value, places, locale=locale)
    rate = value % 100
    pattern = Locale.parse(locale).percent_formats[None].pattern.replace("0", "0.######", 1)
    assert formats.percent(rate, locale) == format_percent(rate / 100, pattern, locale=locale)


def test_plain_english_dates_are_the_world_s_and_american_ones_american() -> None:
    assert formats.day(papers.SOLD, "UTC", "en") == "22 November 2026"
    assert formats.day(papers.SOLD, "UTC", "en_US") == "November 22, 2026"
    assert formats.day(papers.SOLD, "UTC", "de") == "22. November 2026"


def test_the_day_depends_on_the_timezone_also_when_clocks_change() -> None:
    late = instant.parse("2026-10-24T22:30:00Z")
    assert formats.day(late, "Europe/Berlin", "en") == "25 October 2026"
    assert formats.day(late, "America/New_York", "en") == "24 October 2026"


@pytest.mark.parametrize(
    ("asked", "known"),
    [("de-AT", "de_AT"), ("de_XX", "de"), ("xx", "en"), ("en-US", "en_US"), ("zh-Hant-TW", "zh_Hant_TW"), ("", "en")],
)
def test_the_nearest_known_locale(asked: str, known: str) -> None:
    assert formats.known_locale(asked) == known


def test_plain_text_has_ordinary_spaces() -> None:
    assert formats.plain("58,31\u00a0€ 1\u202f000 \u200f5") == "58,31 € 1 000 5"
