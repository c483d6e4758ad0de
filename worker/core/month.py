"""A month as its days: each from its first moment to the next day's, in a timezone, whatever clocks do in it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from worker.core.instant import from_datetime, to_datetime


@dataclass(frozen=True, slots=True)
class Day:
    """`since` and `until` are UTC microseconds, `until` itself is the next day's."""

    date: date
    since: int
    until: int


def month_of(now: int, timezone: str) -> tuple[Day, ...]:
    """Every day of the month that `now` lies in, those to come as well."""
    zone = ZoneInfo(timezone)
    first = to_datetime(now).astimezone(zone).date().replace(day=1)
    days = []
    day = first
    while day.month == first.month:
        days.append(Day(day, _begins(day, zone), _begins(day + timedelta(days=1), zone)))
        day += timedelta(days=1)
    return tuple(days)


def _begins(day: date, zone: ZoneInfo) -> int:
    return from_datetime(datetime(day.year, day.month, day.day, tzinfo=zone))
