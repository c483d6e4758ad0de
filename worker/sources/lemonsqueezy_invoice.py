"""Lemon Squeezy's subscription invoices: renewals, changes of plan in mid-period, and payments that failed.

They name no product and no order, so they are told without lines: the first waits for its order, which has them; of
the others the subscription is known by name.
"""

from worker.core.transaction import ExternalInvoice, Kind, Payment, Subscription, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.lemonsqueezy_order import refund
from worker.sources.lemonsqueezy_shapes import customer_of, id_of, is_test, money_of
from worker.sources.picking import Pick, called, made, required

_PAID = ("paid", "refunded", "partial_refund")


def read(event: Pick, told_at: int) -> Reading:
    """A payment from `subscription_payment_success` or `subscription_payment_recovered`."""
    told = event["data"]
    invoice = told["attributes"]
    status = required(invoice["status"], Pick.text)
    if status not in _PAID:
        return Ignored(f"the invoice is {status}: nothing is paid yet")
    money, name = money_of(told), id_of(told, "invoice")
    total = money.required(invoice["total"])
    if total == 0:
        return Ignored("nothing was paid: a trial, or a discount that covers it all")
    transaction = made(
        told,
        Transaction,
        id=name,
        kind=Kind.RENEWAL if invoice["billing_reason"].value == "renewal" else Kind.SALE,
        # Not when it was changed last: two event types for one payment must tell the same.
        occurred_at=invoice["created_at"].iso_moment() or told_at,
        currency=money.currency,
        total=total,
        customer=customer_of(told),
        test=is_test(event),
        payment=_payment(invoice, name),
        subscription=_subscription(invoice),
        invoice=ExternalInvoice(url=invoice["urls"]["invoice_url"].link()),
    )
    return Told((transaction,))


def read_failed(event: Pick, told_at: int) -> Reading:
    """A payment that failed, from `subscription_payment_failed`; four tries are made within two weeks."""
    told = event["data"]
    invoice = told["attributes"]
    name = id_of(told, "invoice")
    transaction = made(
        told,
        Transaction,
        id=name,
        kind=Kind.PAYMENT_FAILED,
        occurred_at=invoice["updated_at"].iso_moment() or told_at,
        currency=money_of(told).currency,
        customer=customer_of(told),
        test=is_test(event),
        subscription=_subscription(invoice),
    )
    return Told((called(transaction, f"{name}:failed"),))


def read_refund(event: Pick, told_at: int) -> Reading:
    """What was given back of a payment, from `subscription_payment_refunded`."""
    return refund(event, id_of(event["data"], "invoice"), told_at)


def first_of(subscription: str) -> str:
    """What a subscription's first payment is called, by those that don't know each other."""
    return f"first:{subscription}"


def _payment(invoice: Pick, name: str) -> Payment:
    begins, ref = invoice["billing_reason"].value == "initial", invoice["subscription_id"].reference()
    last4 = invoice["card_last_four"].matching("[0-9]{4}")
    return made(
        invoice,
        Payment,
        method="card" if last4 else None,
        brand=invoice["card_brand"].text(),
        last4=last4,
        references=(name, first_of(ref)) if begins and ref else (name,),
    )


def _subscription(invoice: Pick) -> Subscription | None:
    """What it is a payment of. How that stands it doesn't say."""
    ref = invoice["subscription_id"].reference()
    return Subscription(ref=ref, status=None) if ref else None
