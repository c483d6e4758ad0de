"""Stripe's customers: who they are now. What is emptied there forgets nothing here."""

from worker.core.transaction import Kind, Transaction
from worker.sources.event import Reading, Told
from worker.sources.picking import Pick, made, required
from worker.sources.stripe_shapes import customer, is_test

EVENTS = ("customer.created", "customer.updated", "customer.deleted")


def read(event: Pick, told_at: int) -> Reading:
    """The customer's details, from any of `EVENTS`."""
    changed = event["data"]["object"]
    transaction = made(
        event,
        Transaction,
        id=required(event["id"], Pick.reference),
        kind=Kind.CUSTOMER_CHANGED,
        occurred_at=told_at,
        customer=customer(changed, changed["id"]),
        test=is_test(event),
    )
    return Told((transaction,))
