"""Lists for a merchant's pages: mails, what waits or is in quarantine, and suppressed addresses.

Rules: a list holds a page and says where the next begins; nothing is counted that isn't shown. Times are UTC
microseconds.
"""

from dataclasses import dataclass

from worker.core.delivery import MailState
from worker.store import outbox, suppressions
from worker.store.engine import Tx
from worker.store.outbox import OutboxItem
from worker.store.suppressions import Suppression

PAGE = 50
_LAST = "~"
"""After every id: none has this letter."""
_END = 2**62

Place = tuple[int, str, str]
"""Where a page of suppressions ends: since when, of which kind, whose. Many may begin in one moment."""


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """An event that waits or is in quarantine."""

    id: str
    source: str
    name: str
    received_at: int
    reason: str | None
    field: str | None


@dataclass(frozen=True, slots=True)
class HeldMail:
    """A mail that came in and waits or is in quarantine; `sender` is the envelope's."""

    id: str
    received_at: int
    sender: str
    reason: str | None


async def mails(tx: Tx, state: MailState | None, before: str | None) -> list[OutboxItem]:
    """A page of mails, the newest first, and one more where there are others."""
    before, most = before or _LAST, PAGE + 1
    if state is None:
        rows = await tx.all("mails_newest", before=before, most=most)
    elif state is MailState.SENT:
        rows = await tx.all("mails_gone", before=before, most=most)
    else:
        rows = await tx.all("mails_in_state", state=state.value, before=before, most=most)
    return [outbox.item_of(row) for row in rows]


async def decide(tx: Tx, mail_id: str, state: MailState, reason: str, now: int) -> bool:
    """A merchant's word on a parked mail; False where it isn't parked, or the word was given."""
    return await tx.one("mail_decide", id=mail_id, state=state.value, reason=reason, now=now) is not None


async def suppressed(tx: Tx, before: Place | None) -> list[Suppression]:
    """A page of suppressions in force, the newest first, and one more where there are others."""
    since, kind, key = before or (_END, "", "")
    place = {"before_since": since, "before_identity": key, "before_kind": kind}
    rows = await tx.all("suppressions_listed", **place, most=PAGE + 1)
    return [suppressions.suppression_of(row) for row in rows]


async def held_events(tx: Tx, state: str) -> list[HeldEvent]:
    """Events that are `waiting` or `quarantined`, the oldest first."""
    rows = await tx.all("events_held", state=state, most=PAGE + 1)
    return [HeldEvent(*(row[name] for name in HeldEvent.__dataclass_fields__)) for row in rows]


async def held_mails(tx: Tx, state: str) -> list[HeldMail]:
    """Mails that came in and are `waiting` or `quarantined`, the oldest first."""
    rows = await tx.all("inbox_held", state=state, most=PAGE + 1)
    return [HeldMail(*(row[name] for name in HeldMail.__dataclass_fields__)) for row in rows]


async def in_quarantine(tx: Tx, source: str | None, reason: str | None, after: str, most: int) -> list[str]:
    """The ids of quarantined events behind `after`, of one account or reason where those are given, oldest first."""
    rows = await tx.all("events_in_quarantine", source=source, reason=reason, after=after, most=most)
    return [row["id"] for row in rows]


async def events_of_reason(tx: Tx, reason: str, most: int) -> list[str]:
    """The ids of quarantined events of that reason, the oldest first."""
    return [row["id"] for row in await tx.all("events_of_reason", reason=reason, most=most)]
