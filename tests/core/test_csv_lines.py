"""CSV that a spreadsheet shows and never obeys."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.csv_lines import line


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_what_looks_like_a_formula_is_text(sign: str) -> None:
    assert line([f"{sign}cmd|' /C calc'!A0"]) == f"\"'{sign}cmd|' /C calc'!A0\"\r\n"
    assert line([f"a{sign}b"]) == f'"a{sign}b"\r\n'


def test_quotes_and_separators_stay_in_their_cell() -> None:
    assert line(['a","=1+1', "b;c", "d\ne"]) == '"a"",""=1+1","b;c","d\ne"\r\n'


def test_nul_hides_no_formula() -> None:
    assert line(["\0=1+1", "\0"]) == '"\'=1+1",""\r\n'


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_a_reader_finds_the_same_cells(cells: list[str]) -> None:
    [read] = csv.reader(io.StringIO(line(cells), newline=""))
    assert len(read) == len(cells)
    for found, cell in zip(read, cells, strict=True):
        assert found.removeprefix("'") == cell.replace("\0", "").removeprefix("'")
        assert not found.startswith(("=", "+", "-", "@", "\t", "\r"))
