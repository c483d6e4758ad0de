"""A text file of unknown make as numbered lines: in UTF-8, UTF-16 or windows-1252, with any line ends.

Rules: memory holds one line at most, whatever comes; a line that is no UTF-8 is taken for windows-1252, in which every
byte means something; what is no text at all is refused with what it is.
"""

import codecs
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from worker.commands.opening import AskedWrongly

LONGEST_LINE = 1 << 20
"""Characters. A transaction has some hundred."""
_SNIFFED = 4096
_NO_TEXT = {
    b"PK\x03\x04": "is a ZIP archive or an Excel workbook; unpack it, or save the table as CSV",
    b"\x1f\x8b": "is packed with gzip; unpack it first",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook; save the table as CSV",
    b"%PDF": "is a PDF; export the table as CSV",
}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its number; `text` is None where it was too long to keep."""

    number: int
    text: str | None


@contextmanager
def open_lines(file: str, encoding: str | None) -> Iterator[Iterator[Line]]:
    """The lines of a file, or of standard input for -. Raises AskedWrongly where it is no text."""
    try:
        raw = sys.stdin.buffer if file == "-" else open(file, "rb")  # noqa: SIM115  # closed below
    except OSError as error:
        raise AskedWrongly(f"{file} can't be opened: {error.strerror}") from None
    try:
        found = _encoding(raw.peek(_SNIFFED), file, encoding)  # type: ignore[union-attr]
        text = io.TextIOWrapper(raw, encoding=found, errors="surrogateescape", newline="")
        yield _lines(text, file)
    except OSError as error:
        raise AskedWrongly(f"{file} can't be read: {error.strerror}") from None
    finally:
        raw.close()


def _encoding(head: bytes, file: str, given: str | None) -> str:
    for mark, words in _NO_TEXT.items():
        if head.startswith(mark):
            raise AskedWrongly(f"{file} {words}")
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if given is not None:
        try:
            codecs.lookup(given)
        except LookupError:
            raise AskedWrongly(
                f"{given} is no encoding that is known; write utf-8, windows-1252, iso-8859-2 …"
            ) from None
        return given
    if marked is None and b"\x00" in head[:64]:
        raise AskedWrongly(f"{file} is no text; export the table as CSV, or say --encoding")
    return marked or "utf-8"


def _lines(text: io.TextIOWrapper, file: str) -> Iterator[Line]:
    number = 0
    try:
        while line := text.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) <= LONGEST_LINE or line.endswith(("\n", "\r")):
                yield Line(number, _mended(line))
                continue
            while (rest := text.readline(LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
                pass
            yield Line(number, None)
    except UnicodeError:
        raise AskedWrongly(f"{file}: what follows line {number} is not in the encoding it began in") from None


def _mended(line: str) -> str:
    """The line, in windows-1252 where it is no UTF-8."""
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return line.encode("utf-8", "surrogateescape").decode("windows-1252", "replace")
    return line
