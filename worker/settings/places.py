"""Where the merchant and the customers are: country, language and time zone, read as the settings spell them."""

import difflib
import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from worker.settings.reading import text


def country(raw: object) -> str:
    found = text(raw)
    if not re.fullmatch(r"[A-Za-z]{2}", found):
        raise ValueError("is no country code; write two letters (ISO 3166), like GB")
    return found.upper()


def locale(raw: object) -> str:
    found = text(raw).replace("_", "-")
    if found == "en":
        return found
    from babel import Locale, UnknownLocaleError  # here, for it is slow to import

    try:
        Locale.parse(found, sep="-")
    except (UnknownLocaleError, ValueError):
        raise ValueError("is no known locale; write a language like en, de or pt-BR") from None
    return found


def timezone(raw: object) -> str:
    found = text(raw)
    try:
        ZoneInfo(found)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = _by_lower_case(available_timezones())
        close = difflib.get_close_matches(found.lower(), known, n=1)
        meant = f"did you mean {known[close[0]]}?" if close else "write one like Europe/Berlin or UTC"
        raise ValueError(f"is no known time zone; {meant}") from None
    return found


def _by_lower_case(names: Iterable[str]) -> dict[str, str]:
    return {name.lower(): name for name in sorted(names)}
