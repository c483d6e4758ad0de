"""What may go now: given back, rescued, expired, leased, and called off where it has become pointless; all at once.

Rules: a row is leased only while there is room for it, so none lies in hand for long.
"""

import random
from dataclasses import dataclass

from worker import journal
from worker.actions.dun import Decided, call_off_pointless
from worker.actions.record_tries import rescue_abandoned
from worker.core.fresh import Fresh
from worker.core.policy import Policy
from worker.exit.courier import Courier
from worker.store import outbox
from worker.store.engine import Store, Tx
from worker.store.outbox import OutboxItem


@dataclass(frozen=True, slots=True)
class Hand:
    """Which process claims, and what it has leased but not begun, which it gives back."""

    owner: str
    untouched: tuple[str, ...]


async def claim(store: Store, courier: Courier, hand: Hand, policy: Policy, fresh: Fresh) -> list[OutboxItem]:
    """The mails that are to go now, in this process's hand."""
    items, called_off = await store.write(lambda tx: _claim(tx, courier, hand, policy, fresh))
    for each in called_off:
        journal.announcement_decided(each.kept.id, **each.said)
    return items


async def _claim(
    tx: Tx, courier: Courier, hand: Hand, policy: Policy, fresh: Fresh
) -> tuple[list[OutboxItem], list[Decided]]:
    if hand.untouched:
        await outbox.release(tx, hand.owner, hand.untouched)
    await rescue_abandoned(tx, random.random(), policy, fresh)
    await courier.health.learn(tx)
    if not courier.room:
        return [], []
    await outbox.expire(tx, fresh.now)
    claimed = await outbox.claim(tx, hand.owner, fresh.now, courier.room)
    called_off = await call_off_pointless(tx, claimed, policy, fresh)
    return [item for item in claimed if item.id not in called_off], list(called_off.values())
