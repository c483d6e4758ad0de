"""JSON that one reader takes for something else than another, or that nobody should have to read."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.strict_json import NotJson, deeper_than, parse

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"{", "is not JSON: line 1, column 2: expecting property name"),
        (b'{"a":\n 1,5}', "is not JSON: line 2, column 4"),
        (b"\xff", "is not UTF-8: byte 1 can't be read"),
        (b'{"a": NaN}', "holds NaN, which is no JSON number"),
        (b'{"a": -Infinity}', "holds -Infinity"),
        (b'{"a": 1, "a": 2}', "has the key 'a' twice"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 10_000, "a number is too long"),
        (b"[[[[]]]]", "is nested more than 3 levels deep"),
        (b'{"a": {"a": {"a": {}}}}', "is nested more than 3 levels deep"),
    ],
    ids=lambda each: repr(each[:20]) if isinstance(each, bytes) else "",
)
def test_what_nobody_should_send_is_told_with_its_place(text: bytes, reason: str) -> None:
    with pytest.raises(NotJson) as refused:
        parse(text, 3)
    assert reason in str(refused.value)


def test_a_line_of_something_longer_has_columns_alone() -> None:
    with pytest.raises(NotJson, match=r"^is not JSON: column 2: "):
        parse(b"{", 3, one_line=True)


@settings(max_examples=150, deadline=None)
@given(values)
def test_all_other_json_is_read_as_everybody_reads_it(value: object) -> None:
    assert parse(b"\xef\xbb\xbf" + json.dumps(value).encode(), 20) == value


@pytest.mark.parametrize(
    ("value", "deeper"), [(1, False), ([], False), ([1], False), ([[]], True), ({"a": 1}, False), ({"a": {}}, True)]
)
def test_levels_are_counted_from_one(value: object, deeper: bool) -> None:
    assert deeper_than(value, 1) == deeper
