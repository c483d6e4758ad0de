"""Rows that are seen to together: a few at once share their COMMITs, and what follows from them comes in groups too."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

TOGETHER = 8
"""So few that reading them holds up the loop for some milliseconds only, and what else comes waits behind no more."""


def in_groups(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """These rows, so many at a time, in their order."""
    return (rows[first : first + TOGETHER] for first in range(0, len(rows), TOGETHER))
