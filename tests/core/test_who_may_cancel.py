"""What a merchant is told of cancelling is what customers get."""

from itertools import product

import pytest

from worker.core.cancelling import CancelRules, Kind, Where, who_may_cancel

PROTECTED = (Where.EU, Where.US, Where.UNSAID)


@pytest.mark.parametrize(("allow", "split_pay"), list(product((True, False), repeat=2)))
def test_the_law_comes_first_then_the_settings(allow: bool, split_pay: bool) -> None:
    table = who_may_cancel(CancelRules(allow, split_pay))
    assert set(table) == set(Where)
    for where, kinds in table.items():
        free = where in PROTECTED
        expected = {Kind.ONGOING: free or allow, Kind.TRIAL: free or allow, Kind.SPLIT_PAY: free or split_pay}
        assert kinds == expected, where
