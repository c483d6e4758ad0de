"""A draft: everything about a document that is settled before it is issued, gathered from all tellings of a payment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from worker.core.email_address import identity
from worker.core.policy import Policy, is_invoiced_there, issuer_of
from worker.core.transaction import Customer, Issuer, Payment
from worker.store import customers, transactions
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.store.invoices import InvoiceRow
from worker.store.transactions import TransactionRow

_BUYER = tuple(Customer.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be issued, for whom, and where its receipt goes; what is `imported` is history.

    `invoiced_there`: the provider is known to invoice it, where we don't.
    """

    telling: TransactionRow
    customer_id: str
    recipient: str
    buyer: Customer
    issuer: Issuer
    sale: InvoiceRow | None
    imported: bool = False
    invoiced_there: bool = True


async def make_draft(tx: Tx, due: TransactionRow, sale: InvoiceRow | None, policy: Policy) -> Draft | None:
    """The draft of a payment's or refund's document, or None while no address is known."""
    tellings = sorted(await transactions.of_payment(tx, due.payment_id), key=_fullness, reverse=True)
    customer = await _customer(tx, tellings, sale)
    if customer is None or customer.email is None:
        return None
    recipient = await _recipient(tx, tellings, customer, customer.email)
    return _draft(tellings, sale, (customer, recipient), policy)


def draft_alone(telling: TransactionRow, customer: CustomerRow, policy: Policy) -> Draft:
    """The draft of a payment of which this is all that was told, at the customer's own address."""
    assert customer.email is not None, "whose payment stands alone has an address"
    return _draft([telling], None, (customer, customer.email), policy)


def _draft(
    tellings: Sequence[TransactionRow], sale: InvoiceRow | None, whom: tuple[CustomerRow, str], policy: Policy
) -> Draft:
    """Of all that was told, the fullest first, for a customer at an address."""
    (customer, recipient), fullest = whom, tellings[0]
    # Who told of it first decides: what was imported before anybody told it live is history, and the other way round.
    imported = any(each.imported for each in tellings if each.id == each.payment_id)
    # Only who invoiced a sale can correct it.
    issuer = sale.frozen.issuer if sale is not None else issuer_of(fullest.told, fullest.source, policy)
    payment, telling = _payment(tellings), fullest
    if payment is not fullest.told.payment:
        telling = replace(fullest, told=replace(fullest.told, payment=payment))
    there = [is_invoiced_there(each.told, each.source, policy) for each in tellings]
    return Draft(
        telling=telling,
        customer_id=customer.id,
        recipient=recipient,
        buyer=_buyer(tellings, customer, recipient),
        issuer=Issuer.PROVIDER if imported else issuer,
        sale=sale,
        imported=imported,
        invoiced_there=sale.frozen.invoiced_there if sale is not None else any(there),
    )


def _fullness(telling: TransactionRow) -> tuple[bool, ...]:
    told = telling.told
    return (
        bool(told.lines),
        bool(told.invoice.number),
        told.customer.address is not None,
        told.customer.email is not None,
    )


async def _customer(tx: Tx, tellings: Sequence[TransactionRow], sale: InvoiceRow | None) -> CustomerRow | None:
    """Whose payment it is: a refund that says nothing belongs to its sale's customer."""
    known = [telling.customer_id for telling in tellings if telling.customer_id is not None]
    customer_id = known[0] if known else sale.customer_id if sale is not None else None
    return await customers.by_id(tx, customer_id) if customer_id is not None else None


async def _recipient(tx: Tx, tellings: Sequence[TransactionRow], customer: CustomerRow, current: str) -> str:
    """The address this payment was made with, unless the customer has replaced it meanwhile."""
    told = next((t.told.customer.email for t in tellings if t.told.customer.email is not None), None)
    if told is None or identity(told) == identity(current):
        return current
    retired = {identity(each.address) for each in await customers.emails(tx, customer.id) if each.retired_at}
    return current if identity(told) in retired else told


def _buyer(tellings: Sequence[TransactionRow], customer: CustomerRow, recipient: str) -> Customer:
    """What the fullest telling said of the customer, its gaps filled from the others and then from the profile."""
    told, *others = (telling.told.customer for telling in tellings)
    said: dict[str, Any] = {} if told.email == recipient else {"email": recipient}
    for more in [*others, customers.as_told(customer)]:
        said |= {name: found for name in _BUYER if not getattr(told, name) and (found := getattr(more, name))} | said
    return replace(told, **said) if said else told


def _payment(tellings: Sequence[TransactionRow]) -> Payment:
    """How it was paid, from the fullest telling that knows it: invoices and sessions don't, their charge does."""
    told = [telling.told.payment for telling in tellings]
    by_card = (payment for payment in told if payment.last4)
    by_name = (payment for payment in told if payment.brand or payment.method)
    known = next(by_card, None) or next(by_name, told[0])
    return known if known.references == told[0].references else replace(known, references=told[0].references)
