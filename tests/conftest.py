"""Fixtures for all tests: databases, a private PostgreSQL, a real SMTP sink, a browser; each real, each on loopback.

A missing component fails the run; ALLOW_MISSING=1 makes it a skip that the summary shows.
"""

import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import hypothesis
import pytest

from support.certificate import Certificate, self_signed
from support.chromium import find_chromium
from support.compiled import compile_once
from support.databases import KINDS, Database, SetClock, fresh_url, open_database
from support.dovecot import Dovecot, start_dovecot
from support.noted import Noted, noted_in
from support.postgres import Postgres, fresh_database, start_postgres
from support.sink import MakeSink, Sink, SinkRules, running_sink
from worker.store.engine import Store

# Started in the background of a shell, or under nohup: the programs that tests stop would inherit it.
for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)

compile_once()
hypothesis.settings.register_profile("unhurried", deadline=None)  # on a loaded machine an example may take its time
hypothesis.settings.load_profile("unhurried")

if os.environ.get("TEST_LOOP") == "uvloop":
    import uvloop

    def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], uvloop.Loop]]:
        return {"uvloop": uvloop.new_event_loop}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who waits longest begins first, lest all wait for it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("waits") is None)


@pytest.fixture
def noted() -> Iterator[Noted]:
    """The journal's lines."""
    stream = Noted()
    with noted_in(stream):
        yield stream


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


@pytest.fixture(params=["sqlite", "postgres"])
async def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of an empty database, once on SQLite and once on PostgreSQL: for tests that run the program."""
    async with fresh_url(request.param, tmp_path, lambda: request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An open, migrated, empty database: SQLite with threads and without, and PostgreSQL."""
    async with (
        fresh_url(request.param, tmp_path, lambda: request.getfixturevalue("postgres"), migrated=True) as url,
        open_database(request.param, url) as database,
    ):
        yield database


@pytest.fixture
def store(database: Database) -> Store:
    """The store of `database`."""
    return database.store


@pytest.fixture
def clock(database: Database) -> SetClock:
    """The time of `database`: move it with `database.pass_seconds`, so that leases hear of it."""
    return database.clock


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


@pytest.fixture(scope="session")
def dovecot(certificate: Certificate) -> Iterator[Dovecot]:
    """A mailbox host of this test process's own; each test takes users of its own."""
    with start_dovecot(certificate) as running:
        yield running
