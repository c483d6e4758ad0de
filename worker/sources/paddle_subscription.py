"""Paddle's subscriptions as they change: by their events, and as the API tells of them.

A pause that is scheduled is told as paused: the period goes on, and nobody is charged. The price is told only where the
prices hold all of it: no tax on top, no discount, no other price in other countries. A line of nothing names what it is
a subscription to, for a trial has no payment yet that would.
"""

from collections.abc import Sequence
from typing import Final

from worker.core.transaction import Customer, Kind, Line, Subscription, Transaction
from worker.sources.event import Reading, Told
from worker.sources.paddle_shapes import cycle_of, first_cycle, money_of, named
from worker.sources.picking import Amounts, Pick, called, made, required

EVENTS: Final = tuple(
    f"subscription.{what}"
    for what in ("created", "activated", "trialing", "updated", "past_due", "paused", "resumed", "canceled", "imported")
)
_STATUSES: Final = {
    "trialing": "trialing",
    "active": "active",
    "past_due": "past_due",
    "paused": "paused",
    "canceled": "cancelled",
}


def read(event: Pick, told_at: int) -> Reading:
    """How the subscription stands, from any of `EVENTS`."""
    return Told((_told(event["data"], required(event["event_id"], Pick.reference), told_at),))


def stands(told: Pick, asked_at: int) -> Transaction:
    """How it stands by the API's own entity, under an id that is made of what it says."""
    name = required(told["id"], Pick.reference)
    return called(_told(told, name, told["updated_at"].iso_moment() or asked_at), name)


def _told(told: Pick, name: str, told_at: int) -> Transaction:
    money, items = money_of(told), told["items"].each()
    return made(
        told,
        Transaction,
        id=name,
        kind=Kind.SUBSCRIPTION_CHANGED,
        occurred_at=told_at,
        currency=money.currency,
        total=0,
        customer=Customer(ref=told["customer_id"].reference()),
        lines=_name(items),
        subscription=_subscription(told, items, money),
    )


def _name(items: Sequence[Pick]) -> tuple[Line, ...]:
    names = [name for item in items if (name := named(item["product"], item["price"]))]
    return (made(items[0], Line, description=names[0], quantity=1, unit_amount=0),) if names else ()


def _subscription(told: Pick, items: Sequence[Pick], money: Amounts) -> Subscription:
    change = told["scheduled_change"]
    action, at = change["action"].text(), change["effective_at"].iso_moment()
    status = _status(told, action)
    cycle = cycle_of(told["billing_cycle"])
    interval, count = cycle if cycle[0] else first_cycle([item["price"] for item in items])
    ends = status == "cancelled"
    return made(
        told,
        Subscription,
        ref=required(told["id"], Pick.reference),
        interval=interval,
        interval_count=count,
        status=status,
        next_payment_at=None if ends else _next_payment(told, action),
        next_amount=None if ends else _amount(told, items, money),
        cancel_at=at if action == "cancel" and not ends else None,
    )


def _status(told: Pick, action: str | None) -> str:
    word = required(told["status"], Pick.text)
    status = _STATUSES.get(word) or told["status"].refuse("is no status of a subscription that we know")
    return "paused" if action == "pause" and status in ("trialing", "active") else status


def _next_payment(told: Pick, action: str | None) -> int | None:
    change = told["scheduled_change"]
    match action:
        case "pause":
            return change["resume_at"].iso_moment()
        case "resume":
            return change["effective_at"].iso_moment()
        case _:
            return told["next_billed_at"].iso_moment()


def _amount(told: Pick, items: Sequence[Pick], money: Amounts) -> int | None:
    """What each payment costs, None where the prices alone don't say it."""
    recurring = [item for item in items if item["recurring"].value is not False]
    if not recurring or told["discount"].value or not all(_holds_all(item["price"], money) for item in recurring):
        return None
    return sum(
        money.required(item["price"]["unit_price"]["amount"]) * (item["quantity"].whole() or 1) for item in recurring
    )


def _holds_all(price: Pick, money: Amounts) -> bool:
    same = price["unit_price"]["currency_code"].value == money.currency
    return same and price["tax_mode"].value == "internal" and not price["unit_price_overrides"].value
