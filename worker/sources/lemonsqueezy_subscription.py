"""Lemon Squeezy's subscriptions as they change: by their events, and as the API tells of them.

"cancelled" there means that it won't be renewed; it runs until `ends_at`, and is "expired" then. What it costs and how
often, only its variant knows, which no event carries. A line of nothing names what it is a subscription to.
"""

from typing import Final

from worker.core.transaction import Kind, Line, Subscription, Transaction
from worker.sources.event import Reading, Told
from worker.sources.lemonsqueezy_invoice import first_of
from worker.sources.lemonsqueezy_order import named
from worker.sources.lemonsqueezy_shapes import customer_of, id_of, is_test
from worker.sources.picking import Pick, called, made, required

EVENTS: Final = tuple(
    f"subscription_{what}"
    for what in ("created", "updated", "cancelled", "resumed", "expired", "paused", "unpaused", "plan_changed")
)
_STATUSES: Final = {
    "on_trial": "trialing",
    "active": "active",
    "paused": "paused",
    "past_due": "past_due",
    "unpaid": "past_due",
    "expired": "cancelled",
}


def read(event: Pick, told_at: int) -> Reading:
    """How the subscription stands, from any of `EVENTS`, and which order began it."""
    told = event["data"]
    order = told["attributes"]["order_id"].reference()
    linked = (f"order:{order}", first_of(required(told["id"], Pick.reference))) if order else ()
    return Told((stands(event, told_at),), linked=linked)


def stands(event: Pick, told_at: int) -> Transaction:
    """How it stands, under an id that is made of what it says: `event` is an event, or an answer of the API."""
    told = event["data"]
    at = told["attributes"]["updated_at"].iso_moment() or told_at
    name = id_of(told, "subscription")
    transaction = made(
        told,
        Transaction,
        id=name,
        kind=Kind.SUBSCRIPTION_CHANGED,
        occurred_at=at,
        total=0,
        customer=customer_of(told),
        lines=_name(told["attributes"]),
        test=is_test(event),
        subscription=_subscription(told, at),
    )
    return called(transaction, name)


def _name(told: Pick) -> tuple[Line, ...]:
    name = named(told["product_name"].text(), told["variant_name"].text())
    return (made(told, Line, description=name, quantity=1, unit_amount=0),) if name else ()


def _subscription(told: Pick, at: int) -> Subscription:
    known = told["attributes"]
    status, ends = _status(known, at), known["ends_at"].iso_moment()
    over = status == "cancelled"
    return made(
        told,
        Subscription,
        ref=required(told["id"], Pick.reference),
        status=status,
        next_payment_at=None if over or ends is not None else _next_payment(known, status),
        cancel_at=None if over else ends,
    )


def _status(known: Pick, at: int) -> str:
    word = required(known["status"], Pick.text)
    if word == "cancelled":
        ends = known["ends_at"].iso_moment()
        if ends is None or ends <= at:
            return "cancelled"
        return "trialing" if (known["trial_ends_at"].iso_moment() or 0) > at else "active"
    return _STATUSES.get(word) or known["status"].refuse("is no status of a subscription that we know")


def _next_payment(known: Pick, status: str) -> int | None:
    if status == "paused":
        return known["pause"]["resumes_at"].iso_moment()
    return known["renews_at"].iso_moment()
