"""Whoever asks for links to learn who is a customer learns nothing, not from the time taken either: 4,000 addresses."""

import pytest

from flows.hub import sale, visiting
from flows.timing import difference
from flows.way_in import mails, server
from support.databases import Database
from worker.store.outbox import MailKind

EACH = 2000
LIMITS = ("client_per_minute", "overall_per_minute", "per_minute", "per_hour", "per_day")


@pytest.mark.long
@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_the_time_taken_tells_nothing_of_four_thousand_addresses(database: Database) -> None:
    hub = server(database, limits=dict.fromkeys(LIMITS, 1_000_000))
    async with visiting(hub, database) as visitor:
        for number in range(EACH):
            told = sale(id=f"T-{number}", customer={"email": f"c{number:04}@example.com"})
            assert (await visitor.tell(told)).status == 201
        differences = [await difference(visitor, EACH) for _ in range(3)]
        for address, most in (("c0000@example.com", 3), ("s0000@example.com", 0)):
            assert len(await mails(visitor, address)) == most
    assert min(differences) < 0.002, differences


@pytest.mark.long
async def test_nor_does_the_time_taken_to_find_a_lost_address(sqlite_database: Database) -> None:
    hub = server(sqlite_database, limits=dict.fromkeys(LIMITS, 1_000_000))
    async with visiting(hub, sqlite_database) as visitor:
        for number in range(EACH):
            told = sale(id=f"c{number:04}", customer={"email": f"c{number:04}@example.com"})
            assert (await visitor.tell(told)).status == 201
        lost = [await difference(visitor, EACH, "/updateinfo/lost/", field="number", ending="") for _ in range(3)]
        assert len(await mails(visitor, "c0000@example.com")) == 3
    assert min(lost) < 0.002, lost


@pytest.mark.long
async def test_nor_does_the_time_taken_at_the_console_s_door(sqlite_database: Database) -> None:
    limits, merchants = dict.fromkeys(LIMITS, 1_000_000), [f"c{number:04}@example.com" for number in range(EACH)]
    async with visiting(server(sqlite_database, limits=limits, console={"merchants": merchants}), sqlite_database) as v:
        door = [await difference(v, EACH, "/console/sign-in") for _ in range(3)]
        assert len(await mails(v, "c0000@example.com", MailKind.CONSOLE)) == 3
        assert await mails(v, "s0000@example.com", MailKind.CONSOLE) == []
    assert min(door) < 0.002, door


@pytest.mark.long
@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_nor_does_the_time_taken_to_declare(database: Database) -> None:
    hub, typed = server(database, limits=dict.fromkeys(LIMITS, 1_000_000)), {"name": "Eve", "contract": "the course"}
    async with visiting(hub, database) as visitor:
        for number in range(EACH):
            told = sale(id=f"T-{number}", customer={"email": f"c{number:04}@example.com"})
            assert (await visitor.tell(told)).status == 201
        rounds = [{**typed, "page": page, "press": "declare"} for page in "abc"]
        taken = [await difference(visitor, EACH, "/cancel/", also=each) for each in rounds]
        assert len(await mails(visitor, "s0000@example.com", MailKind.DECLARATION_RECEIVED)) == 3
    assert min(taken) < 0.002, taken
