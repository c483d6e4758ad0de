"""Link requests, access links and the sessions that they open. Times are UTC microseconds."""

from dataclasses import dataclass

from worker.core.access import SESSION_IDLE, SESSION_LONGEST, Way
from worker.store.engine import Row, Tx


@dataclass(frozen=True, slots=True)
class NewRequest:
    """Somebody asked for a link to an address; `customer_id` and `link_id` are None where it is a stranger's.

    `own`: out of the allowance of mails that prove to be the address's own.
    """

    id: str
    way: Way
    identity: str
    asked_at: int
    granted: bool
    customer_id: str | None = None
    link_id: str | None = None
    client: str | None = None
    cookie_hash: str | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request as it was kept."""

    id: str
    way: Way
    identity: str
    customer_id: str | None
    link_id: str | None
    granted: bool
    code_tries: int
    asked_at: int


@dataclass(frozen=True, slots=True)
class NewAccessLink:
    """A link that opens the hub; `intent` is the page it leads to, None for the overview."""

    id: str
    customer_id: str
    request_id: str
    outbox_id: str
    created_at: int
    expires_at: int
    intent: str | None = None


@dataclass(frozen=True, slots=True)
class AccessLink:
    """An access link; `mailed_at` is when the relay took its mail."""

    id: str
    customer_id: str
    request_id: str | None
    intent: str | None
    created_at: int
    expires_at: int
    mailed_at: int | None
    redemptions: int
    redeemed_at: int | None
    retired_at: int | None
    revoked_at: int | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A browser that is in."""

    id_hash: str
    customer_id: str
    link_id: str
    agent: str | None
    created_at: int
    seen_at: int


async def lock(tx: Tx, name: str) -> None:
    """Until the end of the transaction, others who lock this name wait."""
    await tx.one("lock_name", name=name)


async def granted_since(tx: Tx, identity: str, since: int, *, own: bool) -> list[int]:
    """When links to this address were granted, oldest first: out of its own allowance, or out of everybody's."""
    rows = await tx.all("link_request_times", identity=identity, own=int(own), since=since)
    return [row["asked_at"] for row in rows]


async def sent_since(tx: Tx, identity: str, since: int) -> list[int]:
    """When merchants had links sent to this address, oldest first."""
    rows = await tx.all("link_request_times_merchant", identity=identity, since=since)
    return [row["asked_at"] for row in rows]


async def granted_overall(tx: Tx, since: int) -> int:
    """How many link mails were granted to customers."""
    row = await tx.one("link_requests_since", since=since)
    return 0 if row is None else int(row["n"])


async def add_request(tx: Tx, new: NewRequest) -> None:
    """Keep a request, granted or not, of a customer or a stranger."""
    await tx.run(
        "link_request_insert",
        id=new.id,
        way=new.way.value,
        identity=new.identity,
        customer_id=new.customer_id,
        link_id=new.link_id,
        client=new.client,
        cookie_hash=new.cookie_hash,
        granted=int(new.granted),
        own=int(new.own),
        asked_at=new.asked_at,
    )


async def request(tx: Tx, request_id: str) -> RequestRow | None:
    """The request of an id."""
    return _request(await tx.one("link_request_by_id", id=request_id))


async def try_code(tx: Tx, request_id: str, cookie_hash: str, since: int, most: int) -> RequestRow | None:
    """Count one more try; None where this browser may not try (any more)."""
    row = await tx.one("link_request_try", id=request_id, cookie_hash=cookie_hash, since=since, most=most)
    return _request(row)


async def tries_since(tx: Tx, identity: str, since: int) -> int:
    """How many codes were tried for an address."""
    row = await tx.one("link_request_tries", identity=identity, since=since)
    return 0 if row is None else int(row["n"])


async def add_link(tx: Tx, new: NewAccessLink) -> None:
    """Write down a link before a mail carries its id."""
    await tx.run(
        "access_link_insert",
        id=new.id,
        customer_id=new.customer_id,
        request_id=new.request_id,
        outbox_id=new.outbox_id,
        intent=new.intent,
        created_at=new.created_at,
        expires_at=new.expires_at,
    )


async def link(tx: Tx, link_id: str) -> AccessLink | None:
    """The access link of an id."""
    row = await tx.one("access_link", id=link_id)
    return None if row is None else AccessLink(*(row[name] for name in AccessLink.__dataclass_fields__))


async def redeem(tx: Tx, link_id: str, now: int, most: int, since: int) -> tuple[str, str | None] | None:
    """Redeem a link if that is still possible: (customer, intent). The first redemption retires the older links."""
    row = await tx.one("access_link_redeem", id=link_id, now=now, most=most, since=since)
    if row is None:
        return None
    if row["redemptions"] == 1:
        await tx.run(
            "access_links_retire",
            customer_id=row["customer_id"],
            except_id=link_id,
            created_at=row["created_at"],
            now=now,
        )
    return row["customer_id"], row["intent"]


async def add_session(tx: Tx, session: SessionRow) -> None:
    """Let a browser in."""
    await tx.run(
        "session_insert",
        id_hash=session.id_hash,
        customer_id=session.customer_id,
        link_id=session.link_id,
        agent=session.agent,
        now=session.created_at,
    )


async def session(tx: Tx, id_hash: str, now: int) -> SessionRow | None:
    """The session, if it still lasts."""
    row = await tx.one("session_live", id_hash=id_hash, **_lasting(now))
    return None if row is None else _session(row)


async def sessions_of(tx: Tx, customer_id: str, now: int) -> list[SessionRow]:
    """A customer's sessions that still last, the last seen first."""
    return [_session(row) for row in await tx.all("sessions_live", customer_id=customer_id, **_lasting(now))]


async def touch_session(tx: Tx, id_hash: str, now: int) -> None:
    """The browser was seen."""
    await tx.run("session_touch", id_hash=id_hash, now=now)


async def end_session(tx: Tx, id_hash: str, now: int) -> None:
    """The browser is out."""
    await tx.run("session_end", id_hash=id_hash, now=now)


async def end_sessions(tx: Tx, customer_id: str, now: int) -> None:
    """All of a customer's browsers are out."""
    await tx.run("sessions_end", customer_id=customer_id, now=now)


async def end_other_sessions(tx: Tx, customer_id: str, but: str, now: int) -> None:
    """All of a customer's browsers are out, but for this one."""
    await tx.run("sessions_end_but", customer_id=customer_id, except_hash=but, now=now)


async def revoke_links(tx: Tx, customer_id: str, now: int) -> None:
    """No link that was mailed so far opens anything any more."""
    await tx.run("access_links_revoke", customer_id=customer_id, now=now)


def _lasting(now: int) -> dict[str, int]:
    return {"created_since": now - SESSION_LONGEST, "seen_since": now - SESSION_IDLE}


def _request(row: Row | None) -> RequestRow | None:
    if row is None:
        return None
    return RequestRow(
        row["id"],
        Way(row["way"]),
        row["identity"],
        row["customer_id"],
        row["link_id"],
        bool(row["granted"]),
        row["code_tries"],
        row["asked_at"],
    )


def _session(row: Row) -> SessionRow:
    return SessionRow(
        row["id_hash"], row["customer_id"], row["link_id"], row["agent"], row["created_at"], row["seen_at"]
    )
