"""SQLite's own ways: grouped commits, bodies that never suspend, a full disk, a damaged file."""

import asyncio
import contextlib
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from support.databases import START
from worker.store.changes import Topic
from worker.store.engine import StoreRefused, StoreUnavailable, Tx
from worker.store.migrate import migrate_sqlite, migrations
from worker.store.opening import open_store
from worker.store.sqlite import SqliteStore, open_sqlite
from worker.store.sqlite_groups import GROUP_BODIES, PATIENCE_SECONDS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "letterkey.db"


@pytest.fixture(params=[False, True], ids=["threads", "inline"])
async def store(request: pytest.FixtureRequest, file: Path) -> AsyncIterator[SqliteStore]:
    store = await open_sqlite(file, lambda: START, inline=request.param)
    await migrate_sqlite(store, migrations("sqlite"), lambda: START)
    yield store
    await store.close()


async def take(tx: Tx) -> int:
    row = await tx.one("series_take", name="n", start=1)
    assert row is not None
    return int(row["number"])


def keep(number: int, size: int = 0) -> Callable[[Tx], Awaitable[object]]:
    row = {
        "id": f"e{number:04}",
        "source": "shop",
        "event_id": str(number),
        "name": "sold",
        "received_at": START,
        "headers": "{}",
        "body": b"x" * size,
    }
    return lambda tx: tx.insert("event_keep", [row])


async def kept_events(store: SqliteStore) -> list[str]:
    return await store.on_writer(lambda c: [row[0] for row in c.execute("SELECT id FROM events ORDER BY id")])


async def test_writes_that_wait_together_share_commits_and_keep_their_order(store: SqliteStore, file: Path) -> None:
    onlooker = sqlite3.connect(file)
    version = onlooker.execute("PRAGMA data_version").fetchone()
    numbers = await asyncio.gather(*(store.write(take) for _ in range(3 * GROUP_BODIES)))
    assert list(numbers) == list(range(1, 3 * GROUP_BODIES + 1))
    assert onlooker.execute("PRAGMA data_version").fetchone() != version
    onlooker.close()


@pytest.mark.parametrize("waits", [0.0, 2 * PATIENCE_SECONDS], ids=["at once", "for long"])
@pytest.mark.parametrize("store", [False], ids=["threads"], indirect=True)
async def test_the_patient_let_others_go_first_but_not_for_ever(store: SqliteStore, waits: float) -> None:
    order: list[str] = []

    def named(name: str) -> Callable[[Tx], Awaitable[None]]:
        async def body(tx: Tx) -> None:
            await take(tx)
            order.append(name)

        return body

    busy, over = threading.Event(), threading.Event()

    async def hold(_: Tx) -> None:
        busy.set()
        over.wait()

    holding = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(busy.wait)  # a group is at work: others queue behind it
    writes = [asyncio.create_task(store.write(named(f"patient {each}"), patient=True)) for each in (1, 2)]
    await asyncio.sleep(waits)
    writes += [asyncio.create_task(store.write(named(f"other {each}"))) for each in (1, 2)]
    await asyncio.sleep(0)
    over.set()
    await asyncio.gather(holding, *writes)

    patient, others = ["patient 1", "patient 2"], ["other 1", "other 2"]
    assert order == (patient + others if waits else others + patient)


async def test_who_writes_again_and_again_shares_commits_however_they_began(store: SqliteStore) -> None:
    commits: list[str] = []
    await store.on_writer(lambda c: c.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None))

    async def writes(turns: int) -> None:
        for _ in range(turns):  # later than the others by a few turns of the loop
            await asyncio.sleep(0)
        for _ in range(50):
            await store.write(take)

    await asyncio.gather(*(writes(number % 3) for number in range(16)))
    await store.on_writer(lambda c: c.set_trace_callback(None))
    assert len(commits) < 75  # 50 is what there must be; in two halves that take turns, 100


async def test_a_slow_body_does_not_hold_up_the_commit_of_its_neighbours(store: SqliteStore) -> None:
    async def slow(tx: Tx) -> int:
        for _ in range(2_000):
            number = await take(tx)
        return number

    ends = await asyncio.gather(store.write(take), store.write(slow), store.write(take))
    assert list(ends) == [1, 2_001, 2_002]


@pytest.mark.parametrize("pause", [0, 0.01])
async def test_a_body_that_awaits_something_else_is_refused(store: SqliteStore, pause: float) -> None:
    async def sleeps(tx: Tx) -> None:
        await tx.run("relay_save", name="r", state="{}", now=0)
        await asyncio.sleep(pause)

    async def looks(tx: Tx) -> bool:
        return await tx.one("relay_state", name="r") is not None

    async def looks_and_sleeps(tx: Tx) -> None:
        await looks(tx)
        await asyncio.sleep(pause)

    ends = await asyncio.gather(store.write(take), store.write(sleeps), store.write(take), return_exceptions=True)
    assert isinstance(ends[1], RuntimeError)
    assert [ends[0], ends[2]] == [1, 2]
    with pytest.raises(RuntimeError):
        await store.read(looks_and_sleeps)
    assert not await store.read(looks)


async def test_a_mistake_in_sql_is_no_trouble_of_the_database(store: SqliteStore) -> None:
    """Trying again later would not help."""
    await store.on_writer(lambda c: c.execute("DROP TABLE relays"))
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await store.read(lambda tx: tx.one("relay_state", name="r"))
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await store.write(lambda tx: tx.run("relay_save", name="r", state="{}", now=0))


async def test_nobody_else_may_read_the_database(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    store = await open_sqlite(tmp_path / "letterkey.db", lambda: START)
    await migrate_sqlite(store, migrations("sqlite"), lambda: START)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    await store.close()
    assert set(modes.values()) == {0o600}, modes
    assert "letterkey.db-wal" in modes


async def test_a_read_sees_one_state_while_others_write(store: SqliteStore, file: Path) -> None:
    async def seen(tx: Tx) -> bool:
        return await tx.one("relay_state", name="other") is not None

    async def looks_twice(tx: Tx) -> tuple[bool, bool]:
        before = await seen(tx)
        other.execute("INSERT INTO relays VALUES ('other', '{}', 0)")
        other.commit()
        return before, await seen(tx)

    with contextlib.closing(sqlite3.connect(file, check_same_thread=False)) as other:
        assert await store.read(looks_twice) == (False, False)
    assert await store.read(seen)


async def test_a_body_that_is_cancelled_from_within_ends_alone(store: SqliteStore) -> None:
    async def gives_up(tx: Tx) -> None:
        await take(tx)
        raise asyncio.CancelledError

    ends = await asyncio.gather(store.write(take), store.write(gives_up), store.write(take), return_exceptions=True)
    assert isinstance(ends[1], asyncio.CancelledError)
    assert [ends[0], ends[2]] == [1, 2]


async def test_a_full_disk_is_said_and_nothing_kept_is_lost(store: SqliteStore, file: Path) -> None:
    kept = [number for number in range(20) if await store.write(keep(number, 2_000)) is not None]
    before = store.failed_at
    pages = await store.on_writer(lambda c: int(c.execute("PRAGMA page_count").fetchone()[0]))
    await store.on_writer(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchall())

    writes = [store.write(keep(number, 50_000)) for number in range(100, 110)]
    ends = await asyncio.gather(*writes, return_exceptions=True)
    assert {type(end) for end in ends} == {StoreUnavailable}
    with pytest.raises(StoreUnavailable, match="full"):
        await store.write(keep(200, 50_000))
    assert before is None
    assert store.failed_at is not None
    assert await kept_events(store) == [f"e{number:04}" for number in kept]

    await store.on_writer(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchall())
    assert await store.write(keep(300, 50_000)) is not None
    assert len(await kept_events(store)) == len(kept) + 1
    assert await store.on_writer(lambda c: c.execute("PRAGMA integrity_check").fetchone()[0]) == "ok"


async def test_a_body_that_hides_a_full_disk_ends_like_one(store: SqliteStore) -> None:
    """On a full disk SQLite may undo the whole transaction: what the body makes of it can't hang the others."""
    pages = await store.on_writer(lambda c: int(c.execute("PRAGMA page_count").fetchone()[0]))
    await store.on_writer(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchall())

    async def hides(tx: Tx) -> None:
        try:
            await keep(1, 100_000)(tx)
        except sqlite3.OperationalError:
            raise LookupError("hidden") from None

    async with asyncio.timeout(5):
        ends = await asyncio.gather(store.write(hides), store.write(hides), return_exceptions=True)
    assert all(isinstance(end, StoreUnavailable | LookupError) for end in ends)
    assert await kept_events(store) == []


async def test_when_the_transaction_is_gone_its_whole_group_is_told(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What SQLite does by itself after some errors; here a body does it."""
    monkeypatch.setattr("worker.store.sqlite_groups.GROUP_SECONDS", 60)  # on a loaded machine one body takes longer
    connection = store._writer.connection

    async def loses(tx: Tx) -> None:
        connection.execute("ROLLBACK")
        raise LookupError("lost")

    async with asyncio.timeout(5):
        ends = await asyncio.gather(store.write(take), store.write(loses), return_exceptions=True)
    assert {type(end) for end in ends} == {StoreUnavailable}
    assert await store.write(take) == 1


async def test_a_database_that_somebody_locks_is_unavailable(file: Path) -> None:
    store = await open_store(f"sqlite:///{file}", lambda: START)
    assert isinstance(store, SqliteStore)
    try:
        await store.on_writer(lambda c: c.execute("PRAGMA busy_timeout = 20").fetchall())
        holder = sqlite3.connect(file, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        ends = await asyncio.gather(store.write(take), store.write(take), return_exceptions=True)
        assert [str(end) for end in ends] == ["database is locked"] * 2
        assert {type(end) for end in ends} == {StoreUnavailable}
        holder.close()
        assert await store.write(take) == 1
    finally:
        await store.close()


async def test_a_watch_outlives_a_file_that_cannot_be_read_for_a_while(store: SqliteStore, file: Path) -> None:
    watching, seen = asyncio.create_task(store.watch()), store.changes.count(Topic.OUTBOX)
    await asyncio.sleep(0)  # it has looked for the first time before anything else reaches the file
    await store.on_writer(lambda c: c.set_authorizer(lambda *_: sqlite3.SQLITE_DENY))
    await store.changes.wait(Topic.OUTBOX, seen, 10)
    seen = store.changes.count(Topic.OUTBOX)
    assert not watching.done(), "it has told that something is odd, and goes on"

    await store.on_writer(lambda c: c.set_authorizer(None))
    await store.changes.wait(Topic.OUTBOX, seen, 10)
    assert store.changes.count(Topic.OUTBOX) > seen, "who waits must look anew"
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching


@pytest.mark.parametrize("inline", [False, True])
async def test_a_place_without_a_write_ahead_log_is_refused(
    inline: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # an empty file of that name is made before SQLite is asked
    with pytest.raises(StoreRefused, match=r"can't be opened: SQLite's write-ahead log .* use PostgreSQL"):
        await open_store("sqlite:///:memory:", lambda: START, inline=inline)


async def test_a_new_database_is_durable_and_nobody_elses_business(store: SqliteStore, file: Path) -> None:
    def setting(name: str) -> object:
        return store._writer.connection.execute(f"PRAGMA {name}").fetchone()[0]

    found = await store.on_writer(lambda _: {n: setting(n) for n in ("journal_mode", "synchronous", "foreign_keys")})
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"Dear customer, thank you for your order. " * 200)
    with pytest.raises(StoreRefused, match=r"letterkey\.db can't be opened: file is not a database"):
        await open_store(f"sqlite:///{file}", lambda: START)
    assert file.read_bytes().startswith(b"Dear customer")


async def test_a_damaged_database_is_refused(file: Path) -> None:
    await (await open_store(f"sqlite:///{file}", lambda: START)).close()
    whole = file.read_bytes()
    file.write_bytes(whole[:100] + b"\x99" * (len(whole) - 100))
    with pytest.raises(StoreRefused, match="malformed"):
        await open_store(f"sqlite:///{file}", lambda: START)


async def test_a_page_that_is_damaged_later_makes_its_rows_unavailable_and_no_others(file: Path) -> None:
    store = await open_store(f"sqlite:///{file}", lambda: START)
    await store.write(keep(1, 100))
    assert isinstance(store, SqliteStore)
    assert await store.damage() is None
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.damage()
    connection = sqlite3.connect(file)
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()[0]
    connection.close()
    with file.open("r+b") as raw:
        raw.seek(size * (page - 1))
        raw.write(b"\x99" * size)
    store = await open_store(f"sqlite:///{file}", lambda: START)
    assert isinstance(store, SqliteStore)
    try:
        with pytest.raises(StoreUnavailable, match="malformed"):
            await store.read(lambda tx: tx.one("event_by_id", id="e0001"))
        with pytest.raises(StoreUnavailable, match="malformed"):
            await store.write(keep(2, 100))
        assert await store.write(take) == 1
        damage = await store.damage()
        assert damage is not None
        assert "page" in damage.lower() or "malformed" in damage
    finally:
        await store.close()


@pytest.mark.parametrize("inline", [False, True])
async def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path, inline: bool) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    for place in (tmp_path / "file" / "letterkey.db", tmp_path / "folder"):
        with pytest.raises(StoreRefused, match="can't be opened"):
            await open_store(f"sqlite:///{place}", lambda: START, inline=inline)
