"""Announcements: what somebody must hear of, kept until it is decided which mail it brings, and what became of it."""

from dataclasses import dataclass, replace

from worker.core.announcement import ANNOUNCEMENT, Announcement, Matter
from worker.core.dunning import Mailed, Outcome
from worker.core.following import Followed
from worker.core.transaction import Customer
from worker.core.twins import Name
from worker.store import customers, subscriptions
from worker.store.customers import CustomerRow
from worker.store.engine import Row, Tx


@dataclass(frozen=True, slots=True)
class Kept:
    """An announcement of a source's; `event_id` is the event that told it. Times are UTC microseconds."""

    id: str
    source: str
    told: Announcement
    event_id: str | None
    told_at: int
    due_at: int
    customer_id: str | None = None
    settled_at: int | None = None
    outcome: Outcome | None = None


async def keep(tx: Tx, new: Kept) -> bool:
    """Keep it to be decided when it is due; False where its source told it before."""
    row = await tx.one(
        "announcement_keep",
        id=new.id,
        source=new.source,
        matter=new.told.matter.value,
        told_id=new.told.id,
        event_id=new.event_id,
        body=ANNOUNCEMENT.dump_json(new.told).decode(),
        subscription=new.told.subscription,
        told_at=new.told_at,
        due_at=new.due_at,
    )
    return row is not None


async def due(tx: Tx, now: int, most: int) -> list[str]:
    """The ids of those that are to be decided now, the oldest first."""
    return [row["id"] for row in await tx.all("announcements_due", now=now, most=most)]


async def next_due(tx: Tx) -> int | None:
    """When the next is to be decided."""
    row = await tx.one("announcements_next_due")
    return row["due_at"] if row is not None else None


async def by_id(tx: Tx, announcement_id: str) -> Kept | None:
    """The announcement of our id."""
    row = await tx.one("announcement_by_id", id=announcement_id)
    return None if row is None else _kept(row)


async def of_event(tx: Tx, event_id: str) -> list[Kept]:
    """What a kept event announced."""
    return [_kept(row) for row in await tx.all("announcements_of_event", event_id=event_id)]


async def settle(tx: Tx, announcement_id: str, outcome: Outcome, customer_id: str | None, now: int) -> bool:
    """Say what became of it, and who is mailed; False where another process did."""
    said = {"outcome": outcome.value, "customer_id": customer_id, "now": now}
    return await tx.one("announcement_settle", id=announcement_id, **said) is not None


async def take_back(tx: Tx, announcement_id: str, outcome: Outcome) -> bool:
    """Its mail was called off, so it brought none; False where that may have gone out all the same."""
    return await tx.one("announcement_take_back", id=announcement_id, outcome=outcome.value) is not None


async def mailed(tx: Tx, customer_id: str, matter: Matter, since: int) -> tuple[Mailed, ...]:
    """What this customer was mailed about this matter since a moment."""
    rows = await tx.all("announcements_mailed", customer_id=customer_id, matter=matter.value, since=since)
    return tuple(Mailed(row["source"], ANNOUNCEMENT.validate_json(row["body"]), row["settled_at"]) for row in rows)


async def of_subscription(tx: Tx, name: Name, matter: Matter, since: int) -> list[Kept]:
    """What a source announced about this matter of a subscription since a moment, the newest first."""
    source, ref = name
    said = {"source": source, "subscription": ref, "matter": matter.value, "since": since}
    return [_kept(row) for row in await tx.all("announcements_of_subscription", **said)]


async def told_since(tx: Tx, matter: Matter, since: int, most: int) -> list[Kept]:
    """What the merchant was told of since, the newest first."""
    return [_kept(row) for row in await tx.all("announcements_told", matter=matter.value, since=since, most=most)]


async def paid_since(tx: Tx, source: str, ref: str, since: int) -> bool:
    """Whether money came for a subscription at that moment or after it."""
    return await tx.one("paid_since", source=source, ref=ref, since=since) is not None


async def plans_about(tx: Tx, kept: Kept) -> tuple[Followed, ...]:
    """The subscription that it names; for a card, all of its customer's at that source."""
    told = kept.told
    if told.subscription is not None:
        plan = await subscriptions.by_name(tx, kept.source, told.subscription)
        return (plan,) if plan is not None else ()
    if told.matter is not Matter.CARD_EXPIRING or told.customer.ref is None:
        return ()
    owner = await customers.by_ref(tx, kept.source, told.customer.ref)
    plans = await subscriptions.of_customer(tx, owner.id) if owner is not None else []
    return tuple(plan for plan in plans if plan.source == kept.source)


async def payer_of(tx: Tx, source: str, reference: str) -> CustomerRow | None:
    """Who paid what the source calls `reference`, where that is known."""
    row = await tx.one("payer_of", source=source, reference=reference)
    return None if row is None else customers.row_of(row)


async def forget(tx: Tx, before: int, most: int, now: int) -> int:
    """Forget of whom the oldest `most` of what was settled before a moment were; returns how many there were."""
    rows = [_kept(row) for row in await tx.all("announcements_to_forget", before=before, most=most)]
    await tx.many("announcement_forget", [{"id": each.id, "body": _anonymous(each.told), "now": now} for each in rows])
    return len(rows)


def _anonymous(told: Announcement) -> str:
    """Without what names a person, but the provider's id of the customer: it finds the subscriptions of a card."""
    return ANNOUNCEMENT.dump_json(replace(told, customer=Customer(ref=told.customer.ref), url=None)).decode()


def _kept(row: Row) -> Kept:
    return Kept(
        id=row["id"],
        source=row["source"],
        told=ANNOUNCEMENT.validate_json(row["body"]),
        event_id=row["event_id"],
        told_at=row["told_at"],
        due_at=row["due_at"],
        customer_id=row["customer_id"],
        settled_at=row["settled_at"],
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
    )
