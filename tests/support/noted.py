"""The journal's lines of one test, as values."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from worker import journal


class Noted(io.StringIO):
    """What the journal wrote."""

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    @property
    def whats(self) -> list[str]:
        """What happened, line by line."""
        return [line["what"] for line in self.lines]

    def clear(self) -> None:
        self.seek(0)
        self.truncate()


@contextmanager
def noted_in(stream: Noted) -> Iterator[None]:
    """The journal is written to this stream; later as if nobody had configured it."""
    journal.configure(stream=stream)
    try:
        yield
    finally:
        journal.configure("warning")
