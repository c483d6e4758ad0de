"""A history whose provider is slow, busy or gone for a while: read to its end all the same, or ended in words."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from support.databases import START, Database
from worker.clock import system_clock
from worker.commands.import_account import AccountImport, Patience
from worker.commands.opening import CantGoOn, Desk
from worker.core.history import Tally
from worker.core.instant import DAY, SECOND
from worker.net.web_call import calling
from worker.settings import load_settings
from worker.sources import BACKFILLS
from worker.sources.account import Account
from worker.store import imports, outbox_counts, transactions

Mood = Callable[[web.Request], Awaitable[web.Response | None]]
QUICK = Patience(between=0, first=0.01, most=0.02, tries=4)
DATED = START // SECOND - 90 * DAY // SECOND

pytestmark = pytest.mark.parametrize("database", ["sqlite-inline"], indirect=True)


@dataclass
class Api:
    """A small stand-in that answers in Stripe's documented shapes, page by page; `mood` may answer in its place."""

    charges: list[dict[str, object]]
    mood: Mood | None = None
    asked: list[str] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        said = await self.mood(request) if self.mood else None
        if said is not None:
            return said
        known = self.charges if request.path == "/v1/charges" else []
        after, since = request.query.get("starting_after"), int(request.query.get("created[gte]", "0"))
        known = [each for each in known if int(str(each["created"])) >= since]
        ids = [each["id"] for each in known]
        if after is not None and after not in ids:
            return web.json_response(
                {"error": {"code": "resource_missing", "message": f"No such charge: {after}"}}, status=400
            )
        first = ids.index(after) + 1 if after is not None else 0
        page = known[first : first + 3]
        return web.json_response({"object": "list", "data": page, "has_more": first + 3 < len(known)})


def charge(number: int, **fields: object) -> dict[str, object]:
    return {
        "id": f"ch_{number}", "amount": 1000 + number, "amount_refunded": 0, "currency": "eur", "paid": True,
        "status": "succeeded", "captured": True, "created": DATED - number, "livemode": True,
        "billing_details": {"email": f"c{number}@example.com"}, "payment_intent": f"pi_{number}",
    } | fields  # fmt: skip


@asynccontextmanager
async def working(database: Database, folder: Path, api: Api) -> AsyncIterator[AccountImport]:
    async with AsyncExitStack() as stack:
        app = web.Application()
        app.router.add_get("/{any:.*}", api.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        api.url = f"http://127.0.0.1:{port}"
        settings = load_settings(None, {"LETTERKEY_STATE_DIR": str(folder), "LETTERKEY_BUSINESS__NAME": "Shop"})
        call = await stack.enter_async_context(calling())
        desk = Desk(settings, database.store, system_clock())
        yield AccountImport(desk, "stripe", BACKFILLS["stripe"], Account("rk_test", api.url), call, QUICK)


async def kept(database: Database) -> int:
    """How many of the charges are here."""
    known = [await database.store.read(lambda tx: transactions.known(tx, "stripe", f"ch_{n}")) for n in range(20)]  # noqa: B023
    return sum(each is not None for each in known)


async def test_all_pages_of_all_parts_are_read(database: Database, tmp_path: Path) -> None:
    api = Api([charge(number) for number in range(10)])
    async with working(database, tmp_path, api) as work:
        assert await work.run(None) == Tally(read=10, new=10)
        assert await work.run(None) == Tally(read=10, known=10)
    assert (await kept(database), sum((await database.store.read(outbox_counts.counts)).values())) == (10, 0)
    assert len(api.asked) == 2 * 8


async def test_an_import_goes_on_where_it_was_stopped(database: Database, tmp_path: Path) -> None:
    api = Api([charge(number) for number in range(10)])

    async def gone_after_the_second_page(request: web.Request) -> web.Response | None:
        return web.Response(status=500) if request.query.get("starting_after") == "ch_5" else None

    api.mood = gone_after_the_second_page
    async with working(database, tmp_path, api) as work:
        with pytest.raises(CantGoOn, match="Stripe answers 500, again and again"):
            await work.run(None)
        assert await kept(database) == 6
        api.mood, api.asked = None, []
        assert await work.run(None) == Tally(read=10, new=10)
    assert "starting_after=ch_5" in api.asked[0]
    assert await kept(database) == 10


@pytest.mark.parametrize("status", [429, 409, 500, 503])
async def test_a_busy_provider_is_asked_again(database: Database, tmp_path: Path, status: int) -> None:
    turns = iter(range(99))

    async def busy(_: web.Request) -> web.Response | None:
        return web.Response(status=status, headers={"Retry-After": "0"}) if next(turns) % 2 == 0 else None

    async with working(database, tmp_path, Api([charge(number) for number in range(7)], busy)) as work:
        assert (await work.run(None)).new == 7


async def test_a_provider_that_hangs_is_asked_again(database: Database, tmp_path: Path) -> None:
    turns = iter(range(99))

    async def hangs(request: web.Request) -> web.Response | None:
        if next(turns) == 1:
            assert request.transport is not None
            request.transport.abort()  # as when the line goes dead in the middle
            await asyncio.sleep(0)
        return None

    async with working(database, tmp_path, Api([charge(1)], hangs)) as work:
        assert (await work.run(None)).new == 1


async def test_a_part_begins_anew_where_the_object_is_gone_that_it_stopped_at(
    database: Database, tmp_path: Path
) -> None:
    api = Api([charge(number) for number in range(7)])

    async def vanishes(request: web.Request) -> web.Response | None:
        if request.query.get("starting_after") == "ch_2":
            api.charges = [each for each in api.charges if each["id"] != "ch_2"]
        return None

    api.mood = vanishes
    async with working(database, tmp_path, api) as work:
        tally = await work.run(None)
    assert (tally.new, tally.known) == (7, 2)


async def test_a_page_that_is_gone_again_ends_it(database: Database, tmp_path: Path) -> None:
    async def never_there(request: web.Request) -> web.Response | None:
        gone = {"error": {"code": "resource_missing", "message": "No such charge"}}
        return web.json_response(gone, status=400) if request.query.get("starting_after") else None

    async with working(database, tmp_path, Api([charge(number) for number in range(7)], never_there)) as work:
        with pytest.raises(CantGoOn, match="begin anew: ch_2 is not there any more"):
            await work.run(None)
        assert await kept(database) == 3


async def test_an_address_where_nothing_lies_is_not_asked_for_ever(database: Database, tmp_path: Path) -> None:
    async def knows_nothing(_: web.Request) -> web.Response:
        return web.json_response({"error": {"code": "resource_missing"}}, status=404)

    api = Api([charge(1)], knows_nothing)
    async with working(database, tmp_path, api) as work:
        with pytest.raises(CantGoOn, match=r"Is sources.stripe.api_url right"):
            await work.run(None)
    assert len(api.asked) == 1


@pytest.mark.parametrize(("status", "words"), [(401, "doesn't know this key"), (403, "may not read customers")])
async def test_a_refused_key_is_not_tried_again(database: Database, tmp_path: Path, status: int, words: str) -> None:
    async def refuses(_: web.Request) -> web.Response:
        return web.json_response({"error": {"message": "no"}}, status=status)

    api = Api([charge(1)], refuses)
    async with working(database, tmp_path, api) as work:
        with pytest.raises(CantGoOn, match=words):
            await work.run(None)
    assert len(api.asked) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"data": 3}', b'{"data": {"id": 1}}', b"\xff" * 9])
async def test_what_is_no_list_ends_it_and_loses_nothing(database: Database, tmp_path: Path, body: bytes) -> None:
    async def talks_nonsense(request: web.Request) -> web.Response | None:
        return web.Response(body=body) if request.query.get("starting_after") else None

    async with working(database, tmp_path, Api([charge(n) for n in range(5)], talks_nonsense)) as work:
        with pytest.raises(CantGoOn, match="no list of Stripe's"):
            await work.run(None)
        row = await database.store.read(lambda tx: imports.of(tx, "stripe"))
    assert row is not None
    assert (row.tally, row.finished_at) == (Tally(read=3, new=3), None)


async def test_nothing_older_than_asked_for(database: Database, tmp_path: Path) -> None:
    async with working(database, tmp_path, Api([charge(number) for number in range(9)])) as work:
        since = (DATED - 4) * SECOND
        assert (await work.run(since)).new == 5


async def test_odd_ones_are_told_and_the_others_kept(database: Database, tmp_path: Path) -> None:
    odd = [charge(1), charge(2, currency="xyz"), charge(3, amount="1e9"), charge(4, status="failed", paid=False)]
    async with working(database, tmp_path, Api(odd)) as work:
        tally = await work.run(None)
    reasons = {"data.object.currency: is no ISO 4217 currency": 1, "data.object.amount: must be a plain number": 1}
    assert tally == Tally(read=4, new=1, silent=1, odd=reasons)


async def test_a_rehearsal_keeps_nothing(database: Database, tmp_path: Path) -> None:
    async with working(database, tmp_path, Api([charge(number) for number in range(5)])) as work:
        assert await work.rehearse(None) == Tally(read=5, new=5)
        assert (await kept(database), await database.store.read(lambda tx: imports.of(tx, "stripe"))) == (0, None)
        await work.run(None)
        assert await work.rehearse(None) == Tally(read=5, known=5)


async def test_of_two_imports_at_once_one_stops(database: Database, tmp_path: Path) -> None:
    api = Api([charge(number) for number in range(9)])
    async with working(database, tmp_path, api) as one, working(database, tmp_path, api) as other:
        ends = await asyncio.gather(one.run(None), other.run(None), return_exceptions=True)
    assert await kept(database) == 9
    stopped = [end for end in ends if isinstance(end, CantGoOn)]
    assert all("another import of stripe is at work" in str(end) for end in stopped)
    assert len(stopped) < 2
