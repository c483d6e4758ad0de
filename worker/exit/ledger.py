"""The ledger: `sending` is durable before the relay hears of a mail, and every outcome is written down soon after.

Rules: marks and outcomes that come together share one transaction; what can't be written now (a full disk) is held in
memory and tried again, and no further mail is begun until it is written.
"""

import asyncio
from dataclasses import dataclass, field
from functools import partial

from worker import journal
from worker.actions.record_tries import Try, record_tries
from worker.clock import Clock
from worker.core.fresh import Fresh
from worker.core.policy import Policy
from worker.store import outbox
from worker.store.engine import Store, StoreUnavailable, Tx

GATHER_SECONDS = 0.005
"""Outcomes wait this long for company; a mark, on which a connection waits, never does."""
RETRY_SECONDS = 1.0


@dataclass(slots=True)
class Ledger:
    """The outbox rows in this process's hands, as the database is told of them. `owner` names the process."""

    store: Store
    clock: Clock
    policy: Policy
    owner: str
    _marks: dict[str, asyncio.Future[bool]] = field(default_factory=dict)
    _tries: list[Try] = field(default_factory=list)
    _writing: asyncio.Task[None] | None = None
    _mark_waits: asyncio.Event = field(default_factory=asyncio.Event)

    async def begin(self, item_id: str) -> bool:
        """Mark a mail `sending`; False where it isn't ours any more. Durable once this returns."""
        mark: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._marks[item_id] = mark
        self._mark_waits.set()
        self._write_soon()
        return await mark

    def record(self, tried: Try) -> None:
        """A try has ended."""
        self._tries.append(tried)
        self._write_soon()

    async def settled(self) -> None:
        """Wait until all that was recorded is durable."""
        while self._writing is not None and not self._writing.done():
            await asyncio.wait([self._writing])

    def _write_soon(self) -> None:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        while self._marks or self._tries:
            if not self._marks:
                await self._gather()
            marks, tries = dict(self._marks), list(self._tries)
            self._mark_waits.clear()
            try:
                ours = await self.store.write(partial(self._write, marks=list(marks), tries=tries))
            except StoreUnavailable as error:
                journal.unexpected("ledger", error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._done(marks, tries, ours)

    async def _gather(self) -> None:
        try:
            async with asyncio.timeout(GATHER_SECONDS):
                await self._mark_waits.wait()
        except TimeoutError:
            pass

    async def _write(self, tx: Tx, *, marks: list[str], tries: list[Try]) -> set[str]:
        if tries:
            fresh = Fresh(self.clock.now(), self.clock.new_id, self.clock.secret_id)
            await record_tries(tx, self.owner, tries, self.policy, fresh)
        return await outbox.start(tx, self.owner, marks) if marks else set()

    def _done(self, marks: dict[str, asyncio.Future[bool]], tries: list[Try], ours: set[str]) -> None:
        del self._tries[: len(tries)]
        for item_id, mark in marks.items():
            del self._marks[item_id]
            if not mark.done():
                mark.set_result(item_id in ours)
