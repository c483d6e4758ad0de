"""Keep the payments of an imported group that stand alone, many with a few statements.

Rules: a payment stands alone where nothing that is kept, and nothing else in its group, has one of its names or may be
a telling of it, and its customer is new or as well known as it tells; it has nothing to join, to wake or to wait for.
Whatever else comes is entangled, and is taken in with all care afterwards. What is kept is asked once a group; where
another process was quicker, a UNIQUE constraint fails the group, whose tellings are then taken one by one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from worker.actions.accept_transaction import DRAWN_WITHIN, Telling, flag_of
from worker.actions.follow_subscription import follow_subscription
from worker.actions.issue_receipt import draw_alone
from worker.actions.join_payment import may_have_twin
from worker.actions.recognise_customer import adds_to
from worker.core.email_address import identity
from worker.core.fresh import Fresh
from worker.core.policy import Policy
from worker.core.transaction import Customer, Transaction, fingerprint
from worker.store import customers, invoices, payments, transactions
from worker.store.changes import Topic
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.store.payments import Family
from worker.store.transactions import NewTransaction, State, TransactionRow

Name = tuple[str, ...]
"""What may be another's too: of what kind it is, and how it is called."""


@dataclass(frozen=True, slots=True)
class Until:
    """Payments and refunds from `ends_at` on are left to their events (None: none are).

    With a `policy`, what has its lines and stands alone is drawn up at once; all else when all tellings are here.
    """

    ends_at: int | None = None
    policy: Policy | None = None

    def leaves(self, told: Transaction) -> bool:
        """Whether it is left to its event."""
        return told.kind.has_money and self.ends_at is not None and told.occurred_at >= self.ends_at


@dataclass(frozen=True, slots=True)
class _Alone:
    """A payment that stands alone; `makes` its customer, or finds them."""

    telling: Telling
    id: str
    customer: CustomerRow
    makes: bool


@dataclass(slots=True)
class _Kept:
    """What is kept of the things that a group names; grows with the group."""

    names: set[Name]
    customers: dict[Name, CustomerRow]
    entangled: set[Name]


async def keep_alone(tx: Tx, told: Sequence[Telling], until: Until, fresh: Fresh) -> set[int]:
    """Keep those that stand alone; returns which these are, counted from 0."""
    kept = await _look_up(tx, told)
    alone: dict[int, _Alone] = {}
    for number, telling in enumerate(told):
        found = None if until.leaves(telling.transaction) else _alone(telling, kept, fresh)
        if found is not None and (found.makes or not await _has_twin(tx, found)):
            alone[number] = found
            _add(found, kept)
        else:
            _entangle(telling.transaction, kept)
    if alone:
        await _keep(tx, list(alone.values()), until.policy, fresh)
    return set(alone)


async def _look_up(tx: Tx, told: Sequence[Telling]) -> _Kept:
    """A group is one account's: all its tellings have one source."""
    source, all_told = told[0].source if told else "", [telling.transaction for telling in told]
    ids, references = [each.id for each in all_told], [name for each in all_told for name in each.payment.references]
    refs = {each.customer.ref for each in all_told if each.customer.ref is not None}
    emails = {identity(each.customer.email) for each in all_told if each.customer.email is not None}
    awaited = await transactions.waited_for(tx, [*ids, *references])
    known_ids = awaited | await transactions.told_of(tx, source, ids)
    known_references = awaited | await payments.told_references(tx, references)
    by_ref, by_email = await customers.by_refs(tx, source, refs), await customers.by_emails(tx, emails)
    names: set[Name] = {("id", each) for each in known_ids} | {("reference", each) for each in known_references}
    known: dict[Name, CustomerRow] = {("ref", ref): row for ref, row in by_ref.items()}
    known |= {("email", address): row for address, row in by_email.items()}
    return _Kept(names, known, set())


def _alone(telling: Telling, kept: _Kept, fresh: Fresh) -> _Alone | None:
    told = telling.transaction
    names = {*_names(told), *_customer_names(told.customer)}
    if not told.kind.is_payment or told.total is None or names & kept.names or names & kept.entangled:
        return None
    found = [kept.customers.get(name) for name in _customer_names(told.customer)]
    customer = found[0] if found else None
    if customer is None:
        if told.customer.email is None or any(found):
            return None
        return _Alone(telling, fresh.new_id(), customers.made(fresh.new_id(), told.customer), makes=True)
    one = all(other is not None and other.id == customer.id for other in found)
    if not one or customer.email is None or adds_to(customer, told.customer):
        return None
    if ("customer", customer.id) in kept.entangled or _money(told, customer) in kept.names:
        return None
    return _Alone(telling, fresh.new_id(), customer, makes=False)


async def _has_twin(tx: Tx, alone: _Alone) -> bool:
    told = alone.telling.transaction
    return await may_have_twin(tx, alone.telling.source, alone.id, told, alone.customer.id)


def _add(alone: _Alone, kept: _Kept) -> None:
    told = alone.telling.transaction
    kept.names |= {*_names(told), _money(told, alone.customer)}
    kept.customers |= dict.fromkeys(_customer_names(told.customer), alone.customer)


def _entangle(told: Transaction, kept: _Kept) -> None:
    whose = [kept.customers[name].id for name in _customer_names(told.customer) if name in kept.customers]
    kept.entangled |= {*_names(told), *_customer_names(told.customer), *(("customer", each) for each in whose)}


def _names(told: Transaction) -> list[Name]:
    return [("id", told.id), *(("reference", name) for name in told.payment.references)]


def _customer_names(told: Customer) -> list[Name]:
    by_ref: list[Name] = [("ref", told.ref)] if told.ref is not None else []
    return by_ref + ([("email", identity(told.email))] if told.email is not None else [])


def _money(told: Transaction, customer: CustomerRow) -> Name:
    return ("money", customer.id, str(told.currency), str(told.total), str(told.test))


async def _keep(tx: Tx, alone: Sequence[_Alone], policy: Policy | None, fresh: Fresh) -> None:
    source = alone[0].telling.source
    new = {each.id: _new(each, policy, fresh) for each in alone}
    made = {each.customer.id: (each.customer, each.telling.transaction.customer.ref) for each in alone if each.makes}
    drawn = [(new[each.id], each.customer) for each in alone if new[each.id].state is State.DONE]
    await customers.put(tx, source, made, fresh.now)
    await transactions.put(tx, list(new.values()))
    await payments.put_references(tx, chain.from_iterable(map(_claims, alone)))
    if policy is not None:
        await invoices.put(tx, [draw_alone(_row(row), customer, policy, fresh) for row, customer in drawn])
    for each in alone:
        if each.telling.transaction.subscription is not None:
            await follow_subscription(tx, source, each.telling.transaction, each.customer.id, fresh)
    tx.wake(Topic.TRANSACTIONS)


def _new(alone: _Alone, policy: Policy | None, fresh: Fresh) -> NewTransaction:
    told = alone.telling.transaction
    return NewTransaction(
        id=alone.id,
        source=alone.telling.source,
        told=told,
        fingerprint=fingerprint(told),
        accepted_at=fresh.now,
        due_at=fresh.now + DRAWN_WITHIN,
        state=State.DONE if policy is not None and told.lines else State.DUE,
        customer_id=alone.customer.id,
        event_id=alone.telling.event_id,
        flag=flag_of(told, fresh.now),
        imported_at=fresh.now,
    )


def _claims(alone: _Alone) -> Iterator[tuple[Family, str, str]]:
    told = alone.telling.transaction
    for name in sorted(set(told.payment.references)):
        yield payments.family(told.kind, test=told.test), name, alone.id


def _row(new: NewTransaction) -> TransactionRow:
    return TransactionRow(
        id=new.id,
        source=new.source,
        told=new.told,
        payment_id=new.id,
        customer_id=new.customer_id,
        sale_payment_id=None,
        accepted_at=new.accepted_at,
        state=new.state,
        attempts=0,
        flag=new.flag,
        imported=True,
    )
