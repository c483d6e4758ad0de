"""Time, ids and sleep: everything that differs from one run to the next, in one value that can be passed in.

Times are integers, UTC microseconds. Ordered ids sort as text in the order of their making; secret ids are 128
random bits. Nothing here keeps state, so a simulation builds a `Clock` of its own and drives every part with it.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# Crockford's base 32 in lower case: its order is ASCII order, no letter is taken for a digit, and an id survives
# systems that fold case. It also never starts with "-", which a command line would read as an option.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
_SHIFTS = range(120, -1, -10)  # 13 pairs of 2 × 5 bits hold 128


@dataclass(frozen=True, slots=True)
class Clock:
    """What a part of the program may know about time and chance. Timers use `monotonic`, records use `now`."""

    now: Callable[[], int]
    monotonic: Callable[[], float]
    new_id: Callable[[], str]
    secret_id: Callable[[], str]
    sleep: Callable[[float], Awaitable[None]]


def system_clock() -> Clock:
    return Clock(now=now, monotonic=monotonic, new_id=new_id, secret_id=secret_id, sleep=asyncio.sleep)


def now() -> int:
    """The time of day in UTC microseconds."""
    return time.time_ns() // 1_000


def monotonic() -> float:
    """Seconds that never run backwards, for timers inside this process."""
    return time.monotonic()


def new_id() -> str:
    """A time-ordered id of 26 characters."""
    return ordered_id(now(), secrets.randbits(70))


def secret_id() -> str:
    """An id of 128 random bits that nobody can guess, 26 characters, safe in any URL."""
    return _base32(secrets.randbits(128))


def ordered_id(at: int, chance: int) -> str:
    """The ordered id of the moment `at`: 48 bits of milliseconds, 10 of microseconds within, 70 of `chance`."""
    milliseconds, microseconds = divmod(at, 1_000)
    return _base32((milliseconds << 80) | (microseconds << 70) | (chance & ((1 << 70) - 1)))


def _base32(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
