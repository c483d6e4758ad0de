"""PayPal's sales: the payments of subscriptions, and of shops with its older interface.

Which payment of a subscription is its first they don't say: all are told as renewals, and the activation tells the
first one as the sale it is (see `paypal_subscription`).
"""

from worker.core.transaction import Customer, Kind, Payment, Subscription, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.paypal_capture import METHOD, given_back
from worker.sources.paypal_shapes import around, is_test, linked, moment_of, money_of, references
from worker.sources.picking import Pick, made, required


def read(event: Pick, received_at: int) -> Reading:
    """A renewal, or a sale that belongs to no subscription, from `PAYMENT.SALE.COMPLETED`; both without lines."""
    sale = event["resource"]
    money, total = money_of(sale["amount"])
    if total == 0:
        return Ignored("no money was paid")
    sale_id, plan = required(sale["id"], Pick.reference), _subscription(sale)
    at = moment_of(sale["create_time"], event["create_time"]) or received_at
    joined = around(plan.ref, at, total) if plan is not None else ()
    transaction = made(
        sale,
        Transaction,
        id=sale_id,
        kind=Kind.SALE if plan is None else Kind.RENEWAL,
        occurred_at=at,
        currency=money.currency,
        total=total,
        customer=Customer(ref=sale["parent_payment"].reference() if plan is None else plan.ref),
        test=is_test(event),
        payment=Payment(method=METHOD, references=references(sale_id, *joined)),
        subscription=plan,
    )
    return Told((transaction,))


def read_refund(event: Pick, received_at: int) -> Reading:
    """What was given back, from `PAYMENT.SALE.REFUNDED` or `.REVERSED`."""
    refund = event["resource"]
    sale_id = refund["sale_id"].reference() or linked(refund, "sale", "sale")
    return given_back(event, sale_id, received_at)


def read_denied(event: Pick, received_at: int) -> Reading:
    """A payment that failed, from `PAYMENT.SALE.DENIED`, where it is one of a subscription."""
    sale = event["resource"]
    plan = _subscription(sale)
    if plan is None:
        return Ignored("it was not paid: nothing was bought")
    money, _ = money_of(sale["amount"])
    transaction = made(
        sale,
        Transaction,
        id=required(event["id"], Pick.reference),
        kind=Kind.PAYMENT_FAILED,
        occurred_at=moment_of(sale["update_time"], sale["create_time"], event["create_time"]) or received_at,
        currency=money.currency,
        customer=Customer(ref=plan.ref),
        subscription=plan,
        test=is_test(event),
    )
    return Told((transaction,))


def _subscription(sale: Pick) -> Subscription | None:
    ref = sale["billing_agreement_id"].reference()
    return Subscription(ref=ref, status=None) if ref else None
