"""Paddle's customers, their addresses and businesses: three entities that are one customer to us.

What is emptied or archived there forgets nothing here.
"""

from typing import Final

from worker.core.transaction import Address, Customer, Kind, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.picking import Pick, called, made, required

OF_CUSTOMERS: Final = ("customer.created", "customer.updated", "customer.imported")
OF_ADDRESSES: Final = ("address.created", "address.updated", "address.imported")
OF_BUSINESSES: Final = ("business.created", "business.updated", "business.imported")


def read(event: Pick, told_at: int) -> Reading:
    """The customer's email, name and language, from any of `OF_CUSTOMERS`."""
    return _told(event, told_at, customer_of(event["data"]))


def read_address(event: Pick, told_at: int) -> Reading:
    """An address of the customer's, from any of `OF_ADDRESSES`; the first that is told fills the profile."""
    told = event["data"]
    found = address_of(told)
    if found is None or told["status"].value == "archived":
        return Ignored("an address that is empty or not in use any more")
    return _told(event, told_at, Customer(ref=required(told["customer_id"], Pick.reference), address=found))


def read_business(event: Pick, told_at: int) -> Reading:
    """A business that the customer buys for, from any of `OF_BUSINESSES`."""
    told = event["data"]
    if told["status"].value == "archived":
        return Ignored("a business that is not in use any more")
    customer = Customer(
        ref=required(told["customer_id"], Pick.reference),
        company=told["name"].text(),
        tax_id=told["tax_identifier"].text(),
    )
    return _told(event, told_at, customer)


def stands(told: Pick, asked_at: int) -> Transaction:
    """The customer by the API's own entity, under an id that is made of what it says."""
    return _stands(told, told["updated_at"].iso_moment() or asked_at, customer_of(told))


def placed(told: Pick, asked_at: int) -> Transaction | None:
    """An address or a business by the API's own entity; None where it says nothing."""
    address = address_of(told)
    business = {"company": told["name"].text(), "tax_id": told["tax_identifier"].text()}
    if address is None and not any(business.values()):
        return None
    customer = Customer(ref=required(told["customer_id"], Pick.reference), address=address, **business)
    return _stands(told, told["updated_at"].iso_moment() or asked_at, customer)


def customer_of(told: Pick) -> Customer:
    """The customer of Paddle's entity."""
    return made(
        told["email"],
        Customer,
        email=told["email"].text(),
        ref=required(told["id"], Pick.reference),
        name=told["name"].text(),
        locale=told["locale"].locale(),
    )


def address_of(told: Pick) -> Address | None:
    """The postal address of Paddle's entity, None where nothing of it is known."""
    found = Address(
        line1=told["first_line"].text(),
        line2=told["second_line"].text(),
        city=told["city"].text(),
        region=told["region"].text(),
        postal_code=told["postal_code"].text(),
        country=told["country_code"].country(),
    )
    return None if found == Address() else found


def _stands(told: Pick, at: int, customer: Customer) -> Transaction:
    name = required(told["id"], Pick.reference)
    return called(made(told, Transaction, id=name, kind=Kind.CUSTOMER_CHANGED, occurred_at=at, customer=customer), name)


def _told(event: Pick, told_at: int, customer: Customer) -> Reading:
    transaction = made(
        event,
        Transaction,
        id=required(event["event_id"], Pick.reference),
        kind=Kind.CUSTOMER_CHANGED,
        occurred_at=told_at,
        customer=customer,
    )
    return Told((transaction,))
