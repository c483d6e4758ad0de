"""How the journal's lines are written: scrubbed, as JSON for programs, as short sentences at a terminal (the demo).

What slips in through a library's own log lines or an error's text loses its addresses, tokens and secrets here.
"""

import functools
import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TextIO

from pydantic_core import to_json

_HANDLER = "letterkey"
_LONGEST = 300  # characters of one value: a note is a line, not a dump
_FRAMES = 6  # innermost places of an error that a note names

_SECRETS = (
    (re.compile(r"[^\s<>\"'(),;:@]+@[^\s<>\"'(),;:@]+"), "[address]"),
    (re.compile(r"(/(?:access|documents|webhooks/[^/\s]+)/)[^\s\"'?#]+"), r"\1[token]"),
    (re.compile(r"([?&][A-Za-z_]+=)[^\s&\"'#]+"), r"\1[token]"),
    (re.compile(r"\b(?:whsec|sk|rk|pk)_[A-Za-z0-9_+/=-]+"), "[secret]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+"), r"\1 [secret]"),
)
_PLAIN = re.compile(rf"[A-Za-z0-9.:-]{{0,{_LONGEST}}}")  # most ids: nothing in them could be scrubbed
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
"""Controls, what turns the direction of writing, and halves of characters, which are no text."""

Value = str | int | float | bool | None | Sequence[str]
Shape = Callable[[int, str, str, Mapping[str, Value]], str]
"""A line's text, of its level, what happened, the sentence and its fields."""


@dataclass(slots=True)
class _Journal:
    """Lines of which level and above are written, in which shape, and where to (None: stderr)."""

    level: int
    shape: Shape
    stream: TextIO | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, level: int, what: str, sentence: str, fields: Mapping[str, Value]) -> None:
        """One that can't be written stops nothing."""
        if level < self.level:
            return
        line = self.shape(level, what, sentence, {name: _clean(value) for name, value in fields.items()})
        with self.lock, suppress(OSError, ValueError):
            (self.stream or sys.stderr).write(line + "\n")


def configure(level: str = "info", *, human: bool = False, stream: TextIO | None = None) -> None:
    """Send the journal, and what libraries warn about, to a stream (stderr); calling it again replaces what was so."""
    _JOURNAL.level = logging.getLevelNamesMapping()[level.upper()]
    _JOURNAL.shape, _JOURNAL.stream = _human if human else _json, stream
    handler = _FromLibraries()
    handler.set_name(_HANDLER)
    root = logging.getLogger()
    for old in [each for each in root.handlers if each.get_name() == _HANDLER]:
        root.removeHandler(old)
    root.addHandler(handler)
    # Libraries say too much below a warning: mail servers log envelopes, web servers whole paths with tokens.
    root.setLevel(logging.WARNING)
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # the mail listener's, which warns of each odd command
    # The finder of bounces shows the whole error of each mail that it can't read, though it's caught.
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)


def note(what: str, sentence: str, level: int = logging.INFO, **fields: Value) -> None:
    """Write a line: what happened, a sentence with the fields in braces, and the fields.

    It doesn't pass through `logging`, whose records and handlers would cost more than all the rest of it.
    """
    _JOURNAL.write(level, what, sentence, fields)


def places_of(error: BaseException) -> list[str]:
    """Where an error arose, innermost last: file, line and function."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _module(filename: str) -> str:
    return "/".join(filename.replace("\\", "/").split("/")[-2:])


class _FromLibraries(logging.Handler):
    """Writes a library's record: its logger, its scrubbed text and the places of its error."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Value] = {"logger": record.name, "text": _text_of(record)}
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            fields |= {"error": type(error).__qualname__, "places": places_of(error)}
        _JOURNAL.write(record.levelno, "library", "{logger}: {text}", fields)


def _text_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # the library's mistake, which must not become ours
        return str(record.msg)


def _clean(value: Value) -> Value:
    if isinstance(value, str):
        return _scrubbed(value)
    if isinstance(value, Sequence):
        return [_scrubbed(each) for each in value]
    return value


def _scrubbed(text: str) -> str:
    """The text on one line, without addresses, tokens and secrets."""
    if _PLAIN.fullmatch(text):
        return text
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    text = _UNSHOWN.sub(" ", text)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


@functools.lru_cache(2)
def _second(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))


def _json(level: int, what: str, _sentence: str, fields: Mapping[str, Value]) -> str:
    seconds, part = divmod(time.time_ns() // 1_000, 1_000_000)
    line = {
        "at": f"{_second(seconds)}.{part:06}Z",
        "level": logging.getLevelName(level).lower(),
        "what": what,
        **fields,
    }
    return to_json(line, ensure_ascii=True).decode()


def _human(_level: int, _what: str, sentence: str, fields: Mapping[str, Value]) -> str:
    words = {name: _words(value) for name, value in fields.items()}
    return f"{time.strftime('%H:%M:%S')}  {sentence.format_map(words)}"


def _words(value: Value) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, str | int | float) else ", ".join(value)


_JOURNAL = _Journal(logging.WARNING, _json)
