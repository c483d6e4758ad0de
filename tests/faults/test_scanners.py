"""What mail scanners do to a link: six ways of looking spend nothing, pressing the button locks nobody out."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flows.hub import Visitor, visiting
from flows.way_in import ADA, Browser, buy, everything, new_link, server
from support.databases import open_database
from worker.net import scanners
from worker.store.engine import Tx

RUNS, FEW = 20, 2
LOOKING = [each for each in scanners.PROFILES if each not in (scanners.scripting_browser, scanners.press_buttons)]


@pytest.fixture
async def visitor(tmp_path: Path) -> AsyncIterator[Visitor]:
    async with (
        open_database("sqlite-inline", f"sqlite:///{tmp_path / 'letterkey.db'}") as database,
        visiting(server(database), database) as visitor,
    ):
        await buy(visitor, ADA)
        yield visitor


async def sessions(visitor: Visitor) -> int:
    """How many browsers are in."""

    async def body(tx: Tx) -> int:
        customer = await tx.one("customer_by_email", identity=ADA)
        assert customer is not None
        return len(list(await tx.all("sessions_live", customer_id=customer["id"], created_since=0, seen_since=0)))

    return await visitor.database.store.read(body)


async def owner_gets_in(visitor: Visitor, path: str) -> None:
    owner = Browser(visitor)
    assert (await owner.press(path, await owner.get(path))).status == 303
    assert ADA in (await owner.get("/hub/")).text


async def spends_nothing(visitor: Visitor, profile: object, runs: int) -> None:
    assert callable(profile)
    for _ in range(runs):
        path = await new_link(visitor)
        before, inside = await everything(visitor), await sessions(visitor)
        scanned = await profile(visitor.hub + path)
        assert not scanned.not_run
        assert scanned.statuses
        assert set(scanned.statuses) <= {200, 404}  # a logo, a browser's favicon
        assert scanned.statuses[0] == 200
        assert not scanned.cookie
        assert await everything(visitor) == before
        assert await sessions(visitor) == inside
        await owner_gets_in(visitor, path)
        await visitor.database.pass_seconds(61)


@pytest.mark.parametrize("profile", LOOKING, ids=lambda each: each.__name__)
async def test_looking_spends_nothing(visitor: Visitor, profile: object) -> None:
    await spends_nothing(visitor, profile, RUNS)


@pytest.mark.browser
@pytest.mark.parametrize("runs", [FEW, pytest.param(RUNS, marks=pytest.mark.long)])
async def test_a_scripting_browser_spends_nothing(visitor: Visitor, chromium: Path, runs: int) -> None:
    await spends_nothing(visitor, scanners.scripting_browser, runs)


async def test_pressing_every_button_does_not_lock_the_owner_out(visitor: Visitor) -> None:
    for _ in range(RUNS):
        path = await new_link(visitor)
        inside = await sessions(visitor)
        scanned = await scanners.press_buttons(visitor.hub + path)
        assert scanned.cookie
        assert await sessions(visitor) == inside + 1  # the robot did get in: the press is real
        await owner_gets_in(visitor, path)
        await visitor.database.pass_seconds(61)
