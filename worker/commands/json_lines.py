"""JSON Lines from a stream of bytes: numbered, blank ones left out, over-long ones told and skipped.

Whatever comes, memory holds one line at most; the next line is read as if nothing had happened.
"""

from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_LINE = 1 << 20
"""Bytes. A transaction has a few hundred, the largest allowed (500 lines) some hundred thousand."""
TOO_LONG = f"is longer than {LONGEST_LINE >> 20} MiB: a transaction is one line of JSON"


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A line that isn't blank; `content` is None where it was too long to keep."""

    number: int
    content: bytes | None


class LineSplitter:
    """Cuts pieces of a stream into lines."""

    def __init__(self) -> None:
        self._number = 1
        self._rest = b""
        self._skipping = False

    def feed(self, piece: bytes) -> Iterator[NumberedLine]:
        """The lines that this piece ends."""
        *ended, rest = piece.split(b"\n")
        for part in ended:
            yield from self._end(self._rest + part)
            self._rest = b""
        self._rest += rest
        if len(self._rest) > LONGEST_LINE:
            self._rest, self._skipping = b"", True

    def end(self) -> Iterator[NumberedLine]:
        """The last line, where no line break follows it."""
        yield from self._end(self._rest)
        self._rest = b""

    def _end(self, content: bytes) -> Iterator[NumberedLine]:
        if self._skipping or len(content) > LONGEST_LINE:
            yield NumberedLine(self._number, None)
        elif content.strip():
            yield NumberedLine(self._number, content)
        self._number, self._skipping = self._number + 1, False
