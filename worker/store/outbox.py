"""The outbox: who must hear of what, who has it in hand, and what became of each try.

Leases run by the database's clock; `owner` names the process that holds them. A row keeps its state while it is only
claimed, and is `sending` from just before MAIL until its outcome is settled.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from worker.core.delivery import MailState
from worker.core.email_address import identity
from worker.store.engine import Row, Tx
from worker.store.suppressions import withhold_claimed

LEASE_SECONDS = 30
"""How long a row stays with a process that says nothing more; holders renew theirs every third of it."""


class MailKind(StrEnum):
    """What a mail is."""

    RECEIPT = "receipt"
    ALERT = "alert"
    ACCESS = "access"
    FORWARD = "forward"
    EMAIL_PROOF = "email_proof"
    EMAIL_NOTICE = "email_notice"
    CANCEL_RECEIVED = "cancel_received"
    CANCEL_TODO = "cancel_todo"
    CANCEL_REMINDER = "cancel_reminder"
    CANCEL_DONE = "cancel_done"
    DECLARATION_RECEIVED = "declaration_received"
    DECLARATION_TODO = "declaration_todo"
    DECLARATION_REMINDER = "declaration_reminder"
    ACTION_RECEIVED = "action_received"
    ACTION_DONE = "action_done"
    ACTION_TODO = "action_todo"
    ACTION_REMINDER = "action_reminder"
    UPCOMING_PAYMENT = "upcoming_payment"
    PAYMENT_FAILED = "payment_failed"
    CARD_EXPIRING = "card_expiring"
    STRANGER = "stranger"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class NewItem:
    """An intent to mail somebody. Two with one `once_key` are the same intent."""

    id: str
    kind: MailKind
    recipient: str
    message_id: str
    created_at: int
    due_at: int
    customer_id: str | None = None
    invoice_id: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    once_key: str | None = None
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A row of the outbox. Times are UTC microseconds."""

    id: str
    kind: MailKind
    customer_id: str | None
    invoice_id: str | None
    params: Mapping[str, object]
    recipient: str
    message_id: str
    created_at: int
    due_at: int
    expires_at: int | None
    state: MailState
    reason: str | None
    reply: str | None
    attempts: int
    ambiguous: int
    settled_at: int | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a row after a try. `due_at` is when it goes again, where it does."""

    id: str
    owner: str
    state: str
    reason: str
    reply: str
    attempts: int
    ambiguous: int
    due_at: int
    settled_at: int | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at the relay, with the relay's words. `number` is the attempt that its bounce address names; those that
    said nothing to the relay have the number of the one after. None in old rows.
    """

    id: str
    outbox_id: str
    recipient: str
    ended_at: int
    phase: str
    result: str
    code: int | None
    reply: str
    state: str
    number: int | None = None


async def add(tx: Tx, item: NewItem) -> bool:
    """Add an intent; False where its `once_key` is taken."""
    values = _values(item) | {"kind": item.kind.value, "params": json.dumps(dict(item.params))}
    return await tx.one("outbox_insert", **values) is not None


async def waits(tx: Tx, once_key: str) -> bool:
    """Whether the intent of this key is still to be sent."""
    return await tx.one("outbox_waits", once_key=once_key) is not None


async def hold(tx: Tx, item_id: str, reason: str, now: int) -> None:
    """Don't send an intent that was just added, until somebody asks for it."""
    await tx.run("outbox_hold", id=item_id, reason=reason, now=now)


async def let_go(tx: Tx, item_id: str, reason: str, now: int) -> bool:
    """Send what was held for that reason; False where it isn't."""
    return await tx.one("outbox_let_go", id=item_id, reason=reason, now=now) is not None


async def call_off(tx: Tx, once_key: str, now: int) -> None:
    """What need not be said any more isn't, unless it is said already."""
    await tx.run("outbox_call_off", once_key=once_key, now=now)


async def call_off_claimed(tx: Tx, item_id: str, now: int) -> bool:
    """Call off a row that somebody has in hand; False where it is on its way or has ended."""
    return await tx.one("outbox_call_off_claimed", id=item_id, now=now) is not None


async def claim(tx: Tx, owner: str, now: int, most: int) -> list[OutboxItem]:
    """Lease up to `most` due rows to `owner`.

    Those to suppressed addresses are withheld here, where every mail comes through.
    """
    rows = await tx.all("outbox_claim", owner=owner, now=now, seconds=LEASE_SECONDS, most=most)
    withheld = await withhold_claimed(tx, [row["id"] for row in rows], now) if rows else set()
    items = (item_of(row) for row in rows if row["id"] not in withheld)
    return sorted(items, key=lambda item: (item.due_at, item.id))


async def start(tx: Tx, owner: str, ids: Sequence[str]) -> set[str]:
    """Mark leased rows `sending`; returns those that really are ours to send."""
    return {row["id"] for row in await tx.all("outbox_start", ids=json.dumps(list(ids)), owner=owner)}


async def settle(tx: Tx, settled: Sequence[Settled], attempts: Sequence[Attempt]) -> None:
    """Record how tries ended and what becomes of their rows."""
    await tx.many("outbox_settle", [_values(each) for each in settled])
    await tx.many("attempt_insert", [_values(each) for each in attempts])


async def release(tx: Tx, owner: str, ids: Sequence[str]) -> None:
    """Give back leased rows that were not begun."""
    await tx.run("outbox_release", ids=json.dumps(list(ids)), owner=owner)


async def renew(tx: Tx, owner: str, ids: Sequence[str]) -> None:
    """Prolong the leases of rows in hand."""
    await tx.run("outbox_renew", ids=json.dumps(list(ids)), owner=owner, seconds=LEASE_SECONDS)


async def end_leases(tx: Tx) -> None:
    """End every lease: only where this process is known to be alone."""
    await tx.run("outbox_end_leases")


async def abandoned(tx: Tx, most: int) -> list[OutboxItem]:
    """Rows that a dead process left `sending`."""
    return [item_of(row) for row in await tx.all("outbox_abandoned", most=most)]


async def rescue(tx: Tx, settled: Settled, attempt: Attempt) -> bool:
    """Settle an abandoned row, once only."""
    values = {key: value for key, value in _values(settled).items() if key not in ("owner", "reply")}
    if await tx.one("outbox_rescue", **values) is None:
        return False
    await tx.many("attempt_insert", [_values(attempt)])
    return True


async def by_id(tx: Tx, item_id: str) -> OutboxItem | None:
    """The row of an id."""
    row = await tx.one("outbox_by_id", id=item_id)
    return None if row is None else item_of(row)


async def by_message_ids(tx: Tx, message_ids: Sequence[str]) -> list[OutboxItem]:
    """Our mails among these Message-IDs."""
    if not message_ids:
        return []
    return [item_of(row) for row in await tx.all("outbox_by_message_ids", ids=json.dumps(list(message_ids)))]


async def to_address(tx: Tx, address: str, most: int = 100) -> list[OutboxItem]:
    """Mails to an address, newest first."""
    return [item_of(row) for row in await tx.all("outbox_to", address=address, most=most)]


async def newest_to(tx: Tx, address: str, since: int) -> OutboxItem | None:
    """The newest mail that went to an address since a moment."""
    row = await tx.one("outbox_newest_to", recipient=address, since=since)
    return None if row is None else item_of(row)


async def of_customer(tx: Tx, customer_id: str, most: int = 100) -> list[OutboxItem]:
    """Mails to a customer under any address, newest first."""
    return [item_of(row) for row in await tx.all("outbox_of_customer", customer_id=customer_id, most=most)]


async def attempts_of(tx: Tx, item_id: str) -> list[Attempt]:
    """The tries of one mail, oldest first."""
    names = tuple(Attempt.__dataclass_fields__)
    return [Attempt(*(row[name] for name in names)) for row in await tx.all("attempts_of", outbox_id=item_id)]


async def redirect(tx: Tx, customer_id: str, old_address: str, new_address: str) -> None:
    """Send a customer's unsent mails to another address."""
    old = identity(old_address)
    await tx.run("outbox_redirect", customer_id=customer_id, old_identity=old, new_address=new_address)


async def expire(tx: Tx, now: int) -> int:
    """End rows that are too late to be of use; returns how many."""
    return len(await tx.all("outbox_expire", now=now))


async def next_due(tx: Tx) -> int | None:
    """When the next row that nobody has in hand is due (UTC microseconds)."""
    row = await tx.one("outbox_next_due")
    return None if row is None else row["due_at"]


async def settled_since(tx: Tx, state: MailState, since: int, most: int) -> list[OutboxItem]:
    """Mails to customers that reached a state since a moment, oldest first."""
    rows = await tx.all("outbox_settled_since", state=state.value, since=since, most=most)
    return [item_of(row) for row in rows]


def _values(of: NewItem | Settled | Attempt) -> dict[str, object]:
    # `asdict` copies every value, which costs more than the statement that takes them.
    return {name: getattr(of, name) for name in of.__dataclass_fields__}


def item_of(row: Row) -> OutboxItem:
    """A row as a value."""
    return OutboxItem(
        id=row["id"],
        kind=MailKind(row["kind"]),
        customer_id=row["customer_id"],
        invoice_id=row["invoice_id"],
        params=json.loads(row["params"]),
        recipient=row["recipient"],
        message_id=row["message_id"],
        created_at=row["created_at"],
        due_at=row["due_at"],
        expires_at=row["expires_at"],
        state=MailState(row["state"]),
        reason=row["reason"],
        reply=row["reply"],
        attempts=row["attempts"],
        ambiguous=row["ambiguous"],
        settled_at=row["settled_at"],
    )
