"""Time and ids as the rest of the program relies on them."""

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from worker.clock import DAY, SECOND, Clock, ordered_id, system_clock

MOMENTS = st.integers(min_value=0, max_value=(1 << 48) * 1_000 - 1)  # up to the year 10889
CHANCES = st.integers(min_value=0, max_value=(1 << 70) - 1)


@given(MOMENTS, MOMENTS, CHANCES, CHANCES)
def test_ids_sort_by_time_whatever_chance_says(one: int, other: int, chance: int, other_chance: int) -> None:
    first, second = sorted((one, other))
    if first < second or chance < other_chance:
        assert ordered_id(first, chance) < ordered_id(second, other_chance)


@given(MOMENTS, CHANCES)
def test_ids_are_plain_words(at: int, chance: int) -> None:
    assert re.fullmatch(r"[0-9a-hjkmnp-tv-z]{26}", ordered_id(at, chance))


def test_ids_never_repeat() -> None:
    clock = system_clock()
    made = [make() for make in (clock.new_id, clock.secret_id) for _ in range(2_000)]
    assert len(set(made)) == len(made)


def test_secret_ids_use_all_their_bits() -> None:
    made = [system_clock().secret_id() for _ in range(500)]
    assert all(re.fullmatch(r"[0-7][0-9a-hjkmnp-tv-z]{25}", each) for each in made)  # 130 places, 128 bits
    assert all(len({each[place] for each in made}) >= 8 for place in range(26))


def test_now_is_the_time_in_microseconds() -> None:
    clock = system_clock()
    assert abs(clock.now() - time.time() * SECOND) < SECOND
    assert DAY == 86_400_000_000
    assert clock.monotonic() <= clock.monotonic()


async def test_a_simulation_drives_it() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    clock = Clock(now=lambda: 7, monotonic=lambda: 1.5, new_id=lambda: "n", secret_id=lambda: "s", sleep=sleep)
    await clock.sleep(3)
    assert (clock.now(), clock.monotonic(), clock.new_id(), clock.secret_id(), slept) == (7, 1.5, "n", "s", [3])
