"""Find or make the customer whom a transaction speaks of.

Rules: the source's own reference decides first, then the exact purchase email; only empty profile fields are filled, so
no stranger's purchase rewrites a profile and no renewal undoes an email change.
"""

from worker.core.email_address import identity
from worker.core.fresh import Fresh
from worker.core.transaction import Customer
from worker.store import customers, transactions
from worker.store.customers import CustomerRow
from worker.store.engine import Tx

_PROFILE = ("name", "company", "tax_id", "phone", "locale", "address")


async def recognise_customer(tx: Tx, source: str, told: Customer, fresh: Fresh) -> str | None:
    """The customer's id, or None where nothing tells who it is."""
    if told.ref is None and told.email is None:
        return None
    customer = await _find_or_make(tx, source, told, fresh)
    if told.email is not None and identity(customer.email or "") != identity(told.email):
        customer = await _add_email(tx, customer, told.email, fresh)
    if _fills(customer, told):
        await customers.fill(tx, customer.id, told)
    return customer.id


def adds_to(customer: CustomerRow, told: Customer) -> bool:
    """Whether what is told of a known customer says more than is known."""
    other_email = told.email is not None and identity(customer.email or "") != identity(told.email)
    return other_email or _fills(customer, told)


async def _find_or_make(tx: Tx, source: str, told: Customer, fresh: Fresh) -> CustomerRow:
    if told.ref is not None:
        known = await customers.by_ref(tx, source, told.ref)
        if known is not None:
            return known
    known = await customers.by_email(tx, told.email) if told.email is not None else None
    if known is None:
        return await _make(tx, source, told, fresh)
    if told.ref is None:
        return known
    owner = await customers.claim_ref(tx, source, told.ref, known.id)
    return known if owner == known.id else await _must(tx, owner)


async def _make(tx: Tx, source: str, told: Customer, fresh: Fresh) -> CustomerRow:
    """A new customer, or whom another process made of the same at this very moment."""
    made = await customers.make(tx, fresh.new_id(), told, fresh.now)
    if told.ref is not None:
        owner = await customers.claim_ref(tx, source, told.ref, made.id)
        if owner != made.id:
            await customers.delete(tx, made.id)
            return await _must(tx, owner)
    if told.email is not None:
        owner = await customers.claim_email(tx, told.email, made.id, fresh.now)
        if owner != made.id:
            await customers.merge(tx, made.id, owner)
            return await _must(tx, owner)
    return made


async def _add_email(tx: Tx, customer: CustomerRow, address: str, fresh: Fresh) -> CustomerRow:
    owner = await customers.claim_email(tx, address, customer.id, fresh.now)
    if owner == customer.id:
        if customer.email is None:
            await customers.set_email(tx, customer.id, address)
            await transactions.wake_for_address(tx, customer.id, fresh.now)
        return customer
    if customer.email is not None:
        return customer  # the source's reference decides; the other customer keeps the address
    await customers.merge(tx, customer.id, owner)
    await customers.fill(tx, owner, customers.as_told(customer))
    await transactions.wake_for_address(tx, owner, fresh.now)
    return await _must(tx, owner)


async def _must(tx: Tx, customer_id: str) -> CustomerRow:
    customer = await customers.by_id(tx, customer_id)
    assert customer is not None, "a reference or email points to a customer"
    return customer


def _fills(customer: CustomerRow, told: Customer) -> bool:
    return any(getattr(told, field) and not getattr(customer, field) for field in _PROFILE)
