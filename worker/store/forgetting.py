"""What need not be kept any longer, removed in small steps.

Rules: what is unsettled, quarantined or waits for a decision stays, however old; so do documents, transactions, the
audit, and the row of an event, which makes the same one told again a duplicate.
"""

from dataclasses import dataclass
from enum import StrEnum

from worker.clock import ordered_id
from worker.core.instant import DAY
from worker.store import announcements
from worker.store.engine import Tx

ACCESS_DAYS = 30
"""Requests for links, links and sessions: so long after their end somebody may still ask who was in."""


class Forgettable(StrEnum):
    """What is forgotten, in this order: what refers to a link goes before the link."""

    MAILS = "mails"
    EVENTS = "events"
    ANNOUNCEMENTS = "announcements"
    ATTEMPTS = "attempts"
    ACTION_ATTEMPTS = "action_attempts"
    DECLARATIONS = "declarations"
    SESSIONS = "sessions"
    REQUESTS = "requests"
    LINKS = "links"
    MERCHANT_SESSIONS = "merchant_sessions"
    MERCHANT_REQUESTS = "merchant_requests"
    MERCHANT_LINKS = "merchant_links"


@dataclass(frozen=True, slots=True)
class Retention:
    """Days after which raw mails, raw events (and whom they announced something of), attempts at relays and providers,
    and declarations are forgotten.
    """

    raw_mail_days: int
    raw_event_days: int
    attempt_days: int
    declaration_days: int


_BY_AGE = {
    Forgettable.SESSIONS: "forget_sessions",
    Forgettable.REQUESTS: "forget_link_requests",
    Forgettable.LINKS: "forget_links",
    Forgettable.MERCHANT_SESSIONS: "forget_merchant_sessions",
    Forgettable.MERCHANT_REQUESTS: "forget_merchant_requests",
    Forgettable.MERCHANT_LINKS: "forget_merchant_links",
}


async def claim_round(tx: Tx, now: int, every: int) -> bool:
    """Whether it is time for a round, and this process the one to do it. `every` is microseconds."""
    return await tx.one("milestone_claim", name="forgetting", now=now, before=now - every) is not None


async def forget_some(tx: Tx, what: Forgettable, retention: Retention, now: int, most: int) -> int:
    """Forget the oldest `most` of that at most; returns how many there were."""
    match what:
        case Forgettable.MAILS:
            rows = await tx.all("forget_mails", before=now - retention.raw_mail_days * DAY, most=most)
        case Forgettable.EVENTS:
            before = now - retention.raw_event_days * DAY
            rows = await tx.all("forget_events", before=before, most=most, now=now, nothing=b"")
        case Forgettable.ANNOUNCEMENTS:
            return await announcements.forget(tx, now - retention.raw_event_days * DAY, most, now)
        case Forgettable.ATTEMPTS:
            before_id = ordered_id(max(0, now - retention.attempt_days * DAY), 0)
            rows = await tx.all("forget_attempts", before_id=before_id, most=most)
        case Forgettable.ACTION_ATTEMPTS:
            before_id = ordered_id(max(0, now - retention.attempt_days * DAY), 0)
            rows = await tx.all("forget_action_attempts", before_id=before_id, most=most)
        case Forgettable.DECLARATIONS:
            before = now - retention.declaration_days * DAY
            before_id = ordered_id(max(0, before), 0)
            rows = await tx.all("forget_declarations", before=before, before_id=before_id, most=most)
        case _:
            rows = await tx.all(_BY_AGE[what], before=now - ACCESS_DAYS * DAY, most=most)
    return len(rows)


async def forget_allowances(tx: Tx, now: int) -> None:
    """Allowances that are whole again."""
    await tx.run("allowances_forget", now=now)
