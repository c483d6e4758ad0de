"""Settle a database that comes out of a backup, before anything runs on it; and say where its numbers go on.

Rules: nothing that was on its way goes by itself, nobody gets in by what was mailed before, and no number is taken
until somebody says which is the next: the copy knows nothing of what happened after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.core.fresh import Fresh
from worker.store import audit, milestones, restoring
from worker.store.audit import Entry
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.store.milestones import Milestone
from worker.store.restoring import Series


@dataclass(frozen=True, slots=True)
class Settled:
    """How much there was of what may not go on by itself, and the series as the copy knows it."""

    parked: int
    sessions: int
    mails_in: int
    series: Series


async def settle_restored(tx: Tx, backup: Mapping[str, object], fresh: Fresh) -> Settled:
    """Do all of it. `backup` says which backup it was, for the record."""
    now = fresh.now
    settled = Settled(
        parked=await restoring.park_mails(tx, now),
        sessions=await restoring.let_nobody_in(tx, now),
        mails_in=await restoring.set_inbox_aside(tx, now),
        series=await restoring.series(tx),
    )
    await restoring.hold_numbers(tx, now)
    await restoring.set_actions_aside(tx)
    await restoring.set_announcements_aside(tx, now)
    details = {**backup, "parked": settled.parked}
    await milestones.reach(tx, Milestone.RESTORE, now, details)
    await audit.note(tx, Entry(fresh.new_id(), now, "command", "restore", details=details))
    return settled


@dataclass(frozen=True, slots=True)
class CantRelease:
    """The number can't be the next: none is waited for (`held` is False), or the series has come to `least`."""

    held: bool
    least: int


async def release_numbers(tx: Tx, next_number: int, fresh: Fresh) -> int | CantRelease:
    """Go on with `next_number`; returns how many transactions had waited for one."""
    if not await restoring.release_numbers(tx, next_number):
        series = await restoring.series(tx)
        return CantRelease(series.held_at is not None, series.next_number)
    woken = await restoring.wake_for_number(tx, fresh.now)
    details = {"next_number": next_number}
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, "command", "release_numbers", details=details))
    tx.wake(Topic.TRANSACTIONS)
    return woken
