"""What Gumroad's events say alike: when, how often, and whether it is a test."""

from typing import Final

from worker.core import instant
from worker.sources.picking import Amounts, Pick

DOLLARS: Final = Amounts("USD", 2)
"""Gumroad reckons in them, also where the price tag shows another currency."""

_RECURRENCES: Final = {
    "monthly": ("month", 1),
    "quarterly": ("month", 3),
    "biannually": ("month", 6),
    "yearly": ("year", 1),
    "every_two_years": ("year", 2),
}


def moment_of(told: Pick) -> int | None:
    """UTC microseconds of a time or a day (which begins at midnight, UTC) in ISO 8601."""
    text = told.text()
    if text is None:
        return None
    try:
        return instant.parse(text if "T" in text else f"{text}T00:00:00Z")
    except ValueError as error:
        return told.refuse(str(error))


def interval_of(told: Pick) -> tuple[str | None, int]:
    """How often it recurs, in our words."""
    return _RECURRENCES.get(told.text() or "", (None, 1))


def is_test(event: Pick) -> bool:
    """Sellers who buy their own product test it: nothing is charged."""
    return event["test"].is_true()
