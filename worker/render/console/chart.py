"""A small chart of a month's days, drawn by the server: bars, the first and last day beneath, and words for who can't
see them. No script, no colours of its own; days to come have their place but no bar.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 320, 72
"""Of the drawing; the page makes it as wide as there is room."""
_GAP = 2
_CALM = 5
"""A day of so few doesn't fill the drawing: one cancellation is no peak."""
_LEAST = 2
"""One is never drawn so low that it looks like none."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One day's, in the drawing's units from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """`title` and `words` say it aloud, `total` is the figure beside it, `bars` those of days that had any."""

    name: str
    title: str
    total: str
    words: str
    bars: tuple[Bar, ...]


def bars_of(counts: Sequence[int]) -> tuple[Bar, ...]:
    """The bars of these days, the highest as high as the drawing."""
    highest, slot = max((_CALM, *counts)), WIDTH / max(len(counts), 1)
    return tuple(
        _bar(place * slot, slot, max(_LEAST, count / highest * HEIGHT)) for place, count in enumerate(counts) if count
    )


def _bar(x: float, slot: float, height: float) -> Bar:
    return Bar(round(x + _GAP / 2, 2), round(HEIGHT - height, 2), round(slot - _GAP, 2), round(height, 2))
