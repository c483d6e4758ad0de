"""One stationery for all tests of mails and pages: compiling it is most of what they cost."""

import pytest

from worker.render.environment import Stationery, make_environment


@pytest.fixture(scope="session")
def stationery() -> Stationery:
    return make_environment()
