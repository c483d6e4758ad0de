"""Paddle's adjustments: what is given back, credited or disputed after a transaction was completed.

Only an approved refund is money back. A credit lowers what is owed or is kept as balance. A chargeback is the bank's
doing, and is the merchant's to know.
"""

from typing import Final

from worker.core.announcement import Announcement, Matter
from worker.core.transaction import Customer, Kind, Payment, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.paddle_shapes import money_of
from worker.sources.picking import Pick, made, required

EVENTS: Final = ("adjustment.created", "adjustment.updated")
_DISPUTES: Final = ("chargeback", "chargeback_warning")
_WHY_NOT: Final = {
    "pending_approval": "the refund waits for Paddle's approval",
    "rejected": "Paddle rejected it, so nothing was given back",
    "reversed": "it was reversed, so nothing changes hands",
}


def read(event: Pick, told_at: int) -> Reading:
    """A refund or a dispute, from any of `EVENTS`."""
    told = event["data"]
    action, status = required(told["action"], Pick.text), required(told["status"], Pick.text)
    if action not in ("refund", *_DISPUTES):
        return Ignored(f"{action}: no money goes back to the customer")
    if status != "approved":
        return Ignored(_WHY_NOT.get(status) or told["status"].refuse("is no status of an adjustment that we know"))
    # Never the event's own time where it can be helped: the same is told by `created`, `updated` and the API's list.
    at = told["created_at"].iso_moment() or told_at
    return _refund(told, at) if action == "refund" else _dispute(told, action, at)


def _refund(told: Pick, at: int) -> Reading:
    money, name = money_of(told), required(told["id"], Pick.reference)
    total = money.required(told["totals"]["total"])
    if total == 0:
        return Ignored("nothing was given back")
    transaction = made(
        told,
        Transaction,
        id=name,
        kind=Kind.REFUND,
        occurred_at=at,
        currency=money.currency,
        total=total,
        customer=Customer(ref=told["customer_id"].reference()),
        payment=Payment(references=(name,)),
        refund_of=required(told["transaction_id"], Pick.reference),
    )
    return Told((transaction,))


def _dispute(told: Pick, action: str, at: int) -> Reading:
    money = money_of(told)
    announcement = Announcement(
        id=required(told["id"], Pick.reference),
        matter=Matter.DISPUTE,
        occurred_at=at,
        customer=Customer(ref=told["customer_id"].reference()),
        amount=money.required(told["totals"]["total"]),
        currency=money.currency,
        subscription=told["subscription_id"].reference(),
        payment=told["transaction_id"].reference(),
        reason=action.replace("_", " "),
    )
    return Told((), announced=(announcement,))
