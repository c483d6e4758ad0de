"""An object of Stripe's API, read as the events read it that tell of it.

What changes (a customer, a subscription) is named by a print of what it says, so that another answer tells anew and the
same answer doesn't.
"""

import hashlib
import json

from worker.sources import stripe_customer, stripe_subscription
from worker.sources.event import Reading
from worker.sources.picking import Pick, required

_SUBSCRIPTION = (
    "status",
    "items",
    "plan",
    "current_period_end",
    "cancel_at",
    "cancel_at_period_end",
    "pause_collection",
)


def customer(told: Pick, asked_at: int, *, by: str = "") -> Reading:
    """Who a customer is. `by` is who asked, where the same answer to somebody else tells anew."""
    return stripe_customer.read(event_of(told, _printed(told, "name", "email", "address", "phone") + by), asked_at)


def subscription(told: Pick, asked_at: int, *, by: str = "") -> Reading:
    """How a subscription stands; one that ended does so since then."""
    event = event_of(told, _printed(told, *_SUBSCRIPTION) + by)
    return stripe_subscription.read(event, told["ended_at"].moment() or asked_at)


def event_of(told: Pick, event_id: str | None = None) -> Pick:
    """The event that would carry the object; it has no type, so nothing is announced by it."""
    return Pick({"id": event_id, "data": {"object": told.value}})


def _printed(told: Pick, *names: str) -> str:
    said = json.dumps([told[name].value for name in names], sort_keys=True, default=str)
    return f"{required(told['id'], Pick.reference)}:{hashlib.sha256(said.encode()).hexdigest()[:16]}"
