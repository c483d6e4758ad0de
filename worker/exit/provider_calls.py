"""The exit's other loop: actions due → leased → asked of the provider or the shop's endpoint → recorded.

Rules: few calls at a time for each source, so that a slow one holds up nobody else's; a conversation ends before its
lease does; whatever happens in between, it is asked again with the same key; an odd action never stops the others.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from worker import journal
from worker.actions.record_call import Call, Hearing, record_call
from worker.asking.logins import Logins
from worker.clock import Clock
from worker.core.fresh import Fresh
from worker.core.instant import SECOND
from worker.core.open_action import ActionState
from worker.core.provider_call import Decision, Result
from worker.exit.action_asking import Material, ask, gather
from worker.metrics import Metrics
from worker.store import provider_actions
from worker.store.changes import Topic
from worker.store.engine import Store, StoreUnavailable, Tx
from worker.store.provider_actions import LEASE_SECONDS, ActionRow

PER_SOURCE = 2
"""Calls at a time: providers count them, and two keep one slow answer from holding up a queue."""
AT_ONCE = 16
CONVERSATION_SECONDS = LEASE_SECONDS * 2 / 3
LOOK_AGAIN_SECONDS = 2.0
"""How often a quiet exit looks for what is due, should every wake-up have been lost."""
FINISH_SECONDS = 20.0
"""How long a stopping exit waits for answers; what comes later is asked for again at the next start."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What the loop works with. `alone`: no other process can hold leases (SQLite), so all of them are dead."""

    store: Store
    clock: Clock
    logins: Logins
    hearing: Hearing
    metrics: Metrics
    alone: bool

    def fresh(self) -> Fresh:
        """Now, and new ids, for one action."""
        return Fresh(self.clock.now(), self.clock.new_id, self.clock.secret_id)


Current = Callable[[], Calls]
"""What is in force at this moment: asked for anew for each round, and for each call."""


@dataclass(slots=True)
class _Hands:
    """What this process asks just now. `owner` names it in the leases."""

    owner: str
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    busy: Counter[str] = field(default_factory=Counter)

    def room(self, source: str) -> int:
        """How many more actions of this source may be taken into hand."""
        return max(0, min(PER_SOURCE - self.busy[source], AT_ONCE - len(self.tasks)))


async def run_provider_calls(current: Current, stopping: asyncio.Event) -> None:
    """Ask what is due until `stopping` is set (and all topics are told of it), then finish what is in hand."""
    calls = current()
    hands = _Hands(calls.clock.new_id())
    if calls.alone:
        await calls.store.write(provider_actions.end_leases)
    try:
        while not stopping.is_set():
            try:
                await _round(current, hands)
            except StoreUnavailable as error:
                journal.unexpected("provider_calls", error)
                await calls.clock.sleep(1.0)
    finally:
        if hands.tasks:
            _, late = await asyncio.wait(hands.tasks, timeout=FINISH_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


async def _round(current: Current, hands: _Hands) -> None:
    """Take into hand what may be asked now, or wait for something to change."""
    calls = current()
    seen = calls.store.changes.count(Topic.ACTIONS)
    taken = await _claim(calls, hands)
    for action in taken:
        hands.busy[action.source] += 1
        task = asyncio.create_task(_call(current, hands, action))
        hands.tasks.add(task)
        task.add_done_callback(hands.tasks.discard)
    if not taken:
        await _quiet(calls, seen)


async def _claim(calls: Calls, hands: _Hands) -> list[ActionRow]:
    now = calls.clock.now()
    # Most of the time nothing is due, and a read holds up nobody's write.
    due = await calls.store.read(lambda tx: provider_actions.sources_due(tx, now))
    wanted = {source: hands.room(source) for source in due if hands.room(source)}

    async def body(tx: Tx) -> list[ActionRow]:
        found: list[ActionRow] = []
        for source, room in wanted.items():
            most = min(room, AT_ONCE - len(hands.tasks) - len(found))
            found += await provider_actions.claim(tx, source, hands.owner, now, most) if most > 0 else []
        return found

    return await calls.store.write(body) if wanted else []


async def _quiet(calls: Calls, seen: int) -> None:
    due_at = await calls.store.read(provider_actions.next_due)
    # What is due and wasn't taken waits for a hand: the end of a call wakes this loop.
    ahead = due_at is not None and due_at > calls.clock.now()
    seconds = (due_at - calls.clock.now()) / SECOND if ahead and due_at is not None else LOOK_AGAIN_SECONDS
    await calls.store.changes.wait(Topic.ACTIONS, seen, min(max(seconds, 0.01), LOOK_AGAIN_SECONDS))


async def _call(current: Current, hands: _Hands, action: ActionRow) -> None:
    calls = current()
    try:
        material = await calls.store.read(lambda tx: gather(tx, action))
        call = await _asked(calls, action, material)
        decision = await _recorded(calls, hands, call)
        _note(calls, call, decision)
    except StoreUnavailable as error:  # its lease ends, and it is asked again
        journal.unexpected("provider_calls", error, item=action.id)
    finally:
        hands.busy[action.source] -= 1
        calls.store.changes.tell([Topic.ACTIONS])


async def _asked(calls: Calls, action: ActionRow, material: Material) -> Call:
    try:
        async with asyncio.timeout(CONVERSATION_SECONDS):
            return await ask(calls.logins, action, material, calls.hearing.asking.ways, calls.clock.now)
    except TimeoutError:
        return Call(action, Result.LATER, "the conversation took too long", chance=random.random())
    except Exception as error:  # a reader's own mistake concerns this action alone
        journal.unexpected("provider_calls", error, item=action.id)
        return Call(action, Result.FAILED, f"Letterkey could not ask for this ({type(error).__name__})")


async def _recorded(calls: Calls, hands: _Hands, call: Call) -> Decision | None:
    fresh = calls.fresh()
    try:
        return await calls.store.write(lambda tx: record_call(tx, hands.owner, call, calls.hearing, fresh))
    except asyncio.CancelledError:
        with suppress(StoreUnavailable):
            await calls.store.write(lambda tx: provider_actions.release(tx, hands.owner, call.action.id))
        raise


def _note(calls: Calls, call: Call, decision: Decision | None) -> None:
    action, result = call.action, call.result.value
    calls.metrics.provider_calls.labels(action.way.value, result).inc()
    if decision is None or decision.state in (ActionState.ACCEPTED, ActionState.DONE):
        journal.action_taken(action.id, source=action.source, verb=action.verb.value, result=result)
    elif decision.state is ActionState.DUE:
        wait = ((decision.due_at or 0) - calls.clock.now()) / SECOND
        journal.action_deferred(action.id, source=action.source, result=result, status=call.status, seconds=wait)
    else:
        journal.action_by_hand(action.id, source=action.source, result=result, status=call.status)
