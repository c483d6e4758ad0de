"""Come into the console and leave it: redeem a merchant's link, sign out here, there or everywhere.

Rules: looking changes nothing; redeeming is one conditional update and makes a new session, of which only the hash is
stored; who came in is in the audit, and so is who signed everybody out.
"""

from dataclasses import dataclass

from worker.actions.redeem_link import LONGEST_AGENT, LinkState
from worker.core.access import REDEEM_WITHIN, REDEMPTIONS, hashed
from worker.core.fresh import Fresh
from worker.store import audit, merchants
from worker.store.audit import Entry
from worker.store.engine import Tx
from worker.store.merchants import MerchantLink, MerchantSession


@dataclass(frozen=True, slots=True)
class Entered:
    """A merchant's browser is in. `session_id` is told to it once and stored nowhere."""

    session_id: str
    printed: bool


async def enter_console(tx: Tx, link_id: str, agent: str | None, fresh: Fresh) -> Entered | None:
    """Redeem a link; None where it can't be redeemed (any more)."""
    link = await merchants.redeem(tx, link_id, fresh.now, REDEMPTIONS, fresh.now - REDEEM_WITHIN)
    if link is None:
        return None
    session_id, named = fresh.secret_id() + fresh.secret_id(), (agent or "")[:LONGEST_AGENT] or None
    session = MerchantSession(hashed(session_id), link.identity, link.id, named, fresh.now, fresh.now)
    await merchants.add_session(tx, session)
    by = {"by": "printed link" if link.printed else "mailed link", "browser": named}
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, link.identity, "console_sign_in", details=by))
    return Entered(session_id, link.printed)


async def leave_console(tx: Tx, session: MerchantSession, ending: str, fresh: Fresh) -> None:
    """End one of this merchant's sessions by its hash, or all of them (`all`), the links on their way included."""
    if ending != "all":
        await merchants.end_session(tx, ending, session.identity, fresh.now)
        return
    await merchants.end_sessions(tx, session.identity, fresh.now)
    await merchants.retire_links(tx, session.identity, fresh.now)
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, session.identity, "console_sign_out_everywhere"))


def state_of(link: MerchantLink, now: int) -> LinkState:
    """What a link can still do."""
    most = 1 if link.printed else REDEMPTIONS
    if link.retired_at is not None or link.redemptions >= most:
        return LinkState.USED
    if link.redeemed_at is not None and now >= link.redeemed_at + REDEEM_WITHIN:
        return LinkState.USED
    return LinkState.EXPIRED if now >= link.expires_at else LinkState.LIVE
