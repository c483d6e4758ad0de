"""What an event costs the database doesn't grow with the shop: nobody looks through others' sales of the same price."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from actions.six_events import Teller, sets, six
from support.databases import migrated_file
from worker.actions.accept_transaction import Telling, accept_transaction
from worker.core.instant import HOUR
from worker.core.transaction import Transaction
from worker.sources.event import Told
from worker.store.engine import Row
from worker.store.named_queries import load
from worker.store.sqlite_tx import SqliteTx

OTHERS = 150
"""Customers who bought the same at the same time."""
INSTRUCTIONS = 10
"""SQLite's, a step."""


class Counting(SqliteTx):
    """A transaction that counts the steps of each query."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection, load("sqlite"))
        self.steps: Counter[str] = Counter()

    async def one(self, query: str, **values: object) -> Row | None:
        with self._counted(query):
            return await super().one(query, **values)

    async def all(self, query: str, **values: object) -> Sequence[Row]:
        with self._counted(query):
            return await super().all(query, **values)

    async def run(self, query: str, **values: object) -> None:
        with self._counted(query):
            await super().run(query, **values)

    async def many(self, query: str, rows: Sequence[Mapping[str, object]]) -> None:
        with self._counted(query):
            await super().many(query, rows)

    @contextmanager
    def _counted(self, query: str) -> Iterator[None]:
        taken: list[None] = []
        self._connection.set_progress_handler(lambda: taken.append(None), INSTRUCTIONS)
        yield
        self._connection.set_progress_handler(None, 0)
        self.steps[query] += len(taken)


@pytest.mark.parametrize("name", sets())
async def test_others_sales_of_the_same_price_cost_an_event_nothing(name: str) -> None:
    alone, among = await _steps(name, others=0), await _steps(name, others=OTHERS)
    dearer = {query: (alone[query], steps) for query, steps in among.items() if steps > 1.5 * alone[query] + OTHERS / 3}
    assert dearer == {}


async def _steps(name: str, others: int) -> Counter[str]:
    with (
        closing(sqlite3.connect(await migrated_file())) as empty,
        closing(sqlite3.connect(":memory:", isolation_level=None)) as connection,
    ):
        empty.backup(connection)
        connection.row_factory = sqlite3.Row
        tx = Counting(connection)
        teller = Teller(tx)
        connection.create_function("now_us", 0, lambda: teller.now)
        for number in range(others):
            await _tell_another(teller, name, str(number))
        teller.now += HOUR
        await teller.issue()
        tx.steps.clear()
        for event in six(name):
            await teller.tell(event)
        await teller.end()
        return tx.steps


async def _tell_another(teller: Teller, name: str, number: str) -> None:
    for event in six(name):
        if isinstance(event.reading, Told):
            for told in event.reading.transactions:
                telling = Telling(event.account, _another(told, number), so_far=event.reading.so_far)
                await accept_transaction(teller.tx, telling, teller.fresh())


def _another(told: Transaction, number: str) -> Transaction:
    """The same of another customer's."""

    def own(name: str | None) -> str | None:
        return None if name is None else f"{name}_{number}"

    email, plan = told.customer.email, told.subscription
    return replace(
        told,
        id=f"{told.id}_{number}",
        refund_of=own(told.refund_of),
        customer=replace(told.customer, ref=own(told.customer.ref), email=email and f"{number}.{email}"),
        payment=replace(told.payment, references=tuple(f"{each}_{number}" for each in told.payment.references)),
        subscription=None if plan is None else replace(plan, ref=f"{plan.ref}_{number}"),
    )
