"""Ask for the link that opens the console: the same for merchants and strangers, except that only merchants get it.

Rules: the link goes to the address as the settings spell it, never to what somebody typed; the limits are those of
customers' links, counted apart from theirs; asking retires nothing. A command may print one instead, for the first way
in and for the day when no mail goes.
"""

from dataclasses import dataclass

from worker.core.access import Limits, next_allowed
from worker.core.email_address import identity
from worker.core.fresh import Fresh
from worker.core.instant import DAY, HOUR, MINUTE
from worker.store import access, audit, merchants, outbox
from worker.store.audit import Entry
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.store.merchants import NewMerchantLink
from worker.store.outbox import MailKind, NewItem

MAILED_LASTS = HOUR
PRINTED_LASTS = 30 * MINUTE
"""It opens everything, so it lasts as long as one needs to read a mail or to copy a line."""


@dataclass(frozen=True, slots=True)
class ConsoleAsked:
    """`address` as it was entered; `merchant` as the settings spell it, None where it is a stranger's."""

    address: str
    merchant: str | None
    message_domain: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class ConsoleRequested:
    """`limited` and `next_at` (UTC microseconds) hold for strangers' addresses too; `mailed` is for us alone."""

    limited: bool
    mailed: bool
    next_at: int


async def request_console_link(tx: Tx, asked: ConsoleAsked, fresh: Fresh) -> ConsoleRequested:
    """Keep the request and, for a merchant within the limits, put the link's mail into the outbox."""
    key = identity(asked.address)
    await access.lock(tx, f"console request {key}")
    next_at = await _next_at(tx, key, asked.limits, fresh.now)
    granted = next_at <= fresh.now
    await merchants.add_request(tx, fresh.new_id(), key, fresh.now, granted=granted)
    if not granted:
        return ConsoleRequested(limited=True, mailed=False, next_at=next_at)
    if asked.merchant is not None:
        await _mail(tx, asked.merchant, asked.message_domain, fresh)
    next_at = await _next_at(tx, key, asked.limits, fresh.now)
    return ConsoleRequested(limited=False, mailed=asked.merchant is not None, next_at=next_at)


async def print_console_link(tx: Tx, merchant: str, fresh: Fresh) -> str:
    """Write down a link that no mail carries; returns its id. Whoever may read the keys may do this, and it shows."""
    link_id, key = fresh.secret_id(), identity(merchant)
    await merchants.add_link(tx, NewMerchantLink(link_id, key, None, fresh.now, fresh.now + PRINTED_LASTS))
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, "command", "console_link", subject=key))
    return link_id


async def _next_at(tx: Tx, key: str, limits: Limits, now: int) -> int:
    return next_allowed(now, await merchants.granted_since(tx, key, now - DAY), limits)


async def _mail(tx: Tx, merchant: str, domain: str, fresh: Fresh) -> None:
    link_id, item_id, expires_at = fresh.secret_id(), fresh.new_id(), fresh.now + MAILED_LASTS
    item = NewItem(
        id=item_id,
        kind=MailKind.CONSOLE,
        recipient=merchant,
        message_id=f"<{item_id}@{domain}>",
        created_at=fresh.now,
        due_at=fresh.now,
        params={"link": link_id},
        expires_at=expires_at,
    )
    await outbox.add(tx, item)
    await merchants.add_link(tx, NewMerchantLink(link_id, identity(merchant), item_id, fresh.now, expires_at))
    tx.wake(Topic.OUTBOX)
