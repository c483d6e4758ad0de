"""Mailboxes that are watched: by which process, how far, and which of their mails are still to be put away."""

from dataclasses import dataclass

from worker.store.engine import Tx


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """How far a mailbox was read. `validity` is None while it never was; `looked_at` is when it was read to its end."""

    validity: int | None
    last_uid: int
    looked_at: int | None


@dataclass(frozen=True, slots=True)
class Spot:
    """A mail's place in a mailbox: its number means it for as long as `validity` stays (RFC 3501, 2.3.1.1)."""

    mailbox: str
    validity: int
    uid: int


async def take(tx: Tx, name: str, owner: str, seconds: int, *, alone: bool) -> bool:
    """Have a mailbox for oneself for `seconds`, or for longer; False where another process watches it."""
    row = await tx.one("mailbox_take", name=name, owner=owner, seconds=seconds, alone=int(alone))
    return row is not None


async def release(tx: Tx, name: str, owner: str) -> None:
    """Leave a mailbox to whoever wants it."""
    await tx.run("mailbox_release", name=name, owner=owner)


async def by_name(tx: Tx, name: str) -> MailboxRow:
    """How far a mailbox was read."""
    row = await tx.one("mailbox_by_name", name=name)
    return MailboxRow(None, 0, None) if row is None else MailboxRow(row["validity"], row["last_uid"], row["looked_at"])


async def advance(tx: Tx, spot: Spot) -> None:
    """All mails up to this one are dealt with."""
    await tx.run("mailbox_advance", name=spot.mailbox, validity=spot.validity, uid=spot.uid)


async def looked(tx: Tx, name: str, now: int) -> None:
    """A mailbox was read to its end."""
    await tx.run("mailbox_looked", name=name, now=now)


async def fails(tx: Tx, name: str, now: int) -> None:
    """A mailbox can't be read; since when is kept until it can."""
    await tx.run("mailbox_fails", name=name, now=now)


async def tell(tx: Tx, name: str, now: int, *, after: int, every: int) -> bool:
    """Whether it is time to tell of a mailbox that has failed for `after`, not more often than `every`; told once."""
    row = await tx.one("mailbox_tell", name=name, before=now - after, again=now - every, now=now)
    return row is not None


async def keep_place(tx: Tx, spot: Spot, mail_id: str) -> None:
    """Remember where a kept mail lies, until it is put away."""
    await tx.run("mailbox_mail_add", mailbox=spot.mailbox, validity=spot.validity, uid=spot.uid, mail_id=mail_id)


async def done(tx: Tx, name: str, validity: int, most: int) -> list[tuple[Spot, bool]]:
    """Where mails lie that are understood, and whether each stays there for people to read."""
    rows = await tx.all("mailbox_mails_done", mailbox=name, validity=validity, most=most)
    return [(Spot(name, validity, row["uid"]), row["left_at"] is not None) for row in rows]


async def forget_place(tx: Tx, spot: Spot) -> None:
    """A mail is put away, or stays for good."""
    await tx.run("mailbox_mail_drop", mailbox=spot.mailbox, validity=spot.validity, uid=spot.uid)


async def forget_void(tx: Tx, name: str, validity: int) -> None:
    """The mailbox's numbers mean other mails now."""
    await tx.run("mailbox_mails_void", mailbox=name, validity=validity)


async def last_read(tx: Tx) -> int | None:
    """When a mailbox was last read to its end (UTC microseconds), None for never."""
    row = await tx.one("mailbox_last_read")
    return None if row is None else row["looked_at"]
