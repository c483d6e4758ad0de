"""A month's days meet without gap or overlap, whatever clocks do."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.instant import DAY, HOUR, from_datetime
from worker.core.month import month_of

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")


@given(st.integers(2 * 365 * DAY, 130 * 365 * DAY), st.sampled_from(ZONES))
def test_days_meet_and_hold_the_moment(now: int, zone: str) -> None:
    days = month_of(now, zone)
    assert 28 <= len(days) <= 31
    assert [day.until for day in days[:-1]] == [day.since for day in days[1:]]
    assert days[0].since <= now < days[-1].until
    assert [day.date.day for day in days] == list(range(1, len(days) + 1))


@pytest.mark.parametrize(("at", "day", "hours"), [("2026-03-15", 29, 23), ("2026-10-15", 25, 25)])
def test_the_days_on_which_clocks_change(at: str, day: int, hours: int) -> None:
    days = month_of(from_datetime(datetime.fromisoformat(at).replace(tzinfo=UTC)), "Europe/Berlin")
    assert days[day - 1].until - days[day - 1].since == hours * HOUR
    assert days[0].until - days[0].since == DAY
