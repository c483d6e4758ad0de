"""The end of every import: what was taken in gets its documents, payments before the refunds that name them."""

from collections.abc import Callable, Sequence

from worker import journal
from worker.actions.issue_receipt import draw_imported, set_aside
from worker.commands.opening import Desk
from worker.commands.taking_in import step_aside
from worker.core.policy import Policy
from worker.store import transactions
from worker.store.engine import StoreUnavailable, Tx

BATCH = 64
"""Documents a commit: enough to be fast, few enough that a worker beside is never kept waiting for long."""


async def draw_up(desk: Desk, source: str, told: Callable[[int], None]) -> None:
    """Draw up all that was imported from `source`; `told` hears how many were looked at so far."""
    policy, done = desk.policy, 0
    for refunds in (False, True):
        after = ""
        while ids := await _undrawn(desk, source, after, refunds=refunds):
            await _draw(desk, ids, policy)
            after, done = ids[-1], done + len(ids)
            told(done)
            await step_aside(desk)


async def _undrawn(desk: Desk, source: str, after: str, *, refunds: bool) -> list[str]:
    return await desk.store.read(lambda tx: transactions.undrawn(tx, source, after, BATCH, refunds=refunds))


async def _draw(desk: Desk, ids: Sequence[str], policy: Policy) -> None:
    async def all_of_them(tx: Tx) -> None:
        for each in ids:
            await draw_imported(tx, each, policy, desk.fresh())

    try:
        await desk.store.write(all_of_them)
    except StoreUnavailable:
        raise
    except Exception as error:  # one odd transaction never stops the others
        if len(ids) > 1:
            for each in ids:
                await _draw(desk, [each], policy)
            return
        journal.unexpected("import", error, item=ids[0])
        reason, fresh = type(error).__name__, desk.fresh()
        await desk.store.write(lambda tx: set_aside(tx, ids[0], reason, fresh))
