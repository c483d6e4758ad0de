"""The settings know every source by its file, without importing it."""

from worker.settings import KNOWN_KINDS
from worker.sources import SOURCES


def test_the_settings_know_every_source_and_no_other() -> None:
    assert set(KNOWN_KINDS) == set(SOURCES)
