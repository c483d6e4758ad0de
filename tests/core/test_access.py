"""The limits on link mails, and the code that stands for a link."""

from hypothesis import given
from hypothesis import strategies as st

from worker.core.access import Limits, access_code, is_code, next_allowed, next_own, shown_code
from worker.core.instant import DAY, HOUR, MINUTE, SECOND

NOW = 1_800_000_000 * SECOND
LIMITS = Limits()


def test_the_first_may_go_at_once() -> None:
    assert next_allowed(NOW, [], LIMITS) == NOW


def test_one_a_minute() -> None:
    assert next_allowed(NOW, [NOW - 20 * SECOND], LIMITS) == NOW + 40 * SECOND
    assert next_allowed(NOW, [NOW - MINUTE], LIMITS) == NOW


def test_five_an_hour_and_ten_a_day() -> None:
    five = [NOW - number * 5 * MINUTE for number in range(1, 6)]
    assert next_allowed(NOW, five, LIMITS) == min(five) + HOUR
    ten = [NOW - number * 2 * HOUR for number in range(1, 11)]
    assert next_allowed(NOW, ten, LIMITS) == min(ten) + DAY


@given(st.lists(st.integers(NOW - 2 * DAY, NOW), max_size=40))
def test_no_window_ever_holds_more_than_its_limit(asked: list[int]) -> None:
    at = next_allowed(NOW, asked, LIMITS)
    assert at >= NOW
    for most, length in ((1, MINUTE), (5, HOUR), (10, DAY)):
        assert sum(moment > at - length for moment in asked) < most


def test_a_code_is_the_links_alone_and_easy_to_type() -> None:
    code = access_code("link", "request", "key")
    assert len(code) == 8
    assert not set(code) & set("01OILAEU")
    assert shown_code(code) == f"{code[:4]}-{code[4:]}"
    for typed in (code, shown_code(code), code.lower(), f" {code[:4]} {code[4:]} "):
        assert is_code(typed, "link", "request", ["key"])
    assert is_code(code, "link", "request", ["key", "newer key"])
    for wrong in (("other", "request", "key"), ("link", "other", "key"), ("link", "request", "other")):
        assert not is_code(code, wrong[0], wrong[1], [wrong[2]])
    assert not is_code("", "link", "request", ["key"])


def test_an_address_has_five_a_day_of_its_own_and_none_waits_a_minute() -> None:
    asked = [NOW - number for number in range(4)]
    assert next_own(NOW, asked, LIMITS) == NOW
    assert next_own(NOW, [*asked, NOW - HOUR], LIMITS) == NOW - HOUR + DAY
