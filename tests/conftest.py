"""Fixtures for all tests: a private PostgreSQL, a real SMTP sink, a browser; each real, each on loopback.

A missing component fails the run; ALLOW_MISSING=1 makes it a skip that the summary shows.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from support.certificate import Certificate, self_signed
from support.chromium import find_chromium
from support.postgres import Postgres, fresh_database, start_postgres
from support.sink import MakeSink, Sink, SinkRules, running_sink

if os.environ.get("LETTERKEY_TEST_LOOP") == "uvloop":
    import uvloop

    def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], uvloop.Loop]]:
        return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL cluster of this test process's own, collation C, gone at the end."""
    with start_postgres() as cluster:
        yield cluster


@pytest.fixture
async def postgres_url(postgres: Postgres) -> AsyncIterator[str]:
    """The URL of an empty database for one test."""
    async with fresh_database(postgres) as url:
        yield url


@pytest.fixture
async def make_sink() -> AsyncIterator[MakeSink]:
    """Starts SMTP sinks with rules of their own (TLS, AUTH); all stop when the test ends."""
    async with AsyncExitStack() as stack:

        async def make(rules: SinkRules) -> Sink:
            return await stack.enter_async_context(running_sink(rules))

        yield make


@pytest.fixture
async def sink(make_sink: MakeSink) -> Sink:
    """An SMTP sink that takes everything and keeps it."""
    return await make_sink(SinkRules())


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for 127.0.0.1 and localhost, and the file to trust it by."""
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Where Chromium is."""
    return find_chromium()
