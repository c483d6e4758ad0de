"""PostgreSQL's own ways: a lost listener, deadlocks, a server that stops, databases and machines that don't suit."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial

import asyncpg
import pytest

from support.ports import free_port
from support.postgres import Postgres
from worker.store import postgres as engine
from worker.store.changes import Topic
from worker.store.engine import StoreRefused, StoreUnavailable, Tx
from worker.store.opening import open_store
from worker.store.postgres import CHANNEL, PostgresStore

PATIENCE = 5.0


@pytest.fixture
async def store(postgres_url: str) -> AsyncIterator[PostgresStore]:
    store = await opened(postgres_url)
    yield store
    await store.close()


async def opened(url: str) -> PostgresStore:
    store = await open_store(url, lambda: 0)
    assert isinstance(store, PostgresStore)
    return store


async def save(tx: Tx, name: str) -> None:
    await tx.run("relay_save", name=name, state="{}", now=0)


async def saved(tx: Tx) -> set[str]:
    return {name for name in "abcd" if await tx.one("relay_state", name=name)}


async def test_the_patient_leave_connections_to_those_who_are_waited_for(store: PostgresStore) -> None:
    over = asyncio.Event()

    async def slowly(tx: Tx) -> None:
        await over.wait()

    slow = [asyncio.create_task(store.write(slowly, patient=True)) for _ in range(3 * engine.POOL_SIZE)]
    await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE):
        await store.write(lambda tx: save(tx, "a"))
        assert await store.read(saved) == {"a"}
    over.set()
    await asyncio.gather(*slow)


async def test_a_body_that_lost_a_deadlock_is_run_again(store: PostgresStore) -> None:
    """Each waits for the row that the other holds: PostgreSQL ends one, the engine starts it anew."""
    await store.write(lambda tx: save(tx, "a"))
    await store.write(lambda tx: save(tx, "b"))
    both_hold = asyncio.Barrier(2)
    runs = 0

    async def in_order(first: str, second: str) -> None:
        began = False

        async def body(tx: Tx) -> None:
            nonlocal began, runs
            runs += 1
            await save(tx, first)
            if not began:
                began = True
                await both_hold.wait()
            await save(tx, second)

        await store.write(body)

    async with asyncio.timeout(PATIENCE):
        await store.on_connection(lambda c: c.execute("ALTER SYSTEM SET deadlock_timeout = '10ms'"))
        await store.on_connection(lambda c: c.execute("SELECT pg_reload_conf()"))
        await asyncio.gather(in_order("a", "b"), in_order("b", "a"))
    assert runs == 3


async def test_a_deadlock_that_comes_again_and_again_is_said(store: PostgresStore) -> None:
    runs = 0

    async def loses(tx: Tx) -> None:
        nonlocal runs
        runs += 1
        raise asyncpg.DeadlockDetectedError("deadlock detected")

    with pytest.raises(StoreUnavailable, match="deadlock"):
        await store.write(loses)
    assert runs == engine.TRIES


async def test_a_read_sees_one_state_while_others_write(store: PostgresStore) -> None:
    async def looks_twice(tx: Tx) -> tuple[set[str], set[str]]:
        before = await saved(tx)
        await store.write(lambda other: save(other, "a"))
        return before, await saved(tx)

    assert await store.read(looks_twice) == (set(), set())
    assert await store.read(saved) == {"a"}


async def test_a_cancelled_body_is_rolled_back(store: PostgresStore) -> None:
    begun = asyncio.Event()

    async def waits(tx: Tx) -> None:
        await save(tx, "a")
        begun.set()
        await asyncio.Event().wait()

    write = asyncio.create_task(store.write(waits))
    await begun.wait()
    write.cancel()
    with pytest.raises(asyncio.CancelledError):
        await write
    assert await store.read(saved) == set()


async def test_a_lost_listener_comes_back_and_takes_everything_for_changed(
    store: PostgresStore, postgres_url: str
) -> None:
    writer = await opened(postgres_url)
    watching = asyncio.create_task(store.watch())
    try:
        await _heard(store, Topic.EVENTS, 0)
        seen = store.changes.count(Topic.EVENTS)
        await writer.on_connection(
            lambda c: c.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1", f"LISTEN%{CHANNEL}%"
            )
        )
        await _heard(store, Topic.EVENTS, seen)  # what it may have missed meanwhile

        async def wakes(tx: Tx) -> None:
            tx.wake(Topic.OUTBOX)

        before = store.changes.count(Topic.OUTBOX)
        await writer.write(wakes)
        await _heard(store, Topic.OUTBOX, before)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await writer.close()


async def test_what_others_say_on_the_channel_is_no_topic_of_ours(store: PostgresStore) -> None:
    watching = asyncio.create_task(store.watch())
    await _heard(store, Topic.EVENTS, 0)
    seen = store.changes.count(Topic.EVENTS)
    for said in ("nonsense,,", "events"):
        await store.on_connection(partial(_notify, said))
    await _heard(store, Topic.EVENTS, seen)
    assert store.changes.count(Topic.OUTBOX) == 1
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def test_wake_ups_are_bundled(store: PostgresStore, postgres_url: str) -> None:
    """A NOTIFY takes a lock that all commits queue for: a hundred commits say it a few times."""
    heard: list[str] = []
    listener = await asyncpg.connect(postgres_url)
    await listener.add_listener(CHANNEL, lambda *said: heard.append(str(said[-1])))

    async def wakes(tx: Tx) -> None:
        tx.wake(Topic.OUTBOX)
        tx.wake(Topic.EVENTS)

    await asyncio.gather(*(store.write(wakes) for _ in range(100)))
    await store.close()  # sends what is left
    await listener.execute("SELECT 1")
    await listener.close()
    assert 1 <= len(heard) <= 20
    assert set(heard) == {"events,outbox"}


async def _notify(said: str, connection: asyncpg.Connection) -> None:
    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, said)


async def _heard(store: PostgresStore, topic: Topic, since: int) -> None:
    await asyncio.wait_for(store.changes.wait(topic, since, 60), PATIENCE)


@dataclass(eq=False)
class Cable:
    """The way to the server, which a test cuts and mends."""

    port: int
    to: int
    _talks: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await self._server.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        back, forth = await asyncio.open_connection("127.0.0.1", self.to)
        try:
            await asyncio.gather(_pour(reader, forth), _pour(back, writer))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            for end in (writer, forth):
                end.transport.abort()
            self._talks.discard(talk)


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while read := await source.read(65_536):
        target.write(read)
    target.close()


async def test_a_server_that_goes_is_unavailable_and_one_that_comes_back_is_used_again(
    postgres: Postgres, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "RECONNECT_SECONDS", 0.05)
    cable = Cable(free_port(), postgres.port)
    await cable.mend()
    url = postgres_url.replace(f":{postgres.port}/", f":{cable.port}/")
    store = await opened(url)
    await store.write(lambda tx: save(tx, "a"))
    watching = asyncio.create_task(store.watch())
    await _heard(store, Topic.EVENTS, 0)

    await cable.cut()
    for name in "bcd":
        with pytest.raises(StoreUnavailable):
            await store.write(partial(save, name=name))
        with pytest.raises(StoreUnavailable):
            await store.read(saved)
    with pytest.raises(StoreRefused, match="can't be reached"):
        await open_store(url, lambda: 0)

    seen = store.changes.count(Topic.EVENTS)
    await cable.mend()
    await _heard(store, Topic.EVENTS, seen)
    await store.write(lambda tx: save(tx, "d"))
    assert await store.read(saved) == {"a", "d"}
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await store.close()
    await cable.cut()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("LOCALE_PROVIDER icu ICU_LOCALE 'en' LC_COLLATE 'C' LC_CTYPE 'C'", "sorts by ICU, but must use collation C"),
        ("ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'", "keeps text as SQL_ASCII, but must use UTF8"),
    ],
)
async def test_a_database_that_sorts_or_spells_another_way_is_refused(
    postgres: Postgres, options: str, words: str
) -> None:
    admin = await asyncpg.connect(postgres.url("postgres"))
    try:
        await admin.execute(f"CREATE DATABASE unsuited TEMPLATE template0 {options}")
        with pytest.raises(StoreRefused, match=words) as refused:
            await open_store(postgres.url("unsuited"), lambda: 0)
        assert "CREATE DATABASE letterkey TEMPLATE template0" in str(refused.value)
    finally:
        await admin.execute("DROP DATABASE IF EXISTS unsuited WITH (FORCE)")
        await admin.close()


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:1/x", "postgresql://nobody@127.0.0.1:port/x"])
async def test_a_server_that_can_not_be_reached_is_refused(url: str) -> None:
    with pytest.raises(StoreRefused, match="can't be reached"):
        await open_store(url, lambda: 0)


async def test_without_its_package_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(StoreRefused, match=r"pip install 'letterkey\[postgres\]'"):
        await open_store("postgresql://127.0.0.1/x", lambda: 0)
