"""A desk over each database."""

import pytest

from support.databases import Database
from support.desk import Desk


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)
