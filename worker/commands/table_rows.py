"""The rows of a CSV text, each with the number of its first line; what is no row is told and passed over."""

import csv
from collections.abc import Callable, Iterator

from worker.commands.text_lines import Line

_DELIMITERS = ";,\t|"

Bad = Callable[[int, str], None]
"""Hears of a line that is no row, and why."""


class Rows:
    """Reads rows from lines, the header first."""

    def __init__(self, lines: Iterator[Line], bad: Bad, delimiter: str | None) -> None:
        self._lines = lines
        self._bad = bad
        self._number = 0
        self.header = self._header(delimiter)

    def _header(self, delimiter: str | None) -> list[str]:
        first = next((text for text in self._texts() if text.strip(" \t\r\n;,|")), "")
        self._delimiter = delimiter or max(_DELIMITERS, key=first.count)
        self._reader = csv.reader(self._texts(), delimiter=self._delimiter)
        return next(csv.reader([first], delimiter=self._delimiter), [])

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            first = self._number + 1
            try:
                row = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._bad(first, f"is no row: {error}; is there a quote that never ends?")
                continue
            if not any(cell.strip() for cell in row):
                continue
            if any(cell.strip() for cell in row[len(self.header) :]):
                self._bad(first, f"has {len(row)} cells, the header {len(self.header)}")
                continue
            yield first, row

    def _texts(self) -> Iterator[str]:
        for line in self._lines:
            self._number = line.number
            if line.text is None:
                self._bad(line.number, "is longer than a million characters")
            else:
                yield line.text
