"""The terminal: every line that a command prints goes through here.

Rules: what strangers wrote (names, relays' replies, events) can't move the cursor or ring the bell; a terminal that
lacks a letter gets a question mark instead of an error; times are shown in the merchant's timezone.
"""

import os
import re
import sys
from zoneinfo import ZoneInfo

from worker.core import instant

# C0, DEL, C1 (a terminal obeys 0x9b as it does ESC [), and the marks that reverse the order of what stands beside them.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def prepare() -> None:
    """Make output line by line, so that a pipe sees each result at once, and never fail on a letter."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace", line_buffering=True)


def say(text: str = "") -> None:
    """A line (or several) of what was asked for."""
    sys.stdout.write(_CONTROLS.sub("", text) + "\n")


def say_marked(mark: str, colour: int, text: str) -> None:
    """A line behind a mark, which has its colour (an ANSI number) on a terminal that wants one (no-color.org)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty()
    shown = mark if plain else f"\x1b[{colour}m{mark}\x1b[0m"
    sys.stdout.write(shown + _CONTROLS.sub("", text) + "\n")


def complain(text: str) -> None:
    """A line about what went wrong."""
    sys.stderr.write(_CONTROLS.sub("", text) + "\n")


def progress(text: str = "") -> None:
    """How far a long work has come, in a line that the next one replaces; only for a person who looks at it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{_CONTROLS.sub('', text)}")
        sys.stderr.flush()


def remark(text: str) -> None:
    """A line for whoever looks at a long work, between its progress."""
    progress()
    say(text)


def clock_time(micros: int, timezone: str) -> str:
    """`22 Nov 2026 18:48`, in the merchant's timezone."""
    moment = instant.to_datetime(micros).astimezone(ZoneInfo(timezone))
    return f"{moment.day:2} {moment:%b %Y %H:%M}"


def duration(seconds: float) -> str:
    """`40 s`, `5 min`, `3 h`, `2 days`: as exact as a person wants it."""
    for unit, size, upto in (("s", 1, 90), ("min", 60, 90 * 60), ("h", 3600, 48 * 3600)):
        if seconds < upto:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86400:.0f} days"


def counted(number: int, one: str, many: str) -> str:
    """`1 mail`, `2 mails`."""
    return f"{number} {one if number == 1 else many}"
