"""Stripe's customers: who they are now. What is emptied there forgets nothing here."""

from worker.core.transaction import Customer, Kind, Transaction
from worker.sources.event import Reading, Told
from worker.sources.picking import Pick, made, required
from worker.sources.stripe_shapes import customer, is_test

EVENTS = ("customer.created", "customer.updated", "customer.deleted")
OF_TAX_IDS = ("customer.tax_id.created", "customer.tax_id.updated")


def read(event: Pick, told_at: int) -> Reading:
    """The customer's details, from any of `EVENTS`."""
    changed = event["data"]["object"]
    return _told(event, told_at, customer(changed, changed["id"]))


def read_tax_id(event: Pick, told_at: int) -> Reading:
    """The customer's tax id, which is an object of its own, from any of `OF_TAX_IDS`."""
    tax_id = event["data"]["object"]
    whose = required(tax_id["customer"], Pick.reference)
    return _told(event, told_at, Customer(ref=whose, tax_id=required(tax_id["value"], Pick.text)))


def _told(event: Pick, told_at: int, whose: Customer) -> Reading:
    transaction = made(
        event,
        Transaction,
        id=required(event["id"], Pick.reference),
        kind=Kind.CUSTOMER_CHANGED,
        occurred_at=told_at,
        customer=whose,
        test=is_test(event),
    )
    return Told((transaction,))
