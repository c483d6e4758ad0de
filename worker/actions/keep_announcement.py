"""Keep what somebody must hear of, once, until it is decided which mail it brings."""

from worker.core.announcement import Announcement
from worker.core.dunning import FOR_CUSTOMERS, WAIT
from worker.core.fresh import Fresh
from worker.store import announcements
from worker.store.announcements import Kept
from worker.store.changes import Topic
from worker.store.engine import Tx


async def keep_announcement(tx: Tx, source: str, told: Announcement, event_id: str | None, fresh: Fresh) -> None:
    """Keep it; what concerns the merchant is decided at once. The same told twice is kept once."""
    wait = WAIT if told.matter in FOR_CUSTOMERS else 0
    if await announcements.keep(tx, Kept(fresh.new_id(), source, told, event_id, fresh.now, fresh.now + wait)):
        tx.wake(Topic.ANNOUNCEMENTS)
