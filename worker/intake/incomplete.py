"""Incomplete events: what an event leaves out is asked of its provider, where the account has a key for that.

Rules: no network inside a transaction; the beginning is committed before each question, so of several processes one
asks; what can't be had is asked for later and later, or once a day, and the event says so in its quarantine.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from worker import journal
from worker.actions.complete_event import begin_completing, complete_event
from worker.asking.logins import Logins
from worker.clock import Clock
from worker.core.fresh import Fresh
from worker.core.raw_event import RawEvent
from worker.core.web_call import Answer
from worker.metrics import Metrics
from worker.sources.account import Account, Cause, Trouble
from worker.sources.completing import Completing
from worker.sources.event import Told
from worker.store import inquiries
from worker.store.engine import Store, StoreUnavailable
from worker.store.events import EventState, KeptEvent
from worker.store.inquiries import Wanted

LOOK_AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class IncompleteEvents:
    """What asking works with; `asked` has each account that can be asked by its name, and how."""

    store: Store
    clock: Clock
    metrics: Metrics
    logins: Logins
    asked: Mapping[str, tuple[Completing, Account]]


async def run_completing(current: Callable[[], IncompleteEvents | None]) -> None:
    """Ask for what is missing, until cancelled. `current` is what is in force; where it is nothing, nobody is asked."""
    while (incomplete := current()) is not None:
        try:
            await complete_events(incomplete)
        except StoreUnavailable as error:
            journal.unexpected("completing", error)
        await incomplete.clock.sleep(LOOK_AGAIN_SECONDS)


async def complete_events(incomplete: IncompleteEvents) -> None:
    """Ask for all that is due now: accounts side by side, the events of one after another."""
    await asyncio.gather(*(_complete_all(incomplete, name) for name in incomplete.asked))


async def _complete_all(incomplete: IncompleteEvents, name: str) -> None:
    names, now = incomplete.asked[name][0].names, incomplete.clock.now()
    for event, wanted in await incomplete.store.read(lambda tx: inquiries.incomplete(tx, name, names, now)):
        try:
            if not await _complete(incomplete, event, wanted):
                return
        except StoreUnavailable:
            raise
        except Exception as error:  # one odd event never stops the loop; the next try is set before each
            journal.unexpected("completing", error, item=event.id)


async def _complete(incomplete: IncompleteEvents, event: KeptEvent, wanted: Wanted) -> bool:
    """Whether the account can be asked for the next."""
    began = _fresh(incomplete)
    if not await incomplete.store.write(lambda tx: begin_completing(tx, event, wanted, began)):
        return True
    found, fresh = await _answer(incomplete, event), _fresh(incomplete)
    told = await incomplete.store.write(lambda tx: complete_event(tx, event, wanted, found, fresh))
    if told is not None:
        incomplete.metrics.events.labels(event.source, EventState.UNDERSTOOD).inc()
        journal.event_understood(event.id, source=event.source, outcome=EventState.UNDERSTOOD)
    return not (isinstance(found, Trouble) and found.cause in (Cause.LATER, Cause.DENIED))


async def _answer(incomplete: IncompleteEvents, event: KeptEvent) -> Told | Trouble:
    completing, account = incomplete.asked[event.source]
    raw = RawEvent(event.headers, event.body, event.received_at)
    call = completing.ask(account, raw)
    if call is None:
        return Trouble(Cause.LOST, "it names nothing to ask for")
    answer = await incomplete.logins.ask(account, None, lambda _: call)
    return completing.read(raw, answer) if isinstance(answer, Answer) else answer


def _fresh(incomplete: IncompleteEvents) -> Fresh:
    return Fresh(incomplete.clock.now(), incomplete.clock.new_id, incomplete.clock.secret_id)
