"""What somebody must hear of beside what happened: a payment that is coming or failed, a card that ends, a payment in
dispute, a refund that came to nothing.
"""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import TypeAdapter

from worker.core.transaction import Customer, Kind, Transaction


class Matter(StrEnum):
    """What is announced. The first three concern the customer, the others the merchant."""

    UPCOMING_PAYMENT = "upcoming_payment"
    PAYMENT_FAILED = "payment_failed"
    CARD_EXPIRING = "card_expiring"
    DISPUTE = "dispute"
    REFUND_FAILED = "refund_failed"  # money that was said to be given back has not arrived


@dataclass(frozen=True, slots=True)
class Announcement:
    """One announcement; `id` is the teller's own id of it, and two with one id are the same.

    Times are UTC microseconds, `amount` is in minor units of `currency`. `due_at` is when the payment is taken, or is
    tried again, the card ends, or the dispute must be answered. `subscription` and `payment` are the provider's ids of
    what it is about, `url` a page of the provider's for whom it concerns.
    """

    id: str
    matter: Matter
    occurred_at: int
    customer: Customer
    due_at: int | None = None
    amount: int | None = None
    currency: str | None = None
    subscription: str | None = None
    payment: str | None = None
    reason: str | None = None
    url: str | None = None
    card_last4: str | None = None
    test: bool = False


ANNOUNCEMENT: TypeAdapter[Announcement] = TypeAdapter(Announcement)
"""Reads and writes an announcement's JSON."""


def of_failed(told: Transaction) -> Announcement | None:
    """What a payment that failed announces. None where it is for no subscription: whoever buys sees it fail."""
    if told.kind is not Kind.PAYMENT_FAILED or told.subscription is None:
        return None
    return Announcement(
        id=told.id,
        matter=Matter.PAYMENT_FAILED,
        occurred_at=told.occurred_at,
        customer=told.customer,
        due_at=told.subscription.next_payment_at,
        amount=told.subscription.next_amount,
        currency=told.currency,
        subscription=told.subscription.ref,
        url=told.invoice.url,
        test=told.test,
    )
