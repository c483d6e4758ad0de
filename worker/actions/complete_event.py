"""Take what a provider answered about an event that left something out: with it the event tells, or says why it waits.

Rules: the event stays in quarantine, where a person sees it, until the answer is here; what the answer tells goes the
way of all that events tell.
"""

from worker.actions.accept_transaction import Answer
from worker.actions.inquire import begin_inquiry, standing_of
from worker.actions.understand_event import accept_told
from worker.core.fresh import Fresh
from worker.core.inquiry import next_at
from worker.core.transaction import Transaction
from worker.sources.account import Trouble
from worker.sources.event import Told
from worker.store import events, inquiries
from worker.store.engine import Tx
from worker.store.events import EventState, KeptEvent
from worker.store.inquiries import Wanted

_ASKED = "; asked for it: "


async def begin_completing(tx: Tx, event: KeptEvent, wanted: Wanted, fresh: Fresh) -> bool:
    """Take it in hand; False where another process has it, or was quicker."""
    if not await begin_inquiry(tx, wanted, fresh):
        return False
    now = await events.by_id(tx, event.id)  # read last: who was first has committed what came of it
    if now is not None and now.state is EventState.QUARANTINED:
        return True
    await inquiries.end(tx, wanted)
    return False


async def complete_event(
    tx: Tx, event: KeptEvent, wanted: Wanted, found: Told | Trouble, fresh: Fresh
) -> list[tuple[Transaction, Answer]] | None:
    """What it told, and what became of that; None where nothing of use came, or somebody was first."""
    if isinstance(found, Trouble):
        standing = standing_of(found)
        due_at = next_at(standing, wanted.tries + 1, fresh.now, found.seconds)
        await inquiries.settle(tx, wanted, standing, found.reason, due_at)
        before = (event.reason or "").partition(_ASKED)[0]
        await inquiries.say_why(tx, event.id, f"{before}{_ASKED}{found.reason}")
        return None
    await inquiries.end(tx, wanted)
    return await accept_told(tx, event, found, fresh) if await events.requeue(tx, event.id) else None
