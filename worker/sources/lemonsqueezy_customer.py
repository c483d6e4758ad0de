"""Lemon Squeezy's customers: who they are now, by their event and by the API."""

from typing import Final

from worker.core.transaction import Address, Customer, Kind, Transaction
from worker.sources.event import Reading, Told
from worker.sources.lemonsqueezy_shapes import id_of, is_test
from worker.sources.picking import Pick, called, made, required

EVENTS: Final = ("customer_created", "customer_updated")


def read(event: Pick, told_at: int) -> Reading:
    """The customer's details, from any of `EVENTS`."""
    return Told((stands(event, told_at),))


def stands(event: Pick, told_at: int) -> Transaction:
    """Who it is, under an id that is made of what it says: `event` is an event, or an answer of the API."""
    told = event["data"]
    name = id_of(told, "customer")
    transaction = Transaction(
        id=name,
        kind=Kind.CUSTOMER_CHANGED,
        occurred_at=told["attributes"]["updated_at"].iso_moment() or told_at,
        customer=customer_of(told),
        test=is_test(event),
    )
    return called(transaction, name)


def customer_of(told: Pick) -> Customer:
    """The customer of Lemon Squeezy's object."""
    known = told["attributes"]
    address = Address(city=known["city"].text(), region=known["region"].text(), country=known["country"].country())
    return made(
        known["email"],
        Customer,
        email=known["email"].text(),
        ref=required(told["id"], Pick.reference),
        name=known["name"].text(),
        address=None if address == Address() else address,
    )
