"""Stripe's invoices that aren't paid: one whose payment failed, and one that is coming.

Two events can announce one payment (`invoice.upcoming` and the end of a trial): they share an id, which is made of the
subscription and the moment when its period closes.
"""

from dataclasses import replace

from worker.core.announcement import Announcement, Matter
from worker.core.instant import SECOND
from worker.core.transaction import ExternalInvoice, Kind, Subscription, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.picking import Amounts, Pick, made, required
from worker.sources.stripe_invoice import customer_of, subscription_of
from worker.sources.stripe_shapes import is_test, money_of


def read_failed(event: Pick, told_at: int) -> Reading:
    """A payment that failed, from `invoice.payment_failed`, with the page where it can be paid and the next try."""
    invoice = event["data"]["object"]
    money = money_of(invoice)
    transaction = made(
        invoice,
        Transaction,
        id=required(event["id"], Pick.reference),
        kind=Kind.PAYMENT_FAILED,
        occurred_at=told_at,
        currency=money.currency,
        customer=customer_of(invoice),
        test=is_test(event),
        subscription=_tried_again(invoice, money, told_at),
        invoice=ExternalInvoice(number=invoice["number"].reference(), url=invoice["hosted_invoice_url"].page()),
    )
    return Told((transaction,))


def _tried_again(invoice: Pick, money: Amounts, told_at: int) -> Subscription | None:
    plan = subscription_of(invoice, told_at)
    if plan is None or invoice["billing_reason"].value == "subscription_create":
        return None  # a first payment that failed began nothing
    again, remaining = invoice["next_payment_attempt"].moment(), money.of(invoice["amount_remaining"])
    owed = money.of(invoice["amount_due"]) if remaining is None else remaining
    return replace(plan, next_payment_at=again, next_amount=owed if again is not None and (owed or 0) > 0 else None)


def read_upcoming(event: Pick, told_at: int) -> Reading:
    """A payment that is coming, from `invoice.upcoming`: a preview, and in most API versions without an id."""
    invoice = event["data"]["object"]
    money = money_of(invoice)
    if invoice["collection_method"].value == "send_invoice" or invoice["billing"].value == "send_invoice":
        return Ignored("an invoice will be sent, and nothing is taken by itself")
    amount = money.required(invoice["amount_due"])
    if amount <= 0:
        return Ignored("nothing will be taken")
    plan, customer, closes_at = subscription_of(invoice, told_at), customer_of(invoice), invoice["period_end"].moment()
    due_at = invoice["next_payment_attempt"].moment() or invoice["due_date"].moment() or closes_at
    of = customer.ref if plan is None else plan.ref
    announcement = Announcement(
        id=upcoming_id(of or invoice["customer"].refuse("is missing"), closes_at or due_at or told_at),
        matter=Matter.UPCOMING_PAYMENT,
        occurred_at=told_at,
        customer=customer,
        due_at=due_at,
        amount=amount,
        currency=money.currency,
        subscription=None if plan is None else plan.ref,
        test=is_test(event),
    )
    return Told((), announced=(announcement,))


def upcoming_id(of: str, closes_at: int) -> str:
    """What a payment is called that is taken once the period that runs now closes, by its subscription or customer."""
    return f"{of}:upcoming:{closes_at // SECOND}"
