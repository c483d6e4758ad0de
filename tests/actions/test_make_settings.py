"""What a merchant sets in the console: kept, audited, and never over somebody else's change unawares."""

import asyncio
from collections.abc import Mapping

import pytest

from support.databases import START, Database
from worker.actions.make_settings import Backwards, Made, Overtaken, Wish, make_settings
from worker.clock import new_id, secret_id
from worker.core.fresh import Fresh
from worker.store import invoices, made_settings
from worker.store.changes import Topic
from worker.store.engine import Store
from worker.store.made_settings import MadeSettings
from worker.store.postgres import PostgresStore
from worker.store.sqlite import SqliteStore

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
ADA, BOB = "ada@shop.example", "bob@shop.example"


async def make(store: Store, values: Mapping[str, object], seen: int = 0, who: str = ADA) -> object:
    wish = Wish(values, seen, who, {"business.name": "From the file", "receipts.style": "invoice"})
    return await store.write(lambda tx: make_settings(tx, wish, Fresh(START, new_id, secret_id)))


async def held(store: Store) -> MadeSettings:
    return await store.read(made_settings.made_settings)


async def audit(store: Store) -> list[tuple[str, str, str, str]]:
    """Who, what, which and the details, in order."""
    query = "SELECT who, what, subject, details FROM audit ORDER BY id"
    if isinstance(store, SqliteStore):
        return await store.on_writer(lambda c: [tuple(row) for row in c.execute(query)])
    assert isinstance(store, PostgresStore)
    return [tuple(row) for row in await store.on_connection(lambda connection: connection.fetch(query))]


async def test_what_is_made_is_kept_with_who_and_when(database: Database) -> None:
    assert await make(database.store, {"business.name": "Ü & Co", "hub.allow_cancel": False}) == Made(
        ("business.name", "hub.allow_cancel")
    )
    found = await held(database.store)
    assert found.values == {"business.name": "Ü & Co", "hub.allow_cancel": False}
    assert found.revision == 1
    assert {(row.changed_at, row.changed_by) for row in found.rows} == {(START, ADA)}


async def test_the_same_again_changes_nothing(database: Database) -> None:
    await make(database.store, {"business.name": "A"})
    assert await make(database.store, {"business.name": "A"}, seen=1) == Made(())
    assert (await held(database.store)).revision == 1


async def test_given_back_it_is_the_files_again_and_everybody_hears_of_it(database: Database) -> None:
    await make(database.store, {"business.name": "A"})
    assert await make(database.store, {"business.name": None}, seen=1) == Made(("business.name",))
    found = await held(database.store)
    assert (found.values, found.revision) == ({}, 2)


async def test_the_audit_has_the_old_and_the_new_value(database: Database) -> None:
    await make(database.store, {"business.name": "A", "business.logo": "data:image/png;base64,AAAA"})
    await make(database.store, {"business.name": "B"}, seen=1, who=BOB)
    await make(database.store, {"business.name": None}, seen=2)
    entries = await audit(database.store)
    assert [(who, what, details) for who, what, name, details in entries if name == "business.name"] == [
        (ADA, "setting_made", '{"old": "From the file", "new": "A"}'),
        (BOB, "setting_made", '{"old": "A", "new": "B"}'),
        (ADA, "setting_given_back", '{"old": "B", "new": "From the file"}'),
    ]
    [logo] = [details for _, _, name, details in entries if name == "business.logo"]
    assert "base64" not in logo


async def test_who_saves_over_anothers_change_is_told_first(database: Database) -> None:
    await make(database.store, {"business.name": "A", "receipts.style": "simple"}, who=ADA)
    answer = await make(database.store, {"business.name": "B", "hub.allow_pause": True}, seen=0, who=BOB)
    assert isinstance(answer, Overtaken)
    assert [(row.name, row.value, row.changed_by) for row in answer.rows] == [("business.name", "A", ADA)]
    assert (await held(database.store)).values["business.name"] == "A"
    assert isinstance(await make(database.store, {"business.name": "B"}, seen=1, who=BOB), Made)


async def test_what_others_do_elsewhere_stops_nobody(database: Database) -> None:
    await make(database.store, {"business.name": "A"})
    assert isinstance(await make(database.store, {"receipts.style": "simple"}, seen=0, who=BOB), Made)


async def test_of_two_at_once_one_is_told(database: Database) -> None:
    other = await database.another()
    answers = await asyncio.gather(
        make(database.store, {"business.name": "A"}), make(other, {"business.name": "B"}, who=BOB)
    )
    assert sorted(type(each).__name__ for each in answers) == ["Made", "Overtaken"]


async def test_numbers_only_go_upwards(database: Database) -> None:
    for _ in range(3):
        await database.store.write(lambda tx: invoices.take_number(tx, 41))
    assert await make(database.store, {"invoices.start": 43, "invoices.prefix": "R-"}) == Backwards(44)
    assert (await held(database.store)).rows == []
    assert isinstance(await make(database.store, {"invoices.start": 44}), Made)
    assert isinstance(await make(database.store, {"invoices.start": None}, seen=1), Made)


async def test_whoever_waits_for_settings_hears_of_it(database: Database) -> None:
    other = await database.another()
    watching = asyncio.create_task(other.watch())
    try:
        seen = other.changes.count(Topic.SETTINGS)
        heard = asyncio.create_task(other.changes.wait(Topic.SETTINGS, seen, 20))
        await make(database.store, {"business.name": "A"})
        await heard
        assert await other.read(made_settings.revision) == 1
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
