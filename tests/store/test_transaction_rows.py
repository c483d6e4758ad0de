"""Transactions: each told once, taken once when due, and those that share a reference are one payment."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from support.databases import START, Database
from worker.clock import SECOND
from worker.core.invoice import DocumentKind
from worker.core.transaction import Customer, Kind, Line, Payment, Transaction, fingerprint
from worker.store import customers, invoices, payments, refunds, transactions
from worker.store.engine import Store, Tx
from worker.store.invoices import NewInvoice
from worker.store.payments import Family, Twin, family
from worker.store.transactions import Known, NewTransaction, State, WaitsFor

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


def told(source_id: str, kind: Kind = Kind.SALE, **changes: object) -> Transaction:
    line = Line("Course", Decimal(1), 4900)
    sale = Transaction(id=source_id, kind=kind, occurred_at=START, currency="EUR", total=4900, lines=(line,))
    return replace(sale, **changes)  # type: ignore[arg-type]


def new(number: int, transaction: Transaction, source: str = "stripe", **changes: object) -> NewTransaction:
    kept = NewTransaction(
        f"t{number}", source, transaction, fingerprint(transaction), START, START, State.DUE, customer_id=None
    )
    return replace(kept, **changes)  # type: ignore[arg-type]


async def keep(store: Store, kept: NewTransaction) -> bool:
    return await store.write(lambda tx: transactions.insert(tx, kept))


async def due(store: Store, now: int = START) -> list[str]:
    return await store.read(lambda tx: transactions.due(tx, now, 100))


async def state(store: Store, transaction_id: str) -> State:
    row = await store.read(lambda tx: transactions.by_id(tx, transaction_id))
    assert row is not None
    return row.state


@pytest.fixture
async def customer(store: Store) -> str:
    await store.write(lambda tx: customers.make(tx, "c1", Customer(), START))
    return "c1"


async def test_a_transaction_is_kept_once_and_another_telling_can_be_compared(database: Database) -> None:
    stores = [database.store, await database.another()]
    sale = told("T-1")
    kept = await asyncio.gather(*(keep(stores[number % 2], new(number, sale)) for number in range(40)))
    assert sum(kept) == 1
    known = await database.store.read(lambda tx: transactions.known(tx, "stripe", "T-1"))
    assert known is not None
    assert known == Known(f"t{kept.index(True)}", fingerprint(sale), imported=False)
    assert known.fingerprint != fingerprint(told("T-1", total=1))
    assert await keep(database.store, new(99, sale, source="thrivecart"))
    assert await database.store.read(lambda tx: transactions.known(tx, "api", "T-1")) is None


async def test_a_transaction_comes_back_as_it_was_told(store: Store, customer: str) -> None:
    sale = told("T-1", payment=Payment(references=("ch_1", "in_1")))
    await keep(store, new(1, sale, flag="sums_differ"))
    await store.write(lambda tx: transactions.set_customer(tx, "t1", customer))
    row = await store.read(lambda tx: transactions.by_source_id(tx, "stripe", "T-1"))
    assert row is not None
    assert (row.told, row.payment_id, row.customer_id, row.flag, row.bare) == (sale, "t1", "c1", "sums_differ", False)
    assert row == await store.read(lambda tx: transactions.by_id(tx, "t1"))
    assert await store.read(lambda tx: transactions.by_id(tx, "nothing")) is None


async def test_what_is_due_is_taken_once(database: Database) -> None:
    stores = [database.store, await database.another()]
    await keep(database.store, new(1, told("T-1")))
    await keep(database.store, new(2, told("T-2"), due_at=START + 30 * SECOND))
    assert await due(database.store) == ["t1"]
    assert await database.store.read(transactions.next_due) == START
    takes = await asyncio.gather(
        *(stores[number % 2].write(lambda tx: transactions.take(tx, "t1", START)) for number in range(20))
    )
    assert sum(row is not None for row in takes) == 1
    assert await database.store.write(lambda tx: transactions.take(tx, "t2", START)) is None
    assert await database.store.read(transactions.next_due) == START + 30 * SECOND
    assert await due(database.store, START + 30 * SECOND) == ["t2"]


async def test_a_take_that_is_rolled_back_is_due_again(store: Store) -> None:
    await keep(store, new(1, told("T-1")))

    async def fails(tx: Tx) -> None:
        assert await transactions.take(tx, "t1", START) is not None
        raise LookupError

    with pytest.raises(LookupError):
        await store.write(fails)
    assert await store.write(lambda tx: transactions.count_attempt(tx, "t1", START + 5)) == 1
    assert await store.write(lambda tx: transactions.count_attempt(tx, "t1", START + 9)) == 2
    assert (await due(store, START + 8), await due(store, START + 9)) == ([], ["t1"])
    await store.write(lambda tx: transactions.settle(tx, "t1", State.QUARANTINED, "too_many_attempts"))
    assert await due(store, START + 9) == []


async def test_who_waits_for_an_address_is_woken_by_it(store: Store, customer: str) -> None:
    for number in range(2):
        await keep(store, new(number, told(f"T-{number}"), customer_id=customer if number else None))
        await store.write(lambda tx, n=number: transactions.wait(tx, f"t{n}", WaitsFor.ADDRESS, START + 99))  # type: ignore[misc]
    assert await due(store) == []
    assert await store.read(transactions.waiting_counts) == {"address": 2}
    await store.write(lambda tx: transactions.wake_for_address(tx, customer, START))
    assert await due(store) == ["t1"]
    assert await store.read(transactions.waiting_counts) == {"address": 1}


async def test_refunds_that_came_first_are_woken_by_their_sale(store: Store) -> None:
    """By its own source's id, or by a reference that any source tells; never across test and live."""
    refunds = {
        "t1": new(1, told("R-1", Kind.REFUND, refund_of="T-1")),
        "t2": new(2, told("R-2", Kind.REFUND, refund_of="ch_1"), source="thrivecart"),
        "t3": new(3, told("R-3", Kind.REFUND, refund_of="T-1"), source="thrivecart"),
        "t4": new(4, told("R-4", Kind.REFUND, refund_of="T-1", test=True)),
        "t5": new(5, told("R-5", Kind.REFUND, refund_of="T-2")),
    }
    for name, refund in refunds.items():
        await keep(store, refund)
        await store.write(lambda tx, name=name: transactions.wait(tx, name, WaitsFor.SALE, START + 99))  # type: ignore[misc]
    sale = told("T-1", payment=Payment(references=("ch_1",)))
    await store.write(lambda tx: transactions.wake_refunds(tx, "stripe", sale, "t0", START))
    assert sorted(await due(store)) == ["t1", "t2"]
    row = await store.read(lambda tx: transactions.by_id(tx, "t2"))
    assert row is not None
    assert row.sale_payment_id == "t0"

    await store.write(lambda tx: transactions.set_sale(tx, "t5", "t9"))
    await store.write(lambda tx: transactions.wake_refunds_of(tx, "t9", START))
    assert sorted(await due(store)) == ["t1", "t2", "t5"]


async def test_a_reference_belongs_to_who_told_it_first(database: Database) -> None:
    stores = [database.store, await database.another()]

    async def tell(number: int) -> str:
        body_of = f"t{number}"
        return await stores[number % 2].write(lambda tx: payments.claim_reference(tx, Family.PAYMENT, "ch_1", body_of))

    owners = await asyncio.gather(*(tell(number) for number in range(30)))
    assert len(set(owners)) == 1
    found = database.store.read(lambda tx: payments.reference_owner(tx, Family.PAYMENT, "ch_1"))
    assert await found == owners[0]
    assert family(Kind.SALE, test=False) is family(Kind.RENEWAL, test=False) is Family.PAYMENT
    for other in (family(Kind.REFUND, test=False), family(Kind.SALE, test=True), family(Kind.REFUND, test=True)):
        assert await database.store.read(lambda tx, f=other: payments.reference_owner(tx, f, "ch_1")) is None  # type: ignore[misc]


async def test_two_payments_that_are_one_are_united_in_all_that_names_them(store: Store, customer: str) -> None:
    async def body(tx: Tx) -> None:
        for number in (1, 2):
            await transactions.insert(tx, new(number, told(f"T-{number}")))
            await payments.claim_reference(tx, Family.PAYMENT, f"ch_{number}", f"t{number}")
        await transactions.insert(tx, new(3, told("R-3", Kind.REFUND, refund_of="T-2")))
        await transactions.set_sale(tx, "t3", "t2")
        assert await invoices.claim(tx, NewInvoice("i2", "t2", "t2", customer, DocumentKind.INVOICE, START))
        await payments.unite(tx, "t2", "t1")

    await store.write(body)
    rows = await store.read(lambda tx: transactions.of_payment(tx, "t1"))
    assert [row.id for row in rows] == ["t1", "t2"]
    assert await store.read(lambda tx: payments.reference_owner(tx, Family.PAYMENT, "ch_2")) == "t1"
    refund = await store.read(lambda tx: transactions.by_id(tx, "t3"))
    assert refund is not None
    assert refund.sale_payment_id == "t1"

    async def claims(tx: Tx) -> bool:  # the document has moved with it
        return await invoices.claim(tx, NewInvoice("i1", "t1", "t1", customer, DocumentKind.INVOICE, START))

    assert not await store.write(claims)


async def test_uniting_two_that_have_a_document_each_keeps_both(store: Store, customer: str) -> None:
    async def body(tx: Tx) -> None:
        for number in (1, 2):
            await transactions.insert(tx, new(number, told(f"T-{number}")))
            await invoices.claim(
                tx, NewInvoice(f"i{number}", f"t{number}", f"t{number}", customer, DocumentKind.INVOICE, START)
            )
        await payments.unite(tx, "t2", "t1")

    async def claims(tx: Tx, payment: str) -> bool:
        return await invoices.claim(tx, NewInvoice("i3", payment, "t1", customer, DocumentKind.INVOICE, START))

    await store.write(body)
    assert [row.id for row in await store.read(lambda tx: transactions.of_payment(tx, "t1"))] == ["t1", "t2"]
    assert not await store.write(lambda tx: claims(tx, "t1"))
    assert not await store.write(lambda tx: claims(tx, "t2"))


async def test_the_other_tellings_of_a_payment_bring_no_receipt(store: Store) -> None:
    for number in (1, 2, 3):
        await keep(store, new(number, told(f"T-{number}")))

    async def body(tx: Tx) -> None:
        await payments.unite(tx, "t2", "t1")
        assert await transactions.take(tx, "t1", START) is not None
        await transactions.merge_others(tx, "t1", "t1")

    await store.write(body)
    assert [await state(store, f"t{number}") for number in (1, 2, 3)] == [State.DONE, State.MERGED, State.DUE]


async def test_a_charge_finds_the_invoice_that_tells_of_the_same_money(store: Store, customer: str) -> None:
    await keep(store, new(1, told("in_1"), customer_id=customer))
    family = payments.Family.PAYMENT

    def twin(occurred_at: int = START, source: str = "stripe", total: int = 4900) -> Twin:
        return Twin(
            payment_id="t2",
            source=source,
            customer_id=customer,
            currency="EUR",
            total=total,
            test=False,
            occurred_at=occurred_at,
            near=600 * SECOND,
            nearer=60 * SECOND,
        )

    async def matches(wanted: Twin) -> str | None:
        return await store.read(lambda tx: payments.twin_payment(tx, wanted))

    assert await matches(twin()) is None  # what names no id of its payment proves nothing
    await store.write(lambda tx: payments.claim_reference(tx, family, "in_1", "t1"))
    await store.write(lambda tx: payments.claim_reference(tx, family, "ch_1", "t2"))
    assert await matches(twin()) == "t1"
    assert await matches(twin(START + 600 * SECOND)) == "t1"
    assert await matches(twin(START + 601 * SECOND)) is None
    assert await matches(twin(START - 61 * SECOND, source="thrivecart")) is None
    assert await matches(twin(START - 60 * SECOND, source="thrivecart")) == "t1"
    assert await matches(twin(total=4901)) is None
    assert await matches(replace(twin(), test=True)) is None
    assert await matches(replace(twin(), payment_id="t1")) is None  # itself

    await store.write(lambda tx: payments.claim_reference(tx, family, "ch_2", "t1"))
    assert await matches(twin()) is None  # two charges are two payments


async def test_refunds_of_one_sale_add_up_each_once(store: Store) -> None:
    async def body(tx: Tx) -> None:
        for number, total in enumerate((100, 100, 250, 100), 1):
            refund = told(f"R-{number}", Kind.REFUND, total=total, lines=(), refund_of="T-1")
            await transactions.insert(tx, new(number, refund))
            await transactions.set_sale(tx, f"t{number}", "t0")
        await payments.unite(tx, "t2", "t1")  # the same refund told twice

    await store.write(body)
    assert await store.read(lambda tx: refunds.refunded_total(tx, "t0")) == 450
    assert await store.read(lambda tx: refunds.refunded_total(tx, "nothing")) == 0


async def test_a_refund_matches_another_sources_once(store: Store) -> None:
    async def body(tx: Tx) -> list[str | None]:
        for number, source in enumerate(("stripe", "thrivecart", "thrivecart"), 1):
            refund = told(f"R-{number}", Kind.REFUND, total=100, lines=(), refund_of="T-1")
            await transactions.insert(tx, new(number, refund, source=source))
            await transactions.set_sale(tx, f"t{number}", "t0")
        await transactions.settle(tx, "t1", State.DONE)
        matches = []
        for name in ("t2", "t3"):
            row = await transactions.by_id(tx, name)
            assert row is not None
            matches.append(await refunds.unmatched_refund(tx, row, "t0"))
            if matches[-1]:
                await payments.unite(tx, name, matches[-1])
        return matches

    assert await store.write(body) == ["t1", None]
