"""What the console's first page counts: the right rows, each in its day, and quickly with a million of them."""

import time
from collections.abc import Mapping

import pytest

from support.databases import START, Database
from worker.core.instant import DAY, HOUR
from worker.core.month import month_of
from worker.core.wellbeing import MOST
from worker.store import home
from worker.store.postgres import PostgresStore
from worker.store.sqlite import SqliteStore

DAYS = month_of(START, "Europe/Berlin")
TODAY = DAYS[21]
DOORS = home.Doors(("stripe", "thrivecart"), listens=True, mailbox=True)
MANY = 1_000_000

CUSTOMER = "INSERT INTO customers (id, created_at) VALUES ('c', 0)"
MAILS = (
    "INSERT INTO outbox (id, kind, params, recipient, message_id, created_at, due_at, state, settled_at) "
    "SELECT 'o' || n, {kind}, '{{}}', 'a@b.example', 'm' || n, {at}, {at}, {state}, {settled} FROM {numbers}"
)
LINKS = (
    "INSERT INTO link_requests (id, way, identity, customer_id, granted, asked_at) "
    "SELECT 'r' || n, 'form', 'a', {customer}, {granted}, {at} FROM {numbers}"
)
BOUNCES = (
    "INSERT INTO bounces (id, once_key, at, told_by, happening, words, effect) "
    "SELECT 'b' || n, 'k' || n, {at}, 'relay', 'hard', '', {effect} FROM {numbers}"
)
EVENTS = (
    "INSERT INTO events (id, source, event_id, name, received_at, headers, body, state) "
    "SELECT 'e' || n, {source}, 'e' || n, 'paid', {at}, '{{}}', '', {state} FROM {numbers}"
)
SALES = (
    "INSERT INTO transactions (id, source, source_id, kind, fingerprint, body, payment_id, test, bare, occurred_at, "
    "accepted_at, state, due_at) "
    "SELECT 't' || n, 'stripe', 't' || n, 'sale', 'f', '{{}}', 'p' || n, 0, 0, {at}, {at}, {state}, {at} FROM {numbers}"
)


async def fill(database: Database, sql: str, count: int, first: int = 1, **columns: str) -> None:
    """Rows numbered from `first`; columns are SQL in which `n` is the number."""
    store = database.store
    if isinstance(store, PostgresStore):
        numbers = f"generate_series({first}, {first + count - 1}) AS numbers (n)"
        await store.on_connection(lambda connection: connection.execute(sql.format(numbers=numbers, **columns)))
    else:
        assert isinstance(store, SqliteStore)
        numbers = (
            f"(WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers "
            f"WHERE n < {first + count - 1}) SELECT n FROM numbers)"
        )
        await store.on_writer(lambda connection: connection.execute(sql.format(numbers=numbers, **columns)))


async def analyse(database: Database) -> None:
    """PostgreSQL does so by itself within a minute."""
    store = database.store
    if isinstance(store, PostgresStore):
        await store.on_connection(lambda connection: connection.execute("ANALYZE"))


async def mails(database: Database, count: int, first: int, at: int, columns: Mapping[str, str]) -> None:
    told = {"kind": "'receipt'", "state": "'sent'", "settled": str(at), **columns}
    await fill(database, MAILS, count, first, at=str(at), **told)


async def test_each_day_counts_its_own(database: Database) -> None:
    first, last = DAYS[0], DAYS[-1]
    await mails(database, 1, 1, first.since - 1, {})
    await mails(database, 2, 2, first.since, {})
    await mails(database, 3, 4, TODAY.until - 1, {"state": "'failed'"})
    await mails(database, 1, 7, last.until, {})
    await mails(database, 4, 8, TODAY.since, {"kind": "'access'"})
    await fill(database, CUSTOMER, 1)
    answered, stranger, limited = ("'c'", "1"), ("NULL", "1"), ("'c'", "0")
    for place, (customer, granted) in enumerate((answered, stranger, limited)):
        at = str(TODAY.since)
        await fill(database, LINKS, 5, 1 + 5 * place, customer=customer, granted=granted, at=at)
    for place, effect in enumerate(("'suppressed'", "'noted'")):
        await fill(database, BOUNCES, 2, 1 + 2 * place, effect=effect, at=str(first.since))

    found = await database.store.read(lambda tx: home.tally(tx, DAYS))
    assert len(found.receipts) == len(DAYS)
    assert (found.receipts[0], found.receipts[21], sum(found.receipts)) == (2, 3, 5)
    assert (found.links[21], sum(found.links)) == (5, 5)
    assert (found.bounces[0], sum(found.bounces)) == (2, 2)
    assert sum(found.cancellations) == 0


async def test_a_day_counts_no_further_than_the_most(database: Database) -> None:
    await mails(database, home.MOST_A_DAY + 7, 1, START, {})
    found = await database.store.read(lambda tx: home.tally(tx, DAYS))
    assert found.receipts[21] == home.MOST_A_DAY


async def test_how_all_is(database: Database) -> None:
    await mails(database, 2, 1, START - HOUR, {"state": "'due'", "settled": "NULL"})
    await mails(database, 1, 3, START - DAY, {"state": "'deferred'", "settled": "NULL"})
    await mails(database, 3, 4, START - HOUR, {"state": "'failed'"})
    await mails(database, 4, 7, TODAY.since - 1, {"state": "'failed'"})
    await mails(database, 5, 11, START - 9 * DAY, {"state": "'parked'"})
    await fill(database, EVENTS, 2, 1, source="'stripe'", at=f"{START} - n", state="'quarantined'")
    await fill(database, SALES, 1, 1, at=str(START - 5), state="'quarantined'")
    await fill(database, SALES, 1, 2, at=str(START - 7), state="'due'")
    found = await database.store.read(lambda tx: home.standing(tx, DOORS, START, TODAY.since))
    assert found.mails == {"due": 2, "deferred": 1, "sending": 0, "failed": 3, "parked": 5}
    assert found.on_their_way == 3
    assert (found.oldest_due, found.oldest_sale) == (START - DAY, START - 7)
    assert (found.quarantined, found.actions, found.held) == (3, 0, False)
    assert [(each.source, each.last_at) for each in found.heard] == [("stripe", START - 1), ("thrivecart", None)]
    assert (found.mail_at, found.mailboxes) == (None, ())


async def test_nothing_is_counted_beyond_the_most(database: Database) -> None:
    await mails(database, MOST + 9, 1, START, {"state": "'parked'"})
    found = await database.store.read(lambda tx: home.standing(tx, DOORS, START, TODAY.since))
    assert found.mails["parked"] == MOST + 1


@pytest.mark.long
@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_a_million_transactions_take_a_tenth_of_a_second(database: Database) -> None:
    at = f"({START} - n * CAST(1728000 AS BIGINT))"  # all of them within 20 days
    await fill(database, CUSTOMER, 1)
    await fill(database, SALES, MANY, at=at, state="CASE WHEN n % 100 = 0 THEN 'quarantined' ELSE 'done' END")
    await fill(database, EVENTS, MANY, at=at, source="'stripe'", state="'understood'")
    state = "CASE n % 50 WHEN 0 THEN 'failed' WHEN 1 THEN 'due' WHEN 2 THEN 'parked' ELSE 'sent' END"
    await fill(database, MAILS, MANY, at=at, kind="'receipt'", state=state, settled=at)
    await fill(database, LINKS, MANY // 5, at=at, customer="'c'", granted="1")
    await analyse(database)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        await database.store.read(lambda tx: home.standing(tx, DOORS, START, TODAY.since))
        found = await database.store.read(lambda tx: home.tally(tx, DAYS))
        times.append(time.perf_counter() - began)
    assert sum(found.receipts) > 90_000
    assert min(times) < 0.1, times
