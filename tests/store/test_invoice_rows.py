"""Documents: one a payment, numbers without a gap or a double, links that say what they open; and the audit."""

import asyncio
from decimal import Decimal

import pytest

from support.databases import START, Database
from worker.core.invoice import DocumentKind, Invoice, InvoiceLine, Seller, TaxRow
from worker.core.transaction import Customer, Issuer, Kind, Transaction
from worker.store import audit, customers, invoices, transactions
from worker.store.engine import Store, Tx
from worker.store.invoices import LinkRow, NewInvoice, Purpose
from worker.store.transactions import NewTransaction, State

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


def document(number: str | None = "INV-1") -> Invoice:
    line = InvoiceLine("Größe 🎈", Decimal("1.5"), 4900, 0, 7350, 1397, Decimal(19), "S")
    return Invoice(
        kind=DocumentKind.INVOICE,
        issuer=Issuer.US,
        number=number,
        issued_at=START,
        supplied_at=START,
        timezone="Europe/Berlin",
        locale="de",
        currency="EUR",
        total=8747,
        seller=Seller("The Shop"),
        buyer=Customer(email="ada@example.com", name="Ada"),
        lines=(line,),
        taxes=(TaxRow(Decimal(19), "S", 7350, 1397),),
    )


@pytest.fixture
async def sold(store: Store) -> str:
    """A customer and a transaction for documents to name; returns the payment's id."""

    async def body(tx: Tx) -> None:
        await customers.make(tx, "c1", Customer(), START)
        told = Transaction(id="T-1", kind=Kind.SALE, occurred_at=START)
        await transactions.insert(tx, NewTransaction("t1", "api", told, "f", START, START, State.DUE, "c1"))

    await store.write(body)
    return "t1"


def new(invoice_id: str, payment: str) -> NewInvoice:
    return NewInvoice(invoice_id, payment, "t1", "c1", DocumentKind.INVOICE, START)


async def issue(tx: Tx, invoice_id: str, payment: str) -> int | None:
    if not await invoices.claim(tx, new(invoice_id, payment)):
        return None
    number = await invoices.take_number(tx, 1000)
    await invoices.freeze(tx, invoice_id, document(f"INV-{number}"), number)
    return number


async def test_the_series_has_no_gap_and_no_double_whatever_is_rolled_back(database: Database, sold: str) -> None:
    stores = [database.store, await database.another()]

    async def one(number: int) -> int:
        async def body(tx: Tx) -> int:
            taken = await issue(tx, f"i{number:03}", f"p{number}")
            assert taken is not None
            if number % 3 == 0:
                raise LookupError
            return taken

        return await stores[number % 2].write(body)

    ends = await asyncio.gather(*(one(number) for number in range(200)), return_exceptions=True)
    numbers = sorted(end for end in ends if isinstance(end, int))
    assert {type(end) for end in ends if not isinstance(end, int)} == {LookupError}
    assert numbers == list(range(1000, 1000 + len(numbers)))


async def test_a_series_starts_where_it_is_told_and_never_goes_back(store: Store) -> None:
    async def take(start: int) -> int:
        return await store.write(lambda tx: invoices.take_number(tx, start))

    assert [await take(start) for start in (5, 5, 1, 100, 7)] == [5, 6, 7, 100, 101]


async def test_a_payment_has_one_document(database: Database, sold: str) -> None:
    stores = [database.store, await database.another()]

    async def one(number: int) -> int | None:
        return await stores[number % 2].write(lambda tx: issue(tx, f"i{number:03}", sold))

    numbers = await asyncio.gather(*(one(number) for number in range(20)))
    assert [number for number in numbers if number is not None] == [1000]
    found = await database.store.read(lambda tx: invoices.of_payment(tx, sold))
    assert found is not None
    assert (found.number, found.transaction_id, found.customer_id) == ("INV-1000", "t1", "c1")


async def test_a_document_says_for_ever_what_it_said(store: Store, sold: str) -> None:
    await store.write(lambda tx: issue(tx, "i1", sold))
    found = await store.read(lambda tx: invoices.by_id(tx, "i1"))
    assert found is not None
    assert found.frozen == document("INV-1000")
    assert await store.read(lambda tx: invoices.frozen(tx, ["i1", "nothing"])) == {"i1": document("INV-1000")}
    assert await store.read(lambda tx: invoices.frozen(tx, [])) == {}
    assert await store.read(lambda tx: invoices.by_id(tx, "nothing")) is None


async def test_a_document_without_a_number_takes_none(store: Store, sold: str) -> None:
    for number in range(2):

        async def body(tx: Tx, name: str = f"i{number}", payment: str = f"p{number}") -> None:
            assert await invoices.claim(tx, new(name, payment))
            await invoices.freeze(tx, name, document(None), None)

        await store.write(body)
    found = await store.read(lambda tx: invoices.by_id(tx, "i1"))
    assert found is not None
    assert found.number is None
    assert await store.write(lambda tx: invoices.take_number(tx, 1)) == 1


async def test_a_link_says_what_it_opens(store: Store, sold: str) -> None:
    await store.write(lambda tx: issue(tx, "i1", sold))
    foot = LinkRow("l2", Purpose.FOOT, "c1", "i1", START, START + 9)
    links = [LinkRow("l1", Purpose.DOCUMENT, "c1", "i1", START, START + 9), foot]
    newer = LinkRow("l0", Purpose.DOCUMENT, "c1", "i1", START + 1, START + 9)
    await store.write(lambda tx: invoices.add_links(tx, links))
    await store.write(lambda tx: invoices.add_links(tx, [newer]))
    await store.write(lambda tx: invoices.add_links(tx, []))
    assert await store.read(lambda tx: invoices.link(tx, "l2")) == foot
    assert await store.read(lambda tx: invoices.link(tx, "nothing")) is None
    assert await store.read(lambda tx: invoices.links_of(tx, ["i1", "nothing"])) == {
        "i1": {Purpose.DOCUMENT: "l0", Purpose.FOOT: "l2"}
    }


async def test_the_audit_is_read_newest_first(store: Store) -> None:
    entries = [
        audit.Entry(f"a{n}", START + n, "letterkey customer", "email_changed", "c1", details={"old": "é"})
        for n in range(3)
    ]
    other = audit.Entry("b", START, "console", "resent", None, "o1")
    for entry in (*entries, other):
        await store.write(lambda tx, entry=entry: audit.note(tx, entry))  # type: ignore[misc]
    assert await store.read(lambda tx: audit.of_customer(tx, "c1", 2)) == [entries[2], entries[1]]
    assert await store.read(lambda tx: audit.of_customer(tx, "nobody")) == []
