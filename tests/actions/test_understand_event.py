"""Events: kept once, tried a few times, set aside with a reason, and read again when a merchant asks."""

from functools import partial

import pytest

from support.desk import Desk, rich
from worker.actions.accept_transaction import Answer
from worker.actions.requeue_held import requeue_quarantined
from worker.actions.understand_event import (
    MOST_TRIES,
    accept_told,
    begin_event,
    keep_events,
    link_told,
    requeue_event,
    set_event_aside,
)
from worker.sources.event import Told
from worker.store import events
from worker.store.events import EventEnd, EventState, KeptEvent, NewEvent

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


async def state(desk: Desk, event: KeptEvent) -> tuple[EventState, str | None]:
    found = await desk.store.read(lambda tx: events.by_id(tx, event.id))
    assert found is not None
    return found.state, found.reason


async def begin(desk: Desk, event: KeptEvent) -> bool:
    fresh = desk.fresh
    return await desk.store.write(lambda tx: begin_event(tx, event, fresh))


async def test_an_event_is_kept_once(desk: Desk) -> None:
    await desk.event("evt_1")
    again = NewEvent("other", "stripe", "evt_1", "paid", 0, {}, b"else")
    theirs = NewEvent("theirs", "thrivecart", "evt_1", "paid", 0, {}, b"")
    assert not await desk.store.write(lambda tx: keep_events(tx, [again]))
    assert await desk.store.write(lambda tx: keep_events(tx, [theirs]))


async def test_an_event_that_kills_the_process_is_quarantined_and_can_be_requeued(desk: Desk) -> None:
    event = await desk.event("evt_1")
    assert not await begin(desk, event)  # somebody has it in hand
    for _ in range(MOST_TRIES - 1):
        await desk.database.pass_seconds(11)
        assert await begin(desk, event)
    await desk.database.pass_seconds(11)
    assert not await begin(desk, event)
    assert await state(desk, event) == (EventState.QUARANTINED, f"reading it failed {MOST_TRIES} times")
    assert await desk.store.write(lambda tx: requeue_event(tx, event.id))
    assert not await desk.store.write(lambda tx: requeue_event(tx, event.id))
    assert await begin(desk, event)


async def test_all_events_of_an_account_or_reason_are_read_again(desk: Desk) -> None:
    held = [("evt_1", "stripe", "odd"), ("evt_2", "stripe", "worse"), ("evt_3", "second", "odd")]
    ids = {}
    for event_id, source, reason in held:
        event, fresh = await desk.event(event_id, source), desk.fresh
        end = EventEnd(EventState.QUARANTINED, reason)
        await desk.store.write(partial(set_event_aside, event=event, end=end, fresh=fresh))
        ids[event_id] = event.id

    async def again(source: str | None, reason: str | None, after: str = "") -> list[str]:
        fresh = desk.fresh
        return await desk.store.write(lambda tx: requeue_quarantined(tx, (source, reason), after, fresh))

    assert await again("stripe", "never heard of") == []
    assert await again("stripe", "odd", after=ids["evt_1"]) == []
    assert await again("stripe", "odd") == [ids["evt_1"]]
    assert await again(None, "odd") == [ids["evt_3"]]
    assert await again("stripe", None) == [ids["evt_2"]]
    assert len(await desk.store.read(lambda tx: events.waiting(tx, 10))) == 3


async def test_what_an_event_tells_is_accepted_once(desk: Desk) -> None:
    event, fresh = await desk.event("evt_1"), desk.fresh
    told = (rich("in_1", "in_1"), rich("in_2", "in_2"), rich("in_1", "in_1", total=1))
    answers = await desk.store.write(lambda tx: accept_told(tx, event, Told(told), fresh))
    assert [answer for _, answer in answers or ()] == [Answer.ACCEPTED, Answer.ACCEPTED, Answer.CONFLICT]
    assert await desk.store.write(lambda tx: accept_told(tx, event, Told(told), fresh)) is None
    assert await state(desk, event) == (EventState.UNDERSTOOD, None)
    assert not await desk.store.write(lambda tx: requeue_event(tx, event.id))


async def test_a_link_of_one_reference_says_nothing_and_a_settled_event_links_nothing(desk: Desk) -> None:
    await desk.link("evt_1", "in_1")
    event, fresh = await desk.event("evt_2"), desk.fresh
    end = EventEnd(EventState.IGNORED, "a trial")
    await desk.store.write(lambda tx: set_event_aside(tx, event, end, fresh))
    await desk.store.write(lambda tx: link_told(tx, event, ("in_1", "pi_1"), fresh))
    await desk.tell(rich("in_1", "in_1"), rich("x_1", "pi_1", occurred_at=1))
    await desk.issue()
    assert desk.numbers == [1, 2]
    assert await state(desk, event) == (EventState.IGNORED, "a trial")
    assert await desk.store.write(lambda tx: requeue_event(tx, event.id))
