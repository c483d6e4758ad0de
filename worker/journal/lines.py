"""How the journal's lines are written: scrubbed, as JSON for programs, as short sentences at a terminal (the demo).

What slips in through a library's own log lines or an error's text loses its addresses, tokens and secrets here.
"""

import functools
import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Sequence

_LOGGER = "letterkey"
_LOG = logging.getLogger(_LOGGER)
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
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")

Value = str | int | float | bool | None | Sequence[str]


def configure(level: str = "info", *, human: bool = False) -> None:
    """Send the journal, and what libraries warn about, to stderr; calling it again replaces what it set up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name(_LOGGER)
    handler.setFormatter(_HumanLines() if human else _JsonLines())
    root = logging.getLogger()
    for old in [each for each in root.handlers if each.get_name() == _LOGGER]:
        root.removeHandler(old)
    root.addHandler(handler)
    # Libraries say too much below a warning: mail servers log envelopes, web servers whole paths with tokens.
    root.setLevel(logging.WARNING)
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # the mail listener's, which warns of each odd command
    # The finder of bounces shows the whole error of each mail that it can't read, though it's caught.
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
    _LOG.setLevel(level.upper())
    # What no line shows isn't gathered.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def note(what: str, sentence: str, level: int = logging.INFO, **fields: Value) -> None:
    """Write a line: what happened, a sentence with the fields in braces, and the fields."""
    if _LOG.isEnabledFor(level):
        # The record is made here, for `logger.log` would walk the frames for a caller that no line shows.
        record = logging.LogRecord(_LOGGER, level, "", 0, what, None, None)
        record.sentence, record.fields = sentence, fields
        _LOG.handle(record)


def places_of(error: BaseException) -> list[str]:
    """Where an error arose, innermost last: file, line and function."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _module(filename: str) -> str:
    return "/".join(filename.replace("\\", "/").split("/")[-2:])


def _fields(record: logging.LogRecord) -> dict[str, Value]:
    """What a record says; a library's record becomes its logger, its scrubbed text and the places of its error."""
    fields: dict[str, Value] | None = getattr(record, "fields", None)
    if fields is None:
        fields = {"logger": record.name, "text": record.getMessage()}
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            fields |= {"error": type(error).__qualname__, "places": places_of(error)}
    return {name: _clean(value) for name, value in fields.items()}


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
    text = _CONTROLS.sub(" ", text)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


@functools.lru_cache(2)
def _second(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        whole, part = divmod(int(record.created * 1_000_000), 1_000_000)
        at = f"{_second(whole)}.{part:06}Z"
        what = record.getMessage() if hasattr(record, "fields") else "library"
        return json.dumps({"at": at, "level": record.levelname.lower(), "what": what} | _fields(record))


class _HumanLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        sentence = getattr(record, "sentence", "{logger}: {text}")
        words = {name: _words(value) for name, value in _fields(record).items()}
        return f"{time.strftime('%H:%M:%S', time.localtime(record.created))}  {sentence.format_map(words)}"


def _words(value: Value) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, str | int | float) else ", ".join(value)
