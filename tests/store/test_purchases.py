"""What a customer bought: newest first, page by page, found by words and amount, and never anybody else's."""

from dataclasses import replace
from decimal import Decimal

import pytest

from support.databases import START, Database
from support.desk import Desk, bare, refund, rich
from worker.core.entry import Entry, entry_of
from worker.core.instant import DAY, SECOND
from worker.core.transaction import Customer, Kind, Line, Subscription
from worker.store import purchases
from worker.store.engine import Store, Tx
from worker.store.purchases import Purchase, Wanted

ADA, GRACE = "ada@example.com", "grace@example.org"
EVERYTHING = Wanted()

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
async def desk(database: Database) -> Desk:
    """Ada bought seven things and got one back, Grace bought one."""
    desk = Desk(database)
    for number in range(7):
        lines = (Line(f"Thing no. {number}, 100% linen_{number}", Decimal(1), 1000 + number),)
        await desk.tell(rich(f"A-{number}", total=1000 + number, lines=lines))
        await desk.later(1)
    await desk.tell(refund("R-0", "A-0", total=1000))
    await desk.tell(rich("G-0", customer=Customer(email=GRACE), lines=(Line("Secret", Decimal(1), 4900),)))
    await desk.later(1)
    return desk


async def found(desk: Desk, wanted: Wanted = EVERYTHING, most: int = 50, address: str = ADA) -> list[Purchase]:
    customer = await desk.customer(address)
    return await desk.store.read(lambda tx: purchases.page(tx, customer.id, wanted, most))


def totals(rows: list[Purchase]) -> list[int]:
    return [row.entry.total for row in rows]


async def test_page_by_page_every_document_comes_once(desk: Desk) -> None:
    whole, wanted, pages = await found(desk), Wanted(), []
    while rows := await found(desk, wanted, most=3):
        pages.append(rows)
        wanted = Wanted(before=(rows[-1].issued_at, rows[-1].id))

    assert [len(rows) for rows in pages] == [3, 3, 2]
    assert [row for rows in pages for row in rows] == whole
    assert totals(whole) == [1000, 1006, 1005, 1004, 1003, 1002, 1001, 1000]
    customer = await desk.customer(ADA)
    assert await desk.store.read(lambda tx: purchases.newest(tx, customer.id, 5)) == whole[:5]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(group="refunds"), [1000]),
        (Wanted(group="payments", total=1003, words="no such words"), [1003]),
        (Wanted(words="NO. 4"), [1004]),
        (Wanted(words="100%"), [1006, 1005, 1004, 1003, 1002, 1001, 1000]),
        (Wanted(words="n_5"), [1005]),
        (Wanted(words="_"), [1006, 1005, 1004, 1003, 1002, 1001, 1000]),
        (Wanted(words="\\"), []),
        (Wanted(words="description"), []),
        (Wanted(words="Secret"), []),
        (Wanted(words="' OR 1=1 --"), []),
    ],
)
async def test_words_and_amounts_find_what_has_them(desk: Desk, wanted: Wanted, expected: list[int]) -> None:
    assert totals(await found(desk, wanted)) == expected


async def test_a_number_finds_its_invoice(desk: Desk) -> None:
    number = (await found(desk))[3].entry.number
    assert number in {row.entry.number for row in await found(desk, Wanted(words=number))}


async def test_a_document_is_its_own_customer_s_alone(desk: Desk) -> None:
    ada, grace = await desk.customer(ADA), await desk.customer(GRACE)
    [hers] = await found(desk, address=GRACE)

    async def both(tx: Tx) -> list[Entry | None]:
        found = [await purchases.document(tx, customer.id, hers.id) for customer in (grace, ada)]
        return [entry_of(each) if each else None for each in found]

    assert await desk.store.read(both) == [hers.entry, None]


async def test_what_was_told_of_subscriptions_is_the_customer_s_own(store: Store, database: Database) -> None:
    desk, plan = Desk(database), Subscription("sub_1", "month")
    changed = replace(plan, status="paused")
    await desk.tell(rich("A-1", subscription=plan), rich("A-2"))
    later = START + DAY
    await desk.tell(bare("A-3", kind=Kind.SUBSCRIPTION_CHANGED, total=None, subscription=changed, occurred_at=later))
    other = replace(plan, ref="sub_9")
    await desk.tell(rich("G-1", customer=Customer(email=GRACE), subscription=other, occurred_at=START + SECOND))
    await desk.issue()
    ada = await desk.customer(ADA)

    tellings = await store.read(lambda tx: purchases.tellings(tx, ada.id))

    assert [(each.source, each.told.subscription) for each in tellings] == [("stripe", changed), ("stripe", plan)]
