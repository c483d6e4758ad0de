"""`events`: what is on its way to a receipt: providers' raw messages, and transactions that wait or failed.

Rules: what is shown has no secrets; what is in quarantine can be tried again.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Annotated

from cyclopts import Parameter

from worker.actions.requeue_held import requeue_quarantined
from worker.actions.requeue_transaction import requeue_transaction
from worker.actions.understand_event import requeue_event
from worker.commands.asked import asked_words
from worker.commands.opening import AskedWrongly, Config, Desk, open_desk
from worker.commands.terminal import clock_time, complain, counted, say
from worker.core.dunning import Outcome
from worker.core.masking import shown_body, shown_headers
from worker.store import announcements, events, progress
from worker.store.announcements import Kept
from worker.store.engine import Tx
from worker.store.events import EventState, EventSummary, KeptEvent
from worker.store.progress import Progress
from worker.store.restoring import RESTORED
from worker.store.transactions import State, WaitsFor

_RESTORED = "set aside: it happened before the restore, so it may have been issued already; requeue issues it"

_DUNNED = {
    Outcome.MAILED: "mailed to the customer",
    Outcome.MERCHANT_TOLD: "told to you",
    Outcome.OFF: "no mail: dunning is off, or the provider sends its own",
    Outcome.PAID: "no mail: it was paid since",
    Outcome.ENDING: "no mail: nothing more is charged for it",
    Outcome.LATE: "no mail: it was too late to be of use",
    Outcome.REPEATED: "no mail: the customer had the same mail shortly before",
    Outcome.TWIN: "no mail: another source told of the same payment, and the customer had a mail about it",
    Outcome.NO_ADDRESS: "no mail: no address of the customer is known",
    Outcome.SET_ASIDE: "no mail: deciding it failed, as the journal says",
    Outcome.RESTORED: "no mail: it may have gone out before the restore",
}
"""What became of what an event announced."""
EventId = Annotated[str, Parameter(help="The event's or transaction's id, as letterkey events list shows it")]
_HELD = {EventState.WAITING: State.WAITING, EventState.QUARANTINED: State.QUARANTINED}
"""The states in which transactions are listed, too."""
_WAITS_FOR = {
    "sale": "waits for the sale that it gives back",
    "number": "waits for its number: say which is the next, letterkey restore --next-number N",
}


def list_(
    *,
    state: Annotated[EventState | None, Parameter(help="Only waiting, understood, ignored or quarantined ones")] = None,
    most: Annotated[int, Parameter(help="How many at most")] = 50,
    config: Config = None,
) -> int:
    """List the newest events, newest first; then the transactions that wait for something or are in quarantine.

    For example:

        letterkey events list
        letterkey events list --state quarantined
    """
    return asyncio.run(_list(state, most, config))


async def _list(state: EventState | None, most: int, config: Config) -> int:
    async with open_desk(config) as desk:
        found, held = await desk.store.read(lambda tx: _find(tx, state, max(1, most)))
        for event in found:
            say(_line(event, desk.timezone))
        for transaction in held:
            say(_held_line(transaction, desk.timezone))
        if not found and not held:
            say(f"No {state} events." if state else "No events yet: a provider's webhooks bring them.")
    return 0


async def _find(tx: Tx, state: EventState | None, most: int) -> tuple[list[EventSummary], list[Progress]]:
    found = await events.newest(tx, state, most)
    if state is not None and state not in _HELD:
        return found, []
    return found, await progress.held(tx, _HELD[state] if state else None, most)


def _line(event: EventSummary, timezone: str) -> str:
    at = clock_time(event.received_at, timezone)
    return f"{at}  {event.id}  {event.source}  {event.name}  {_became(event)}"


def _became(event: EventSummary | KeptEvent) -> str:
    where = f" (at {event.field})" if event.field else ""
    return f"{event.state}: {event.reason}{where}" if event.reason else str(event.state)


def _held_line(transaction: Progress, timezone: str) -> str:
    at = clock_time(transaction.accepted_at, timezone)
    return f"{at}  {transaction.id}  {transaction.source}  {_named(transaction)}  {_stands(transaction)}"


def _named(transaction: Progress) -> str:
    return f"transaction {transaction.source_id} ({transaction.kind})"


def _stands(transaction: Progress) -> str:
    """What it waits for, or why it doesn't go on."""
    if transaction.reason == RESTORED:
        return _RESTORED
    if transaction.state is State.QUARANTINED:
        return f"quarantined: drawing up its document failed ({transaction.reason or 'no reason is known'})"
    if transaction.waits_for is WaitsFor.ADDRESS:
        return f"waits for the customer's address; {asked_words(transaction.asked)}"
    return _WAITS_FOR.get(transaction.waits_for or "", str(transaction.state))


def show(event: EventId, /, *, config: Config = None) -> int:
    """Show one event as it came in, its secrets masked; or one transaction as it was told.

    For example:

        letterkey events show 01k9s0q0v5m5e8r2x6t4c3w7ya
    """
    return asyncio.run(_show(event, config))


async def _show(named: str, config: Config) -> int:
    async with open_desk(config) as desk:
        event = await desk.store.read(lambda tx: events.by_id(tx, named))
        transaction = await desk.store.read(lambda tx: progress.of(tx, named))
        if event is not None:
            announced = await desk.store.read(lambda tx: announcements.of_event(tx, named))
            lines = _details(event, announced, desk)
        elif transaction is not None:
            lines = _transaction_details(transaction, desk)
        else:
            return _unknown(named)
        for line in lines:
            say(line)
    return 0


def _details(event: KeptEvent, announced: Sequence[Kept], desk: Desk) -> list[str]:
    standing = [
        f"Event     {event.event_id} ({event.name}) from {event.source}",
        f"Received  {clock_time(event.received_at, desk.timezone).strip()}",
        f"State     {_became(event)}, tries {event.attempts}",
        *map(_announced, announced),
    ]
    if event.forgotten_at is not None:
        return [*standing, "Headers and body are forgotten by now (retention.raw_event_days)."]
    secrets = _secrets(desk, event.source)
    headers = [f"  {name}: {value}" for name, value in shown_headers(event.headers, secrets).items()]
    return [*standing, "Headers", *headers, "Body", shown_body(event.body, secrets)]


def _announced(kept: Kept) -> str:
    became = _DUNNED[kept.outcome] if kept.outcome is not None else "its mail is decided in a few minutes"
    return f"Announced {kept.told.matter.replace('_', ' ')}: {became}"


def _transaction_details(transaction: Progress, desk: Desk) -> list[str]:
    return [
        f"Transaction  {transaction.source_id} ({transaction.kind}) from {transaction.source}",
        f"Taken in     {clock_time(transaction.accepted_at, desk.timezone).strip()}",
        f"State        {_stands(transaction)}, failed tries {transaction.attempts}",
        *([f"Event        {transaction.event_id}"] if transaction.event_id else []),
        "As told",
        shown_body(transaction.body.encode(), _secrets(desk, transaction.source)),
    ]


def _secrets(desk: Desk, source: str) -> list[str]:
    account = desk.settings.sources.get(source)
    if account is None:
        return []
    return [each.get_secret_value() for each in (*account.secrets, account.path_secret, account.api_key) if each]


def requeue(
    event: EventId | None = None,
    /,
    *,
    source: Annotated[str | None, Parameter(help="All quarantined events of this account")] = None,
    reason: Annotated[str | None, Parameter(help="All that are quarantined for this reason")] = None,
    config: Config = None,
) -> int:
    """Have a quarantined or ignored event read again, or a quarantined transaction issued, after an update or a change
    of settings; or all quarantined events of an account, or of a reason as letterkey events list shows it.

    For example:

        letterkey events requeue 01k9s0q0v5m5e8r2x6t4c3w7ya
        letterkey events requeue --source stripe
    """
    if (event is None) == (source is None and reason is None):
        raise AskedWrongly("say which: the id of one event or transaction; or --source, --reason, or both")
    return asyncio.run(_requeue(event, config) if event is not None else _requeue_all(source, reason, config))


async def _requeue_all(source: str | None, reason: str | None, config: Config) -> int:
    count, after = 0, ""
    async with open_desk(config) as desk:
        while True:
            again = partial(requeue_quarantined, which=(source, reason), after=after, fresh=desk.fresh())
            ids = await desk.store.write(again)
            if not ids:
                break
            count, after = count + len(ids), ids[-1]
    say(f"{counted(count, 'event', 'events')} will be read again." if count else "No such event is in quarantine.")
    return 0


async def _requeue(named: str, config: Config) -> int:
    async with open_desk(config) as desk:
        fresh = desk.fresh()
        if await desk.store.write(lambda tx: requeue_event(tx, named)):
            say(f"Event {named} will be read again.")
            return 0
        if await desk.store.write(lambda tx: requeue_transaction(tx, named, fresh)):
            say(f"Transaction {named} will be issued again.")
            return 0
        event = await desk.store.read(lambda tx: events.by_id(tx, named))
        transaction = await desk.store.read(lambda tx: progress.of(tx, named))
    if event is not None:
        complain(f"Event {named} is {event.state}: only quarantined and ignored events can be read again.")
    elif transaction is not None:
        complain(f"Transaction {named} {_not_again(transaction)}: only quarantined ones can be issued again.")
    else:
        return _unknown(named)
    return 1


def _not_again(transaction: Progress) -> str:
    if transaction.state is State.WAITING:
        return f"{_stands(transaction)}, and is looked at again by itself"
    return f"is {transaction.state}"


def _unknown(named: str) -> int:
    complain(f"There is no event or waiting transaction {named}. letterkey events list shows the newest.")
    return 1
