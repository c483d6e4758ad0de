"""Look at an access link, redeem it, or enter the code that stands for it.

Rules: looking changes nothing; redeeming is one conditional update; each redemption is a session of its own, of which
only the hash is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from worker.core.access import (
    CODE_TRIES,
    CODE_TRIES_A_DAY,
    REDEEM_WITHIN,
    REDEMPTIONS,
    AccessPolicy,
    hashed,
    is_code,
)
from worker.core.fresh import Fresh
from worker.core.instant import DAY, MINUTE
from worker.store import access
from worker.store.access import AccessLink, SessionRow
from worker.store.engine import Tx

LONGEST_AGENT = 200


class LinkState(StrEnum):
    """What a link can still do."""

    LIVE = "live"
    EXPIRED = "expired"
    USED = "used"


@dataclass(frozen=True, slots=True)
class LinkView:
    """What a page may say of a link; `glance`: it may show the hub's first page before the link is redeemed."""

    state: LinkState
    link: AccessLink
    glance: bool


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A browser is in. `session_id` is told to it once and stored nowhere."""

    session_id: str
    customer_id: str
    intent: str | None


@dataclass(frozen=True, slots=True)
class WrongCode:
    """Not that code, or not from this browser; `tries_left` may be 0."""

    tries_left: int


async def look_at_link(tx: Tx, link_id: str, policy: AccessPolicy, now: int) -> LinkView | None:
    """What the link can do now, None for one that isn't there."""
    link = await access.link(tx, link_id)
    if link is None:
        return None
    state = _state(link, now)
    mailed_at = link.created_at if link.mailed_at is None else link.mailed_at
    young = now < mailed_at + policy.glance_minutes * MINUTE
    return LinkView(state, link, state is LinkState.LIVE and link.redemptions == 0 and young)


async def redeem_link(tx: Tx, link_id: str, agent: str | None, fresh: Fresh) -> Redeemed | None:
    """Redeem a link; None where it can't be redeemed (any more)."""
    found = await access.redeem(tx, link_id, fresh.now, REDEMPTIONS, fresh.now - REDEEM_WITHIN)
    if found is None:
        return None
    customer_id, intent = found
    session_id = fresh.secret_id() + fresh.secret_id()
    session = SessionRow(
        hashed(session_id), customer_id, link_id, (agent or "")[:LONGEST_AGENT] or None, fresh.now, fresh.now
    )
    await access.add_session(tx, session)
    return Redeemed(session_id, customer_id, intent)


@dataclass(frozen=True, slots=True)
class TypedCode:
    """What was typed where: `cookie` is the asking browser's secret, `agent` what it calls itself."""

    request_id: str
    cookie: str
    typed: str
    agent: str | None = None


async def enter_code(
    tx: Tx, code: TypedCode, policy: AccessPolicy, keys: Sequence[str], fresh: Fresh
) -> Redeemed | WrongCode:
    """Redeem the link by its code. A stranger's request has no link, and every code is wrong for it."""
    since = fresh.now - policy.code_minutes * MINUTE
    asked = await access.try_code(tx, code.request_id, hashed(code.cookie), since, CODE_TRIES)
    if asked is None:
        return WrongCode(0)
    left = WrongCode(CODE_TRIES - asked.code_tries)
    if await access.tries_since(tx, asked.identity, fresh.now - DAY) > CODE_TRIES_A_DAY:
        return WrongCode(0)
    link_id = asked.link_id or "no link"
    if not is_code(code.typed, link_id, asked.id, keys) or asked.link_id is None:
        return left
    return await redeem_link(tx, link_id, code.agent, fresh) or WrongCode(0)


def _state(link: AccessLink, now: int) -> LinkState:
    if link.retired_at is not None or link.revoked_at is not None:
        return LinkState.USED
    if link.redeemed_at is not None and (link.redemptions >= REDEMPTIONS or now >= link.redeemed_at + REDEEM_WITHIN):
        return LinkState.USED
    return LinkState.EXPIRED if now >= link.expires_at else LinkState.LIVE
