"""How much lies in the outbox: for whoever looks after it."""

from worker.core.delivery import MailState
from worker.store.engine import Tx


async def counts(tx: Tx) -> dict[str, int]:
    """How many rows are in each state."""
    found = {row["state"]: int(row["n"]) for row in await tx.all("outbox_counts")}
    return {state.value: found.get(state.value, 0) for state in MailState}


async def unsettled(tx: Tx) -> dict[str, int]:
    """How many rows are in each state but `sent`, cheaply."""
    found = {row["state"]: int(row["n"]) for row in await tx.all("outbox_unsettled")}
    return {state.value: found.get(state.value, 0) for state in MailState if state is not MailState.SENT}


async def oldest_due(tx: Tx, now: int) -> int | None:
    """Since when the oldest row has been due (UTC microseconds)."""
    row = await tx.one("outbox_oldest_due", now=now)
    return None if row is None else row["due_at"]
