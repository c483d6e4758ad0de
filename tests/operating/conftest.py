"""A hub server to visit, on SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flows.hub import Visitor, server_on, visiting
from support.databases import Database, open_database


@pytest.fixture
async def sqlite_database(tmp_path: Path) -> AsyncIterator[Database]:
    """An open, migrated, empty database of the quickest kind."""
    async with open_database("sqlite-inline", f"sqlite:///{tmp_path / 'letterkey.db'}") as database:
        yield database


@pytest.fixture
async def sqlite_visitor(sqlite_database: Database) -> AsyncIterator[Visitor]:
    """A visitor of a hub server on it."""
    async with visiting(server_on(sqlite_database), sqlite_database) as visitor:
        yield visitor
