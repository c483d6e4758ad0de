"""Mails about payments that are coming or failed, and cards that end: what their rows are about, and their notes."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.core.announcement import Announcement
from worker.core.dunning import charges, completed
from worker.core.following import Followed
from worker.exit.news import Signing, plan_of
from worker.render.dunning_notes import DunningNote
from worker.render.note_voice import Reader
from worker.store import announcements, customers
from worker.store.announcements import Kept
from worker.store.engine import Tx
from worker.store.outbox import MailKind, OutboxItem

DUNNING = (MailKind.UPCOMING_PAYMENT, MailKind.PAYMENT_FAILED, MailKind.CARD_EXPIRING)


@dataclass(frozen=True, slots=True)
class Dunned:
    """What a row is about: what was announced, the subscriptions that it is about, and the customer's language."""

    told: Announcement
    plans: tuple[Followed, ...]
    locale: str | None


async def gather_dunned(tx: Tx, items: Sequence[OutboxItem]) -> dict[str, Dunned]:
    """Read what these rows are about, those of other kinds left out."""
    return {item.id: await _dunned(tx, item) for item in items if item.kind in DUNNING}


def dunning_note(item: OutboxItem, dunned: Dunned, signing: Signing) -> tuple[DunningNote, Reader]:
    """The note of a row, and who reads it. The link is signed only now: no live one lies in the database."""
    foot = signing.foot(str(item.params["foot"]))
    plans = tuple(plan_of(plan) for plan in dunned.plans)
    note = DunningNote(dunned.told, plans, item.created_at, foot)
    return note, Reader(dunned.locale or signing.reader.locale, signing.reader.timezone)


async def _dunned(tx: Tx, item: OutboxItem) -> Dunned:
    kept = await _announced(tx, item.params["announcement"])
    ids = item.params.get("beside")
    beside = [(await _announced(tx, each)).told for each in ids] if isinstance(ids, list) else []
    customer = await customers.by_id(tx, item.customer_id) if item.customer_id is not None else None
    plans = tuple(each for each in await announcements.plans_about(tx, kept) if charges(each, kept.told))
    return Dunned(completed(kept.told, beside), plans, customer.locale if customer else None)


async def _announced(tx: Tx, announcement_id: object) -> Kept:
    kept = await announcements.by_id(tx, str(announcement_id))
    assert kept is not None, "announcements are never deleted"
    return kept
