"""A refund in part of which Gumroad's event doesn't say how much: its API is asked, and the rest goes as ever."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal

import pytest

from support.desk import ADA, Desk, rich
from support.gumroad_api import TOKEN, GumroadApi, running_gumroad_api
from worker.actions.understand_event import begin_event, keep_events, set_event_aside
from worker.asking.logins import Logins
from worker.clock import Clock
from worker.core.instant import DAY, SECOND
from worker.core.raw_event import RawEvent
from worker.core.transaction import Line
from worker.intake.incomplete import IncompleteEvents, complete_events
from worker.metrics import new_metrics
from worker.net.web_call import calling
from worker.sources import COMPLETINGS, SOURCES
from worker.sources.account import Account
from worker.sources.event import Unreadable
from worker.store import events
from worker.store.engine import Tx
from worker.store.events import EventEnd, EventState, KeptEvent, NewEvent

pytestmark = pytest.mark.parametrize("database", ["sqlite-inline", "postgres"], indirect=True)
NAME = "shop"


@dataclass(eq=False)
class Asking:
    """A Gumroad that is asked for what a desk's events leave out."""

    desk: Desk
    api: GumroadApi
    logins: Logins
    token: str = TOKEN

    async def round(self) -> None:
        desk = self.desk
        clock = Clock(desk.clock.now, lambda: 0.0, desk.new_id, desk.new_id, asyncio.sleep)
        asked = {NAME: (COMPLETINGS["gumroad"], Account(self.token, self.api.url))}
        await complete_events(IncompleteEvents(desk.store, clock, new_metrics(), self.logins, asked))

    async def refunded(self, event_id: str, left: str) -> str:
        """Gumroad gives a part back, and tells so without saying how much; our id of the event."""
        sale = self.api.sales[0]
        sale |= {"partially_refunded": True, "amount_refundable_in_currency": left}
        body = f"resource_name=refund&sale_id={sale['id']}&price=2900&email=ada@example.com&refunded=false&n={event_id}"
        fresh, our_id = self.desk.fresh, self.desk.new_id()
        new = NewEvent(our_id, NAME, event_id, "refund", fresh.now, {}, body.encode())
        reading = SOURCES["gumroad"].read(RawEvent({}, new.body, fresh.now))
        assert isinstance(reading, Unreadable)
        end = EventEnd(EventState.QUARANTINED, reading.reason, reading.field)

        async def keep(tx: Tx) -> None:
            assert await keep_events(tx, [new])
            event = await events.by_id(tx, our_id)
            assert event is not None
            assert await begin_event(tx, event, fresh)
            await set_event_aside(tx, event, end, fresh)

        await self.desk.store.write(keep)
        return our_id

    async def event(self, event_id: str) -> KeptEvent:
        found = await self.desk.store.read(lambda tx: events.by_id(tx, event_id))
        assert found is not None
        return found

    async def given_back(self, so_far: int) -> int:
        """What the document comes to of the refund that made it so much in all."""
        await self.desk.issue()
        found = await self.desk.document(f"{self.api.sales[0]['id']}:refunded:{so_far}", NAME)
        assert found is not None
        return found.frozen.total


@pytest.fixture
async def asking(desk: Desk) -> AsyncIterator[Asking]:
    async with running_gumroad_api() as api, calling() as call:
        sale = api.sale(1)
        line = Line("Watercolour", Decimal(1), 2900)
        told = rich(sale["id"], lines=(line,), total=2900, currency="USD", customer=ADA)
        await desk.tell(told, source=NAME)
        await desk.issue()
        yield Asking(desk, api, Logins(call))


async def test_each_part_is_a_refund_of_its_own(asking: Asking) -> None:
    first = await asking.refunded("e1", "19.50")
    await asking.round()
    assert (await asking.event(first)).state is EventState.UNDERSTOOD
    assert await asking.given_back(950) == 950
    await asking.refunded("e2", "10")
    await asking.round()
    assert await asking.given_back(1900) == 950
    assert len(asking.api.seen) == 2
    await asking.round()
    assert len(asking.api.seen) == 2, "what is known is not asked for"


async def test_two_parts_that_were_told_before_the_answer_are_one(asking: Asking) -> None:
    told = [await asking.refunded("e1", "19.50"), await asking.refunded("e2", "10")]
    await asking.round()
    assert [(await asking.event(each)).state for each in told] == [EventState.UNDERSTOOD] * 2
    assert await asking.given_back(1900) == 1900


async def test_what_cannot_be_had_now_is_asked_for_later_and_says_so(asking: Asking) -> None:
    event = await asking.refunded("e1", "19.50")
    asking.api.trouble = [503, 503]
    for seconds in (0, 30, 31):
        await asking.desk.database.pass_seconds(seconds)
        await asking.round()
    kept = await asking.event(event)
    assert kept.state is EventState.QUARANTINED
    assert (kept.reason or "").endswith("doesn't say how much; asked for it: Gumroad answers 503")
    assert len(asking.api.seen) == 2
    await asking.desk.database.pass_seconds(2 * 60)
    await asking.round()
    assert await asking.given_back(950) == 950


async def test_a_price_tag_of_another_currency_is_left_to_a_person(asking: Asking) -> None:
    asking.api.sales[0]["currency"] = "jpy"
    event = await asking.refunded("e1", "1,200")
    for _ in range(3):
        await asking.round()
    kept = await asking.event(event)
    assert (kept.state, "of no part in dollars" in (kept.reason or "")) == (EventState.QUARANTINED, True)
    assert len(asking.api.seen) == 1, "once a day is enough"
    await asking.desk.database.pass_seconds(DAY / SECOND)
    await asking.round()
    assert len(asking.api.seen) == 2


async def test_of_two_processes_one_asks(asking: Asking) -> None:
    await asking.refunded("e1", "19.50")
    await asyncio.gather(asking.round(), asking.round())
    assert len(asking.api.seen) == 1
    assert await asking.given_back(950) == 950
