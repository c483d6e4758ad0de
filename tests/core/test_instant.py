"""Times: whole UTC microseconds inside, ISO 8601 with an offset outside."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.instant import EARLIEST, LATEST, from_datetime, iso, parse, to_datetime

instants = st.integers(EARLIEST, LATEST)
offsets = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(instants)
def test_a_text_is_read_back(micros: int) -> None:
    assert parse(iso(micros)) == micros
    assert iso(micros).endswith("Z")
    assert from_datetime(to_datetime(micros)) == micros


@given(instants, offsets)
def test_every_offset_says_the_same_moment(micros: int, offset: timezone) -> None:
    assert parse(to_datetime(micros).astimezone(offset).isoformat()) == micros


@given(st.datetimes(timezones=offsets))
def test_what_is_outside_our_years_is_refused_and_nothing_else(moment: datetime) -> None:
    try:
        assert to_datetime(from_datetime(moment)) == moment
    except ValueError:
        assert not 1970 < moment.year < 2199


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2026-11-22",
        "2026-11-22T18:48:00",
        "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:00.000001Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-13-01T00:00:00Z",
        "2026-11-22T24:01:00Z",
        "1795373280",
        "\x00",
    ],
)
def test_what_is_no_moment_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"2026-11-22T18:48:00Z|between the years"):
        parse(text)


@given(st.text())
def test_no_text_raises_anything_but_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert EARLIEST <= parse(text) <= LATEST


def test_whole_seconds_have_no_fraction() -> None:
    assert iso(from_datetime(datetime(2026, 11, 22, 18, 48, tzinfo=UTC))) == "2026-11-22T18:48:00Z"
