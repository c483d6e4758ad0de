"""Customers: one for each address and reference, however many processes meet them at once."""

import asyncio

import pytest

from support.actions import action_of
from support.databases import START, Database
from worker.core.declaration import Declaration, What
from worker.core.provider_action import Verb
from worker.core.transaction import Address, Customer, Kind, Transaction
from worker.store import customers, declarations, provider_actions, transactions
from worker.store.declarations import DeclarationRow
from worker.store.engine import Store, Tx
from worker.store.transactions import NewTransaction, State

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


async def make(store: Store, *ids: str) -> None:
    for customer_id in ids:
        await store.write(lambda tx, name=customer_id: customers.make(tx, name, Customer(), START))  # type: ignore[misc]


async def test_two_processes_that_meet_one_address_end_with_one_customer(database: Database) -> None:
    stores = [database.store, await database.another()]

    async def meet(number: int) -> str:
        async def body(tx: Tx) -> str:
            mine = await customers.make(tx, f"c{number:02}", Customer(), START)
            owner = await customers.claim_email(tx, "Ada@Example.com", mine.id, START)
            if owner != mine.id:
                await customers.delete(tx, mine.id)
            return owner

        return await stores[number % 2].write(body)

    owners = await asyncio.gather(*(meet(number) for number in range(30)))
    assert len(set(owners)) == 1
    for number in range(30):
        found = await database.store.read(lambda tx, n=number: customers.by_id(tx, f"c{n:02}"))  # type: ignore[misc]
        assert (found is not None) == (f"c{number:02}" == owners[0])


async def test_two_processes_that_meet_one_reference_end_with_one_owner(database: Database) -> None:
    stores = [database.store, await database.another()]
    await make(database.store, *(f"c{number:02}" for number in range(20)))

    async def meet(number: int) -> str:
        return await stores[number % 2].write(lambda tx: customers.claim_ref(tx, "stripe", "cus_1", f"c{number:02}"))

    owners = await asyncio.gather(*(meet(number) for number in range(20)))
    assert len(set(owners)) == 1
    assert await database.store.read(lambda tx: customers.refs(tx, owners[0])) == [("stripe", "cus_1")]


async def test_an_address_is_one_whatever_its_ascii_case_and_nothing_else_is_folded(store: Store) -> None:
    await make(store, "c1", "c2")
    assert await store.write(lambda tx: customers.claim_email(tx, "Ada@example.com", "c1", START)) == "c1"
    assert await store.write(lambda tx: customers.claim_email(tx, "aDA@example.com", "c2", START)) == "c1"
    assert await store.write(lambda tx: customers.claim_email(tx, "ada+x@example.com", "c2", START)) == "c2"
    found = await store.read(lambda tx: customers.by_email(tx, "ADA@example.com"))
    assert found is not None
    assert found.id == "c1"
    (kept,) = await store.read(lambda tx: customers.emails(tx, "c1"))
    assert kept.address == "Ada@example.com"
    assert await store.read(lambda tx: customers.by_email(tx, "bob@example.com")) is None


async def test_a_reference_belongs_to_its_source(store: Store) -> None:
    await make(store, "c1", "c2")
    assert await store.write(lambda tx: customers.claim_ref(tx, "stripe", "1", "c1")) == "c1"
    assert await store.write(lambda tx: customers.claim_ref(tx, "thrivecart", "1", "c2")) == "c2"
    found = await store.read(lambda tx: customers.by_ref(tx, "thrivecart", "1"))
    assert found is not None
    assert found.id == "c2"
    assert await store.read(lambda tx: customers.by_ref(tx, "stripe", "2")) is None


async def test_only_empty_fields_are_filled(store: Store) -> None:
    await make(store, "c1")
    leeds = Address(line1="1 High St", city="Leeds", country="GB")
    first = Customer(name="Ada L.", locale="en", address=leeds)
    later = Customer(name="Mallory", company="Ada & Co", phone="", address=Address(city="Paris", country="FR"))
    for told in (first, later, Customer()):
        await store.write(lambda tx, told=told: customers.fill(tx, "c1", told))  # type: ignore[misc]
    row = await store.read(lambda tx: customers.by_id(tx, "c1"))
    assert row is not None
    assert (row.name, row.company, row.phone, row.locale, row.address) == ("Ada L.", "Ada & Co", None, "en", leeds)
    assert customers.as_told(row) == Customer(name="Ada L.", company="Ada & Co", locale="en", address=leeds)


async def test_an_empty_address_fills_nothing(store: Store) -> None:
    await make(store, "c1")
    await store.write(lambda tx: customers.fill(tx, "c1", Customer(address=Address())))
    row = await store.read(lambda tx: customers.by_id(tx, "c1"))
    assert row is not None
    assert row.address is None


async def test_a_replaced_address_still_finds_its_customer(store: Store) -> None:
    await make(store, "c1")

    async def replaces(tx: Tx) -> None:
        await customers.claim_email(tx, "old@example.com", "c1", START)
        await customers.set_email(tx, "c1", "old@example.com")
        await customers.claim_email(tx, "new@example.com", "c1", START + 1)
        await customers.set_email(tx, "c1", "new@example.com")
        await customers.retire_email(tx, "OLD@example.com", START + 2)

    await store.write(replaces)
    found = await store.read(lambda tx: customers.by_email(tx, "old@example.com"))
    assert found is not None
    assert (found.id, found.email) == ("c1", "new@example.com")
    kept = await store.read(lambda tx: customers.emails(tx, "c1"))
    assert [(each.address, each.retired_at) for each in kept] == [
        ("old@example.com", START + 2),
        ("new@example.com", None),
    ]
    await store.write(lambda tx: customers.set_email(tx, "c1", "old@example.com"))  # and back
    kept = await store.read(lambda tx: customers.emails(tx, "c1"))
    assert [each.retired_at for each in kept] == [None, None]


async def test_merged_customers_are_one(store: Store) -> None:
    await make(store, "c1", "c2")
    told = Transaction(id="T-1", kind=Kind.CUSTOMER_CHANGED, occurred_at=START)

    async def body(tx: Tx) -> None:
        await customers.claim_ref(tx, "stripe", "cus_1", "c1")
        await transactions.insert(tx, NewTransaction("t1", "stripe", told, "f", START, START, State.DONE, "c1"))
        await customers.merge(tx, "c1", "c2")

    await store.write(body)
    assert await store.read(lambda tx: customers.by_id(tx, "c1")) is None
    found = await store.read(lambda tx: customers.by_ref(tx, "stripe", "cus_1"))
    row = await store.read(lambda tx: transactions.by_id(tx, "t1"))
    assert found is not None
    assert row is not None
    assert (found.id, row.customer_id) == ("c2", "c2")


async def test_what_was_declared_and_asked_for_before_an_address_was_known_moves_too(store: Store) -> None:
    """Somebody cancels by the order's number, or the merchant does, and only then the provider tells the address."""
    await make(store, "c1", "c2")
    said = Declaration(What.CANCEL, "Ada L.", "order 1042", "ada@example.com")
    asked = action_of("c1", verb=Verb.UPDATE_CUSTOMER, source="stripe", ref=None, customer_ref="cus_1")

    async def body(tx: Tx) -> None:
        await provider_actions.add(tx, asked)
        await declarations.add(tx, DeclarationRow("d1", said, START, "en", customer_id="c1", owner_id="c1"), "d1")
        await customers.merge(tx, "c1", "c2")

    await store.write(body)
    assert await store.read(lambda tx: customers.by_id(tx, "c1")) is None
    action = await store.read(lambda tx: provider_actions.by_id(tx, "p1"))
    declared = await store.read(lambda tx: declarations.by_id(tx, "d1"))
    assert action is not None
    assert declared is not None
    assert [action.customer_id, declared.customer_id, declared.owner_id] == ["c2"] * 3


async def test_who_locked_a_customer_is_waited_for(database: Database) -> None:
    """Two processes change one customer: each sees what the one before it left."""
    stores = [database.store, await database.another()]
    await make(database.store, "c1")

    async def note(number: int) -> int:
        async def body(tx: Tx) -> int:
            await customers.lock(tx, "c1")
            before = await customers.emails(tx, "c1")
            await customers.claim_email(tx, f"ada{number}@example.com", "c1", START + number)
            return len(before)

        return await stores[number % 2].write(body)

    assert sorted(await asyncio.gather(*(note(number) for number in range(12)))) == list(range(12))
