"""PayPal's captures (the payments of orders) and their refunds: how much was paid, but not for what, nor by whom.

A reversal is told as a refund is: the money is the customer's again, whoever decided that.
"""

from worker.core.transaction import Customer, Kind, Payment, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.paypal_shapes import is_test, linked, moment_of, money_of, references
from worker.sources.picking import Pick, made, required

METHOD = "paypal"


def read(event: Pick, received_at: int) -> Reading:
    """A sale without lines from `PAYMENT.CAPTURE.COMPLETED`."""
    capture = event["resource"]
    money, total = money_of(capture["amount"])
    if total == 0:
        return Ignored("no money was captured")
    capture_id, order_id = required(capture["id"], Pick.reference), order_of(capture)
    transaction = made(
        capture,
        Transaction,
        id=capture_id,
        kind=Kind.SALE,
        occurred_at=moment_of(capture["create_time"], event["create_time"]) or received_at,
        currency=money.currency,
        total=total,
        customer=Customer(ref=order_id),
        test=is_test(event),
        payment=Payment(method=METHOD, references=references(capture_id)),
    )
    return Told((transaction,))


def read_refund(event: Pick, received_at: int) -> Reading:
    """What was given back, from `PAYMENT.CAPTURE.REFUNDED` or `.REVERSED`."""
    refund = event["resource"]
    related = refund["supplementary_data"]["related_ids"]
    capture_id = linked(refund, "captures", "up") or related["capture_id"].reference()
    return given_back(event, capture_id, received_at)


def given_back(event: Pick, paid: str | None, received_at: int) -> Reading:
    """A refund of the payment `paid`."""
    refund = event["resource"]
    if paid is None:
        refund["links"].refuse("name no payment, so nothing says what was given back")
    money, total = money_of(refund["amount"])
    if total == 0:
        return Ignored("no money was given back")
    refund_id = required(refund["id"], Pick.reference)
    transaction = made(
        refund,
        Transaction,
        id=refund_id,
        kind=Kind.REFUND,
        occurred_at=moment_of(refund["create_time"], event["create_time"]) or received_at,
        currency=money.currency,
        total=abs(total),  # the older shape has refunds below zero
        test=is_test(event),
        payment=Payment(method=METHOD, references=references(refund_id)),
        refund_of=paid,
    )
    return Told((transaction,))


def order_of(capture: Pick) -> str | None:
    """The order that a capture belongs to."""
    return capture["supplementary_data"]["related_ids"]["order_id"].reference() or linked(capture, "orders", "up")
