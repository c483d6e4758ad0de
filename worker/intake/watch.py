"""The watch over a mailbox: open it, look through it, wait for news, and begin again whatever breaks.

Rules: one process watches a mailbox, by a lease that it renews; a mailbox that can't be read never stops the program,
the merchant hears of it after a quarter of an hour; a refused login is repeated slowly, for hosts lock who guesses.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from worker import journal
from worker.actions.take_from_mailbox import tell_of_trouble
from worker.core.fresh import Fresh
from worker.core.mailbox import RETRY_SECONDS, Trying, after_fault, wait_seconds
from worker.intake.sweep import Place, look_through, put_away
from worker.intake.watched import Watched
from worker.net.imap_wire import MailboxFault
from worker.net.mailbox import OpenMailbox, open_mailbox
from worker.store import mailboxes
from worker.store.changes import Topic
from worker.store.engine import StoreUnavailable

FOLDER = "Letterkey"
"""Where mails go that are done."""
LEASE_SECONDS = 30
RENEW_SECONDS = 10.0
TELL_EACH = 60
"""Of faults that follow one another for hours, one in so many is a line in the journal."""


@dataclass(slots=True)
class _Watch:
    """One process's watch: `owner` is its name in the lease, `trying` how often in a row it went wrong."""

    watched: Watched
    place: Place
    owner: str
    alone: bool
    trying: Trying

    async def take(self) -> bool:
        """Have the mailbox to oneself, or for longer."""
        name, owner, alone = self.place.name, self.owner, self.alone
        mine = await self.place.store.write(
            lambda tx: mailboxes.take(tx, name, owner, seconds=LEASE_SECONDS, alone=alone)
        )
        self.alone = self.alone and not mine  # only the dead are dispossessed, and they are dead from the start
        return mine

    async def leave(self) -> None:
        """Let another process have it."""
        with suppress(StoreUnavailable):
            await self.place.store.write(lambda tx: mailboxes.release(tx, self.place.name, self.owner))


async def watch_mailbox(watched: Watched, place: Place, stopping: asyncio.Event) -> None:
    """Watch until `stopping` is set."""
    watch = _Watch(watched, place, place.clock.secret_id(), watched.alone, Trying())
    while not stopping.is_set():
        seconds = LEASE_SECONDS / 2
        try:
            if await watch.take():
                seconds = await _turn(watch, stopping)
        except Exception as error:  # the store, or an answer that nobody thought of: neither ends the watch
            journal.unexpected("mailbox", error)
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), seconds)


async def _turn(watch: _Watch, stopping: asyncio.Event) -> float:
    """Watch until it breaks, the lease is lost or the program stops; gives the seconds until the next turn."""
    session = asyncio.ensure_future(_session(watch))
    others = [asyncio.ensure_future(_renew(watch)), asyncio.ensure_future(stopping.wait())]
    try:
        await asyncio.wait([session, *others], return_when=asyncio.FIRST_COMPLETED)
        return await session if session.done() else 0.0
    finally:
        for each in (session, *others):
            each.cancel()
        await asyncio.gather(session, *others, return_exceptions=True)
        await watch.leave()


async def _renew(watch: _Watch) -> None:
    """Return once the lease is lost."""
    while await watch.take():
        await watch.place.clock.sleep(RENEW_SECONDS)


async def _session(watch: _Watch) -> float:
    """Watch until it breaks; gives the seconds until the next try."""
    box: OpenMailbox | None = None
    try:
        async with open_mailbox(watch.watched.address, watch.watched.patience, FOLDER) as box:
            journal.mailbox_open(idle=box.tells)
            await _watch_open(watch, box)
    except MailboxFault as fault:
        return await _failed(watch, fault, box.lasted if box else 0.0)
    return 0.0


async def _watch_open(watch: _Watch, box: OpenMailbox) -> None:
    changes, place = watch.place.store.changes, watch.place
    while True:
        seen = changes.count(Topic.MAILBOX)
        await look_through(place, box)
        await put_away(place, box)
        await box.wait(changes.wait(Topic.MAILBOX, seen, watch.watched.patience.idle))


async def _failed(watch: _Watch, fault: MailboxFault, lasted: float) -> float:
    watched, clock = watch.watched, watch.place.clock
    watch.trying = after_fault(watch.trying, fault.fault, lasted)
    token = bool(watched.address.token_command)
    seconds = wait_seconds(watch.trying, fault.fault, watched.waits, token=token)
    if watch.trying.faults <= len(RETRY_SECONDS) or watch.trying.faults % TELL_EACH == 0:
        journal.mailbox_fails(reason=fault.fault.value, detail=fault.detail, seconds=seconds)
    fresh = Fresh(clock.now(), clock.new_id, clock.secret_id)
    await watch.place.store.write(lambda tx: tell_of_trouble(tx, watch.place.name, watched.policy, fresh))
    return seconds
