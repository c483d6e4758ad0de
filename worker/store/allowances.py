"""Allowances as they are used up, by all processes together."""

from collections.abc import Sequence

from worker.core.allowance import Allowance
from worker.store import access
from worker.store.engine import Tx


async def take(tx: Tx, allowances: Sequence[Allowance], now: int) -> bool:
    """Take one of each in their order; False at the first that is used up. What is whole again is forgotten."""
    await access.lock(tx, "allowances")  # so that two who forget never wait for each other
    await tx.run("allowances_forget", now=now)
    for each in allowances:
        if await tx.one("allowance_take", name=each.name, now=now, cost=each.cost, per=each.per) is None:
            return False
    return True
