"""Payments of history that stand alone: kept many at once, and the same in the end as one after another."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from support.databases import open_database
from support.desk import POLICY, Desk, at, bare, refund, rich
from worker.actions.accept_transaction import Telling, accept_transaction
from worker.actions.import_history import Taken, take_in
from worker.actions.keep_alone import Until
from worker.core.instant import DAY, MINUTE
from worker.core.transaction import Customer, Subscription, Transaction
from worker.store import customers, invoices
from worker.store.changes import Topic
from worker.store.engine import Row, Tx
from worker.store.transactions import TransactionRow

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
TOLD_BY = ("stripe", "thrivecart", "api")
A_GROUP = 11
"""Statements of a group, however many payments it holds."""
A_FOLLOWED = 3
"""Statements more for each payment of a subscription."""


@dataclass(slots=True)
class Counted:
    """A transaction that counts its statements."""

    tx: Tx
    count: int = 0

    async def one(self, query: str, **values: object) -> Row | None:
        self.count += 1
        return await self.tx.one(query, **values)

    async def all(self, query: str, **values: object) -> Sequence[Row]:
        self.count += 1
        return await self.tx.all(query, **values)

    async def run(self, query: str, **values: object) -> None:
        self.count += 1
        await self.tx.run(query, **values)

    async def many(self, query: str, rows: Sequence[Mapping[str, object]]) -> None:
        self.count += 1
        await self.tx.many(query, rows)

    async def insert(self, query: str, rows: Sequence[Mapping[str, object]]) -> Sequence[Row]:
        self.count += 1
        return await self.tx.insert(query, rows)

    def wake(self, topic: Topic) -> None:
        self.tx.wake(topic)


def payment(number: int, **changes: object) -> Transaction:
    """A payment of a customer of its own, a day before the next."""
    customer = Customer(email=f"{number}@example.com", ref=f"cus_{number}", name=f"No. {number}")
    return rich(f"in_{number}", f"ch_{number}", customer=customer, occurred_at=at(0) - (400 - number) * DAY, **changes)


async def taken(desk: Desk, told: Sequence[Transaction], source: str = "stripe") -> tuple[list[Taken], int]:
    """What became of a group that is drawn up at once, and its number of statements."""
    fresh, tellings = desk.fresh, [Telling(source, each) for each in told]

    async def body(tx: Tx) -> tuple[list[Taken], int]:
        counted = Counted(tx)
        return await take_in(counted, tellings, Until(None, POLICY), fresh), counted.count

    return await desk.store.write(body)


@BOTH
async def test_payments_that_stand_alone_cost_a_few_statements_a_group(desk: Desk) -> None:
    told = [payment(number) for number in range(100)]
    assert await taken(desk, told) == ([Taken.NEW] * 100, A_GROUP)
    plan = Subscription(ref="sub_1", interval="month")
    followed = [payment(number, subscription=replace(plan, ref=f"sub_{number}")) for number in range(100, 150)]
    ends, statements = await taken(desk, followed)
    assert (ends, statements) == ([Taken.NEW] * 50, A_GROUP + 50 * A_FOLLOWED)
    document = await desk.document("in_7")
    assert document is not None
    assert (document.issued_at, document.frozen.buyer.name) == (told[7].occurred_at, "No. 7")
    assert (await desk.waiting(), await desk.outbox(), await desk.due()) == ({}, {}, [])


@BOTH
async def test_of_two_imports_of_the_same_at_the_same_moment_each_payment_is_kept_once(desk: Desk) -> None:
    told = [payment(number) for number in range(40)]
    fresh, tellings = desk.fresh, [Telling("stripe", each) for each in told]
    stores = (desk.store, await desk.database.another())
    ends = await asyncio.gather(
        *(store.write(lambda tx: take_in(tx, tellings, Until(None, POLICY), fresh)) for store in stores),
        return_exceptions=True,
    )
    assert [Taken.NEW] * 40 in ends
    assert (await taken(desk, told))[0] == [Taken.KNOWN] * 40


def _one(number: int, chance: random.Random) -> Transaction:
    """A telling that shares customers, references, sums and sales with others."""
    whom = chance.choice((0, 0, 1, 2, 3))
    customer = Customer(
        email=chance.choice((f"{whom}@example.com", f"{whom}@EXAMPLE.com", f"{whom}.new@example.com", None)),
        ref=chance.choice((f"cus_{whom}", f"cus_{whom}", None)),
        name=chance.choice((None, f"No. {whom}")),
    )
    occurred_at = at(0) - 300 * DAY + chance.choice((0, MINUTE, DAY, 9 * DAY))
    references = tuple({f"{chance.choice(('ch', 'pi'))}_{chance.randrange(9)}" for _ in range(chance.randrange(3))})
    if chance.random() < 0.2:
        return refund(f"re_{number}", f"T-{chance.randrange(12)}", 100 + number, occurred_at=occurred_at)
    make = chance.choice((rich, rich, bare))
    return make(f"T-{number}", *references, customer=customer, occurred_at=occurred_at)


async def _end(desk: Desk, told: Sequence[Transaction], source: str) -> object:
    """What is kept in the end, a payment each: which tellings it has, whose these are, and what its document says.

    Which of two equally full tellings the document is drawn up from is chance.
    """
    await desk.draw(source)
    rows = [await desk.row(each.id, source) for each in told]
    return sorted([await _payment(desk, payment, rows) for payment in {row.payment_id for row in rows}], key=repr)


async def _payment(desk: Desk, payment_id: str, rows: Sequence[TransactionRow]) -> object:
    its = [row for row in rows if row.payment_id == payment_id]
    paper = await desk.store.read(lambda tx: invoices.of_payment(tx, payment_id))
    ids, states = sorted(row.told.id for row in its), sorted(row.state for row in its)
    whose = [await _profile(desk, each) for each in sorted({row.customer_id for row in its if row.customer_id})]
    return ids, states, sorted(whose, key=repr), paper and paper.frozen.total


async def _profile(desk: Desk, customer_id: str) -> object:
    found = await desk.store.read(lambda tx: customers.by_id(tx, customer_id))
    emails = await desk.store.read(lambda tx: customers.emails(tx, customer_id))
    refs = await desk.store.read(lambda tx: customers.refs(tx, customer_id))
    assert found is not None
    return found.email, found.name, sorted(each.address for each in emails), refs


@pytest.mark.parametrize("seed", range(40))
async def test_a_group_ends_as_its_tellings_do_one_after_another(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    told, source = [_one(number, chance) for number in range(24)], chance.choice(TOLD_BY)
    async with open_database("sqlite-inline", f"sqlite:///{tmp_path / 'one.db'}") as database:
        slowly = Desk(database)
        for each in told:
            await _accept(slowly, each, source)
        expected = await _end(slowly, told, source)
    async with open_database("sqlite-inline", f"sqlite:///{tmp_path / 'many.db'}") as database:
        desk, rest = Desk(database), told
        while rest:
            size = chance.randint(1, 16)
            assert set(await desk.take_in(*rest[:size], source=source)) == {Taken.NEW}
            rest = rest[size:]
        assert await _end(desk, told, source) == expected


async def _accept(desk: Desk, told: Transaction, source: str) -> None:
    fresh, telling = desk.fresh, Telling(source, told, imported=True)
    await desk.store.write(lambda tx: accept_transaction(tx, telling, fresh))
