"""The audit is paged by key in one order, and each filter finds exactly its own."""

from itertools import product

from support.databases import START, Database
from worker.core.instant import DAY
from worker.core.transaction import Customer
from worker.store import audit, customers
from worker.store.audit import Entry, Sought
from worker.store.engine import Tx

PEOPLE, DEEDS, CUSTOMERS = ("may@x.example", "command"), ("resend", "import"), (None, "c1", "c2")


async def fill(database: Database) -> list[Entry]:
    """Twelve entries, some at one moment."""
    entries = [
        Entry(f"e{place:02}", START + place // 4 * DAY, who, what, customer, details={"place": place})
        for place, (who, what, customer) in enumerate(product(PEOPLE, DEEDS, CUSTOMERS))
    ]

    async def body(tx: Tx) -> None:
        await customers.make(tx, "c1", Customer(), START)
        await customers.claim_email(tx, "ada@example.com", "c1", START)
        await customers.set_email(tx, "c1", "ada@example.com")
        for entry in entries:
            await audit.note(tx, entry)

    await database.store.write(body)
    return sorted(entries, key=lambda each: (each.at, each.id), reverse=True)


async def read(database: Database, sought: Sought, most: int = 100) -> list[Entry]:
    return await database.store.read(lambda tx: audit.page(tx, sought, most))


async def test_pages_meet_without_gap_or_repetition(database: Database) -> None:
    entries, found = await fill(database), []
    before = None
    while page := await read(database, Sought(before=before), 5):
        found += page
        before = (page[-1].at, page[-1].id)
    assert found == entries


async def test_each_filter_finds_its_own(database: Database) -> None:
    entries = await fill(database)
    days = ((0, START + 100 * DAY), (START + DAY, START + 2 * DAY))
    for who, what, customer, (since, until) in product((None, *PEOPLE), (None, *DEEDS), CUSTOMERS, days):
        sought = Sought(who, what, customer, since, until)
        expected = [
            each
            for each in entries
            if who in (None, each.who)
            and what in (None, each.what)
            and customer in (None, each.customer_id)
            and since <= each.at < until
        ]
        assert await read(database, sought) == expected, sought


async def test_customers_are_told_by_their_address(database: Database) -> None:
    entries = await fill(database)
    assert await database.store.read(lambda tx: audit.emails_of(tx, entries)) == {"c1": "ada@example.com"}
    assert await database.store.read(lambda tx: audit.emails_of(tx, [])) == {}
