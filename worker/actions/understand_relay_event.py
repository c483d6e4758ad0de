"""Record what a relay's kept event tells of our mails, and settle the event, in one transaction."""

from worker.actions.record_bounce import Recorded, Told, record_bounce
from worker.core.bounce import Delivery, Returned
from worker.core.fresh import Fresh
from worker.core.policy import Policy
from worker.store import events
from worker.store.engine import Tx
from worker.store.events import EventEnd, EventState, KeptEvent


async def record_told(
    tx: Tx, event: KeptEvent, told: tuple[Returned, Delivery | None], policy: Policy, fresh: Fresh
) -> list[Recorded] | None:
    """`told` is what the event says, and the delivery that our MAC in it names; None where another was first."""
    if not await events.settle(tx, event.id, EventEnd(EventState.UNDERSTOOD), fresh.now):
        return None
    returned, delivery = told
    return await record_bounce(tx, Told(event.id, returned, delivery, proven=True), policy, fresh)
