"""Every golden event of every source is read as its golden reading says, and its lines come to its total."""

import json
import time

import pytest

from sources.goldens import as_json, body_of, events, golden_path, read
from worker.core.transaction import sums_match
from worker.sources import SOURCES
from worker.sources.event import Told

EVERY_EVENT = [(source, name) for source in sorted(SOURCES) for name in events(source)]

SUMS_DIFFER = {"invoice.paid.balance_used.json"}
"""A part was paid from the customer's balance, which no line says."""


@pytest.mark.parametrize(("source", "name"), EVERY_EVENT)
def test_an_event_is_read_as_its_golden_reading_says(source: str, name: str) -> None:
    body = body_of(source, name)
    started = time.perf_counter()

    reading = read(source, body)

    assert time.perf_counter() - started < 0.25
    assert as_json(reading) == json.loads(golden_path(source, name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(("source", "name"), EVERY_EVENT)
def test_the_lines_come_to_the_total(source: str, name: str) -> None:
    reading = read(source, body_of(source, name))

    if isinstance(reading, Told):
        assert all(sums_match(each) is (name not in SUMS_DIFFER) for each in reading.transactions)
        assert reading.transactions or reading.announced


def test_every_golden_reading_has_its_event() -> None:
    for source in SOURCES:
        expected = {golden_path(source, name) for name in events(source)}
        assert set(golden_path(source, "x").parent.iterdir()) == expected


def test_a_source_is_named_like_its_module_and_its_tests() -> None:
    for name, source in SOURCES.items():
        assert source.name == name
        assert source.verify.__module__ == f"worker.sources.{name}"
        assert events(name)
