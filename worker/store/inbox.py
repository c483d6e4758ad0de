"""Kept mails: what came in by SMTP or from a mailbox, durable before it is understood."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from worker.core.email_address import identity
from worker.mail.origin import MAILBOX
from worker.store.engine import Row, Tx

TRY_SECONDS = 10
"""How long a mail is left to whoever tries to understand it; a failed try is repeated after this."""
MAILBOX_PEER = MAILBOX
"""The `peer` of mails that were taken from a mailbox."""
WAITING = "waiting"
"""What `counts` calls mails without an outcome yet."""


class MailState(StrEnum):
    """What became of a mail."""

    WAITING = "waiting"
    SETTLED = "settled"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail as it came in. `sender` and `recipients` are the envelope's, the null sender being empty.

    `digest` is the SHA-256 of `raw` in hex, `message_id` what the mail calls itself, `helo` what `peer` calls itself,
    `essence` what stays the same when the mail comes by another way. A mail that is only recorded has no bytes, but a
    size all the same.
    """

    id: str
    received_at: int
    peer: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes | None
    digest: str
    message_id: str | None
    helo: str | None = None
    essence: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class MailEnd:
    """What became of a mail: in one word what it was, why or what was done, and what is known of its origin."""

    state: MailState
    outcome: str
    reason: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A mail in the database; `attempts` counts the tries. `raw` is None once it is forgotten."""

    id: str
    received_at: int
    peer: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes | None
    size: int
    message_id: str | None
    state: MailState
    outcome: str | None
    reason: str | None
    attempts: int
    helo: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class CameFrom:
    """What became of a mail that came in, and how far its sender was proven, in the words of Authentication-Results."""

    received_at: int
    outcome: str | None
    reason: str | None
    origin: str | None


async def keep_mail(tx: Tx, mail: NewMail) -> bool:
    """Keep a mail; False where the same bytes for the same recipients, or a mail of the same essence, are here."""
    return await tx.one("inbox_keep", essence=mail.essence, **_values(mail)) is not None


async def keep_settled(tx: Tx, mail: NewMail, outcome: str, reason: str) -> bool:
    """Record a mail of which nothing is to be made; False where the same bytes for the same recipients are here."""
    return await tx.one("inbox_keep_settled", outcome=outcome, reason=reason, **_values(mail)) is not None


async def same(tx: Tx, mail: NewMail) -> str | None:
    """Our id of the mail with the same bytes for the same recipients."""
    row = await tx.one("inbox_same", digest=mail.digest, recipients=_as_text(mail.recipients))
    return None if row is None else str(row["id"])


async def like(tx: Tx, mail: NewMail) -> str | None:
    """Our id of the mail of the same essence."""
    row = await tx.one("inbox_by_essence", essence=mail.essence) if mail.essence else None
    return None if row is None else str(row["id"])


async def leave(tx: Tx, mail_id: str, now: int) -> None:
    """The mail stays in the mailbox that it was taken from, for people to read there."""
    await tx.run("inbox_leave", id=mail_id, now=now)


async def waiting_mails(tx: Tx, most: int) -> list[str]:
    """The ids of mails that wait to be understood and that nobody has in hand, oldest first."""
    return [row["id"] for row in await tx.all("inbox_waiting_ids", most=most, seconds=TRY_SECONDS)]


async def begin(tx: Tx, mail_id: str) -> KeptMail | None:
    """Begin a try: the mail with this try counted, None where another process has it in hand.

    Committed before the try, so that a mail that kills the process is found out.
    """
    return _mail(await tx.one("inbox_begin", id=mail_id, seconds=TRY_SECONDS))


async def settle(tx: Tx, mail_id: str, end: MailEnd, now: int) -> bool:
    """Say what became of a waiting mail; False where another process was first."""
    row = await tx.one(
        "inbox_settle",
        id=mail_id,
        state=end.state.value,
        outcome=end.outcome,
        reason=end.reason,
        origin=end.origin,
        now=now,
    )
    return row is not None


async def refine(tx: Tx, mail_id: str, outcome: str, reason: str | None) -> None:
    """Say more exactly what a mail was that this transaction has settled."""
    await tx.run("inbox_refine", id=mail_id, outcome=outcome, reason=reason)


async def by_id(tx: Tx, mail_id: str) -> KeptMail | None:
    """The mail of our id."""
    return _mail(await tx.one("inbox_by_id", id=mail_id))


async def from_address(tx: Tx, address: str, most: int) -> list[CameFrom]:
    """The newest mails that came from this address by their envelope, oldest first."""
    rows = await tx.all("inbox_from", identity=identity(address), most=most)
    found = [CameFrom(row["received_at"], row["outcome"], row["reason"], row["origin"]) for row in rows]
    return found[::-1]


async def counts(tx: Tx) -> dict[str, int]:
    """How many mails there are of each outcome; those without one are `waiting`."""
    return {row["outcome"] or WAITING: int(row["n"]) for row in await tx.all("inbox_counts")}


def _values(mail: NewMail) -> dict[str, object]:
    return {
        "id": mail.id,
        "received_at": mail.received_at,
        "peer": mail.peer,
        "helo": mail.helo,
        "sender": mail.sender,
        "recipients": _as_text(mail.recipients),
        "raw": mail.raw,
        "size": len(mail.raw or b"") if mail.size is None else mail.size,
        "digest": mail.digest,
        "message_id": mail.message_id,
    }


def _as_text(recipients: Sequence[str]) -> str:
    return json.dumps(sorted(set(recipients)))


def _mail(row: Row | None) -> KeptMail | None:
    if row is None:
        return None
    return KeptMail(
        id=row["id"],
        received_at=row["received_at"],
        peer=row["peer"],
        sender=row["sender"],
        recipients=tuple(json.loads(row["recipients"])),
        raw=None if row["raw"] is None else bytes(row["raw"]),
        size=row["size"],
        message_id=row["message_id"],
        state=MailState(row["state"]),
        outcome=row["outcome"],
        reason=row["reason"],
        attempts=row["attempts"],
        helo=row["helo"],
        origin=row["origin"],
    )
