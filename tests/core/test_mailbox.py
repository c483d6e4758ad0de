"""Waits after faults of a mailbox: short for a line that breaks, long for a login that is refused."""

from hypothesis import given
from hypothesis import strategies as st

from worker.core.mailbox import REFUSED_SECONDS, STEADY_SECONDS, Fault, Trying, Waits, after_fault, wait_seconds

OF_THE_LINE = [fault for fault in Fault if fault not in (Fault.REFUSED, Fault.FOLDER)]


def waits(*faults: Fault, lasted: float = 0.0, token: bool = False) -> list[float]:
    """How long it waits after each of these in a row."""
    trying, found = Trying(), []
    for fault in faults:
        trying = after_fault(trying, fault, lasted)
        found.append(wait_seconds(trying, fault, Waits(), token=token))
    return found


@given(st.lists(st.sampled_from(OF_THE_LINE), min_size=1, max_size=40))
def test_a_line_that_breaks_is_taken_up_again_within_half_a_minute(faults: list[Fault]) -> None:
    assert waits(*faults) == [1, 2, 4, 8, 16, *[30] * len(faults)][: len(faults)]


def test_after_a_good_session_it_begins_anew() -> None:
    assert waits(*[Fault.LOST] * 3, lasted=STEADY_SECONDS) == [1, 1, 1]
    assert waits(*[Fault.LOST] * 3, lasted=1) == [1, 2, 4]


def test_a_refused_login_waits_minutes_then_an_hour() -> None:
    assert waits(*[Fault.REFUSED] * 7) == [*REFUSED_SECONDS, 3600, 3600]
    assert waits(Fault.REFUSED, Fault.LOST, Fault.REFUSED) == [300, 1, 600]


def test_a_refused_token_is_renewed_once_at_once() -> None:
    assert waits(*[Fault.REFUSED] * 3, token=True) == [1, 300, 600]
    assert waits(Fault.FOLDER, token=True) == [300]
