"""Times as whole UTC microseconds since 1970, and their ISO 8601 text at the edges."""

from datetime import UTC, datetime, timedelta

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST, LATEST = 0, 7_258_118_400 * SECOND
"""1970 to 2200: outside, a time is an error in somebody's program (and years beyond 9999 break `datetime`)."""


def from_datetime(moment: datetime) -> int:
    """UTC microseconds of an aware `moment`. Raises ValueError where it has no offset or lies outside 1970 to 2200."""
    if moment.tzinfo is None:
        raise ValueError("needs an offset, such as 2026-11-22T18:48:00Z")
    micros = (moment - _EPOCH) // timedelta(microseconds=1)
    if not EARLIEST <= micros <= LATEST:
        raise ValueError("must lie between the years 1970 and 2200")
    return micros


def to_datetime(micros: int) -> datetime:
    """The aware UTC datetime of UTC microseconds."""
    return _EPOCH + timedelta(microseconds=micros)


def parse(text: str) -> int:
    """UTC microseconds of an ISO 8601 text with an offset. Raises ValueError saying what to write instead."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a date and time such as 2026-11-22T18:48:00Z") from None
    return from_datetime(moment)


def iso(micros: int) -> str:
    """The ISO 8601 text of UTC microseconds, with `Z` and no needless fraction."""
    return to_datetime(micros).isoformat().replace("+00:00", "Z")
