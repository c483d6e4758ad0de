"""What a database that comes out of a backup must not do by itself: send, let anybody in, take a number."""

from dataclasses import dataclass

from worker.store.engine import Tx
from worker.store.invoices import SERIES

RESTORED = "restored"
"""Why a mail is parked, and a transaction or a kept mail set aside: a restore doesn't know what came of it."""


@dataclass(frozen=True, slots=True)
class Series:
    """Where the row of our numbers stands: the next one, and since when it waits for a word (UTC microseconds)."""

    next_number: int = 1
    held_at: int | None = None


async def series(tx: Tx) -> Series:
    """The series of our invoices."""
    row = await tx.one("series_by_name", name=SERIES)
    return Series() if row is None else Series(int(row["next_number"]), row["held_at"])


async def hold_numbers(tx: Tx, now: int) -> None:
    """Take no number until somebody says which is the next."""
    await tx.run("series_hold", name=SERIES, now=now)


async def release_numbers(tx: Tx, next_number: int) -> bool:
    """Go on with this number; False where the series isn't held, or has come further."""
    return await tx.one("series_release", name=SERIES, next_number=next_number) is not None


async def wake_for_number(tx: Tx, now: int) -> int:
    """What waited for a number is due; returns how many."""
    return len(await tx.all("transactions_wake_number", now=now))


async def park_mails(tx: Tx, now: int) -> int:
    """Park every mail that had not reached its end; returns how many."""
    return len(await tx.all("restored_park_mails", now=now))


async def set_actions_aside(tx: Tx) -> int:
    """Leave to a person what providers were still to be asked; returns how many there were."""
    words = "it was to be asked before the restore; look whether it was, then have it tried again"
    return len(await tx.all("restored_actions_by_hand", words=words))


async def set_announcements_aside(tx: Tx, now: int) -> None:
    """Mail nobody of what was announced: they may have been mailed after the copy was made."""
    await tx.run("restored_settle_announcements", now=now)


async def let_nobody_in(tx: Tx, now: int) -> int:
    """Retire every access link, with its code, every console link, every change of an address and every session;
    returns how many of the last there were.
    """
    await tx.run("restored_retire_links", now=now)
    await tx.run("restored_retire_merchant_links", now=now)
    await tx.run("restored_end_email_changes")
    merchants = await tx.all("restored_end_merchant_sessions", now=now)
    return len(await tx.all("restored_end_sessions", now=now)) + len(merchants)


async def set_inbox_aside(tx: Tx, now: int) -> int:
    """Answer none of the mails that waited; returns how many."""
    return len(await tx.all("restored_set_aside_inbox", now=now))
