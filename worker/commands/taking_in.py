"""Taking history in, many at a time: one that can't be kept never stops the others."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from worker import journal
from worker.actions.accept_transaction import Telling
from worker.actions.import_history import Taken, take_in
from worker.actions.keep_alone import Until
from worker.commands.opening import Desk
from worker.core.history import history_ends
from worker.store import imports, transactions
from worker.store.engine import StoreUnavailable
from worker.store.ownership import seems_owned

BESIDE, ALONE = 64, 512
"""Transactions a commit: few enough that a worker beside is never kept waiting for long; more where none is."""
STEP_ASIDE_SECONDS = 0.03
"""About as long as a batch holds the database."""
Kept = Taken | str
"""What became of a telling, or the words for why it can't be kept."""


async def take_all(desk: Desk, told: Sequence[Telling], until: Until) -> list[Kept]:
    """Keep them in one transaction, or each in its own where one of them can't be kept."""
    fresh = desk.fresh()
    try:
        return list(await desk.store.write(lambda tx: take_in(tx, told, until, fresh)))
    except StoreUnavailable:
        raise
    except Exception:
        return await take_each(desk, told, until)


async def take_each(desk: Desk, told: Sequence[Telling], until: Until) -> list[Kept]:
    """Keep each in a transaction of its own."""
    kept: list[Kept] = []
    for each in told:
        keep = partial(take_in, told=[each], until=until, fresh=desk.fresh())
        try:
            kept += await desk.store.write(keep)
        except StoreUnavailable:
            raise
        except Exception as error:
            journal.unexpected("import", error, item=each.transaction.id)
            kept.append(f"can't be kept ({type(error).__name__})")
    return kept


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """An import that keeps nothing, but `met`: the ids that it would know by now."""

    desk: Desk
    met: set[str] = field(default_factory=set)

    async def take_all(self, told: Sequence[Telling], until: Until) -> list[Kept]:
        """What would become of them."""
        return [await self._would_be(each, until.ends_at) for each in told]

    async def _would_be(self, telling: Telling, ends_at: int | None) -> Taken:
        told = telling.transaction
        if told.id in self.met:
            return Taken.KNOWN
        if await self.desk.store.read(lambda tx: transactions.known(tx, telling.source, told.id)):
            return Taken.KNOWN
        if told.kind.has_money and ends_at is not None and told.occurred_at >= ends_at:
            return Taken.LIVE
        self.met.add(told.id)
        return Taken.NEW


def at_once(desk: Desk) -> int:
    """How many transactions the next commit may hold."""
    file = desk.settings.database.path
    return ALONE if file is not None and not seems_owned(file.parent) else BESIDE


async def step_aside(desk: Desk) -> None:
    """Between two batches, let a running worker write: on SQLite whoever waits looks only now and then."""
    file = desk.settings.database.path
    if file is not None and seems_owned(file.parent):
        await asyncio.sleep(STEP_ASIDE_SECONDS)


async def ends_at_for(desk: Desk, source: str) -> int | None:
    """Where the history of an account ends."""
    first = await desk.store.read(lambda tx: imports.first_event_at(tx, source))
    return history_ends(desk.clock.now(), first)
