"""What an action needs from outside: the moment it happens at, and new ids. Passed in, so that a test chooses them."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fresh:
    """`now` is UTC microseconds; `new_id` gives time-ordered ids, `secret_id` ids of 128 random bits."""

    now: int
    new_id: Callable[[], str]
    secret_id: Callable[[], str]
