"""Late addresses: receipts wait for an address that an event should bring; after a moment the provider is asked for it.

Rules: no network inside a transaction; an account whose key is refused is left alone for an hour, or until it has
another key; accounts are asked side by side, the customers of one after another.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from worker import journal
from worker.actions.inquire import begin_inquiry, take_answer
from worker.asking.logins import Logins
from worker.clock import Clock
from worker.core.fresh import Fresh
from worker.core.inquiry import GRACE, Standing
from worker.core.policy import Policy
from worker.core.transaction import Customer
from worker.core.web_call import Answer
from worker.sources.account import Account, Trouble
from worker.sources.lookup import Lookup
from worker.store import inquiries
from worker.store.engine import Store, StoreUnavailable
from worker.store.inquiries import Wanted

LOOK_AGAIN_SECONDS = 5.0
LEFT_ALONE = 3600.0
"""Seconds without a question after a key was refused: providers block who goes on knocking."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An account that can be asked, and how."""

    lookup: Lookup
    account: Account


@dataclass(frozen=True, slots=True)
class LateAddresses:
    """What asking works with; `asked` has each account that can be asked by its name."""

    store: Store
    clock: Clock
    policy: Policy
    logins: Logins
    asked: Mapping[str, Asked]


@dataclass(slots=True)
class Inquirer:
    """Asks, a round after another. `current` is what is in force; where that is nothing, nobody is asked."""

    current: Callable[[], LateAddresses | None]
    _refused: dict[Account, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Ask for what is missing, until cancelled."""
        while (late := self.current()) is not None:
            try:
                await self.round(late)
            except StoreUnavailable as error:
                journal.unexpected("inquiries", error)
            await late.clock.sleep(LOOK_AGAIN_SECONDS)

    async def round(self, late: LateAddresses) -> None:
        """Ask for all that is due now."""
        names = [name for name, asked in late.asked.items() if not self._is_left_alone(late, asked.account)]
        if not names:
            return
        now = late.clock.now()
        due = await late.store.read(lambda tx: inquiries.due(tx, names, now - GRACE, now))
        by_account = {name: [each for each in due if each.source == name] for name in names}
        await asyncio.gather(*(self._ask_all(late, wanted) for wanted in by_account.values()))

    async def _ask_all(self, late: LateAddresses, wanted: list[Wanted]) -> None:
        for each in wanted:
            try:
                if not await self._ask(late, each):
                    return
            except StoreUnavailable:
                raise
            except Exception as error:  # one odd customer never stops the loop; the next try is set before each
                journal.unexpected("inquiries", error, item=f"{each.source}:{each.ref}")

    async def _ask(self, late: LateAddresses, wanted: Wanted) -> bool:
        """Whether the next customer of this account can be asked for."""
        asked, began = late.asked[wanted.source], _fresh(late)
        if not await late.store.write(lambda tx: begin_inquiry(tx, wanted, began)):
            return True
        found, fresh = await _answer(late.logins, asked, wanted.ref), _fresh(late)
        standing = await late.store.write(lambda tx: take_answer(tx, wanted, found, late.policy, fresh))
        journal.address_asked(source=wanted.source, outcome="found" if standing is None else standing.value)
        if standing is Standing.DENIED:
            self._refused[asked.account] = late.clock.monotonic()
        return standing not in (Standing.DENIED, Standing.ASKING)  # who is busy is not asked for the next

    def _is_left_alone(self, late: LateAddresses, account: Account) -> bool:
        refused = self._refused.get(account)
        return refused is not None and late.clock.monotonic() < refused + LEFT_ALONE


async def _answer(logins: Logins, asked: Asked, ref: str) -> Customer | Trouble:
    answer = await logins.ask(asked.account, asked.lookup.login, lambda account: asked.lookup.ask(account, ref))
    return asked.lookup.read(answer) if isinstance(answer, Answer) else answer


def _fresh(late: LateAddresses) -> Fresh:
    return Fresh(late.clock.now(), late.clock.new_id, late.clock.secret_id)
