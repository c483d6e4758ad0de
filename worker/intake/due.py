"""What is due, a row at a time: a receipt is issued, an announcement decided; and what the journal says of it.

Rules: an odd row is set aside with its reason and never stops the others.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from worker import journal
from worker.actions.dun import dun, leave_announcement
from worker.actions.issue_receipt import Result, issue_receipt, set_aside
from worker.clock import Clock
from worker.core.fresh import Fresh
from worker.core.policy import Policy
from worker.metrics import Metrics
from worker.store.engine import Body, Store, StoreUnavailable, Tx

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DueRows:
    """What seeing to them works with."""

    store: Store
    clock: Clock
    policy: Policy
    metrics: Metrics


async def issue(due: DueRows, transaction_id: str) -> None:
    """Issue the receipt of a transaction."""
    fresh = _fresh(due)
    issued = await _tried(
        due.store,
        ("transactions", transaction_id),
        lambda tx: issue_receipt(tx, transaction_id, due.policy, fresh),
        lambda tx, reason: set_aside(tx, transaction_id, reason, fresh),
    )
    if issued is None:
        return
    if issued.result is Result.ISSUED:
        style, number = issued.style.value, issued.number
        journal.receipt_issued(issued.mail, transaction=issued.transaction_id, style=style, number=number)
    elif issued.result is Result.SET_ASIDE:
        journal.transaction_set_aside(issued.transaction_id)


async def decide(due: DueRows, announcement_id: str) -> None:
    """Decide what an announcement brings."""
    fresh = _fresh(due)
    decided = await _tried(
        due.store,
        ("announcements", announcement_id),
        lambda tx: dun(tx, announcement_id, due.policy, fresh),
        lambda tx, _: leave_announcement(tx, announcement_id, fresh),
    )
    if decided is not None:
        due.metrics.announcements.labels(**decided.said).inc()
        journal.announcement_decided(announcement_id, **decided.said)


async def _tried(
    store: Store, row: tuple[str, str], body: Body[T], leave: Callable[[Tx, str], Awaitable[None]]
) -> T | None:
    """What `body` made of a row (of where, which); None where it failed and was left with the error's name."""
    try:
        return await store.write(body, patient=True)
    except StoreUnavailable:
        raise
    except Exception as error:
        (where, item), reason = row, type(error).__name__
        journal.unexpected(where, error, item=item)
        await store.write(lambda tx: leave(tx, reason), patient=True)
        return None


def _fresh(due: DueRows) -> Fresh:
    return Fresh(due.clock.now(), due.clock.new_id, due.clock.secret_id)
