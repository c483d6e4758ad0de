"""Merchants at the door of the console: what they asked for, the links that let them in, and their sessions.

Rules: a merchant is an address of the settings, ASCII case folded (`identity`), and no row of its own; nothing here is
shared with what customers have. Times are UTC microseconds.
"""

from dataclasses import dataclass

from worker.core.access import SESSION_IDLE, SESSION_LONGEST
from worker.store.engine import Row, Tx


@dataclass(frozen=True, slots=True)
class NewMerchantLink:
    """A link that opens the console; `outbox_id` is None where a command printed it."""

    id: str
    identity: str
    outbox_id: str | None
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class MerchantLink:
    """Such a link as it stands."""

    id: str
    identity: str
    outbox_id: str | None
    created_at: int
    expires_at: int
    redemptions: int
    redeemed_at: int | None
    retired_at: int | None

    @property
    def printed(self) -> bool:
        """Whether a command printed it, so that no mail carries it."""
        return self.outbox_id is None


@dataclass(frozen=True, slots=True)
class MerchantSession:
    """A browser in which a merchant is in."""

    id_hash: str
    identity: str
    link_id: str
    agent: str | None
    created_at: int
    seen_at: int


async def granted_since(tx: Tx, identity: str, since: int) -> list[int]:
    """When links to this address were granted, oldest first; strangers' count as well."""
    return [row["asked_at"] for row in await tx.all("merchant_request_times", identity=identity, since=since)]


async def add_request(tx: Tx, request_id: str, identity: str, asked_at: int, *, granted: bool) -> None:
    """Keep a request, granted or not, of a merchant or a stranger."""
    await tx.run("merchant_request_insert", id=request_id, identity=identity, granted=int(granted), asked_at=asked_at)


async def add_link(tx: Tx, new: NewMerchantLink) -> None:
    """Write down a link before a mail or a terminal shows its token."""
    await tx.run("merchant_link_insert", **{name: getattr(new, name) for name in NewMerchantLink.__dataclass_fields__})


async def link(tx: Tx, link_id: str) -> MerchantLink | None:
    """The link of an id."""
    row = await tx.one("merchant_link", id=link_id)
    return None if row is None else _link(row)


async def redeem(tx: Tx, link_id: str, now: int, most: int, since: int) -> MerchantLink | None:
    """Redeem a link if that is still possible. The first redemption retires the older links."""
    row = await tx.one("merchant_link_redeem", id=link_id, now=now, most=most, since=since)
    if row is None:
        return None
    found = _link(row)
    if found.redemptions == 1:
        await tx.run(
            "merchant_links_retire",
            identity=found.identity,
            except_id=link_id,
            created_at=found.created_at,
            now=now,
        )
    return found


async def retire_links(tx: Tx, identity: str, now: int) -> None:
    """No link that this merchant got so far opens anything any more."""
    await tx.run("merchant_links_retire", identity=identity, except_id="", created_at=now, now=now)


async def add_session(tx: Tx, session: MerchantSession) -> None:
    """Let a browser in."""
    await tx.run(
        "merchant_session_insert",
        id_hash=session.id_hash,
        identity=session.identity,
        link_id=session.link_id,
        agent=session.agent,
        now=session.created_at,
    )


async def session(tx: Tx, id_hash: str, now: int) -> MerchantSession | None:
    """The session, if it still lasts."""
    row = await tx.one("merchant_session_live", id_hash=id_hash, **_lasting(now))
    return None if row is None else _session(row)


async def sessions_of(tx: Tx, identity: str, now: int) -> list[MerchantSession]:
    """A merchant's sessions that still last, the last seen first."""
    return [_session(row) for row in await tx.all("merchant_sessions_live", identity=identity, **_lasting(now))]


async def touch_session(tx: Tx, id_hash: str, now: int) -> None:
    """The browser was seen."""
    await tx.run("merchant_session_touch", id_hash=id_hash, now=now)


async def end_session(tx: Tx, id_hash: str, identity: str, now: int) -> bool:
    """That browser of this merchant is out; False where it wasn't in."""
    return await tx.one("merchant_session_end", id_hash=id_hash, identity=identity, now=now) is not None


async def end_sessions(tx: Tx, identity: str, now: int) -> None:
    """All browsers of this merchant are out."""
    await tx.run("merchant_sessions_end", identity=identity, now=now)


def _lasting(now: int) -> dict[str, int]:
    return {"created_since": now - SESSION_LONGEST, "seen_since": now - SESSION_IDLE}


def _link(row: Row) -> MerchantLink:
    return MerchantLink(*(row[name] for name in MerchantLink.__dataclass_fields__))


def _session(row: Row) -> MerchantSession:
    return MerchantSession(*(row[name] for name in MerchantSession.__dataclass_fields__))
