"""Note which secret key signs from now on, and what it leaves for the older ones to open."""

from worker.core.fresh import Fresh
from worker.core.key_use import KeyUse
from worker.store import audit, provider_actions
from worker.store.audit import Entry, Sought
from worker.store.engine import Tx

IN_USE, ROTATED, RETIRED = "key_in_use", "key_rotated", "key_retired"


async def use_key(tx: Tx, fingerprint: str, fresh: Fresh) -> bool:
    """The key of this fingerprint signs; True where that is new."""
    newest = await audit.page(tx, Sought(what=IN_USE), 1)
    if newest and newest[0].subject == fingerprint:
        return False
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, "run", IN_USE, subject=fingerprint))
    return True


async def change_keys(tx: Tx, what: str, fingerprint: str, fresh: Fresh) -> None:
    """A person made the key of this fingerprint, or retired it."""
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, "command", what, subject=fingerprint))


async def key_use(tx: Tx, fingerprints: list[str]) -> KeyUse:
    """How the keys of these fingerprints are used, the newest last."""
    newest = await audit.page(tx, Sought(what=IN_USE), 1)
    since = newest[0].at if newest and newest[0].subject == fingerprints[-1] else None
    waiting = await provider_actions.open_cancels_before(tx, since) if since is not None else 0
    return KeyUse(len(fingerprints), since, waiting)
