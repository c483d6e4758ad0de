"""Several accounts and providers, one customer: their references stay apart, and the history is one."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sources.goldens import body_of
from sources.proving import PROVERS
from support.databases import START
from support.desk import Desk, bare, refund, rich
from worker.core.instant import DAY, MINUTE
from worker.core.transaction import Customer, Payment, Transaction
from worker.sources import SOURCES
from worker.sources.event import RawEvent, Told
from worker.store import purchases

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


def read(kind: str, body: bytes | None = None) -> Sequence[Transaction]:
    """What a provider's real event tells."""
    found = SOURCES[kind].read(RawEvent({}, body or PROVERS[kind].body, START))
    assert isinstance(found, Told)
    return found.transactions


async def bought(desk: Desk, address: str) -> list[tuple[str, int]]:
    """A customer's purchases as the hub lists them, by currency and total."""
    customer = await desk.customer(address)
    found = await desk.store.read(lambda tx: purchases.newest(tx, customer.id, 50))
    return sorted((each.entry.currency, each.entry.total) for each in found)


@BOTH
async def test_two_accounts_of_one_provider_keep_their_references_apart(desk: Desk) -> None:
    """`[sources.stripe]` and `[sources.second] kind = "stripe"`: the same ids mean other customers and payments."""
    ada, ben = (Customer(ref="cus_1", email=f"{name}@example.com") for name in ("ada", "ben"))
    await desk.tell(rich("in_1", "ch_1", customer=ada), source="stripe")
    await desk.tell(rich("in_1", "ch_2", customer=ben), source="second")
    await desk.later(1)

    assert len(desk.issued) == 2
    first, second = await desk.customer_by_ref("cus_1"), await desk.customer_by_ref("cus_1", "second")
    assert first is not None
    assert second is not None
    assert (first.email, second.email) == ("ada@example.com", "ben@example.com")

    await desk.tell(refund("re_1", "in_1", 900), source="second")
    await desk.later(1)
    assert [len(await desk.mails(address)) for address in ("ada@example.com", "ben@example.com")] == [1, 2]


@BOTH
async def test_a_customer_of_both_accounts_has_one_history(desk: Desk) -> None:
    ada = "ada@example.com"
    await desk.tell(rich("in_1", "ch_1", customer=Customer(ref="cus_1", email=ada)), source="stripe")
    later = replace(rich("in_9", "ch_9", customer=Customer(ref="cus_7", email=ada)), occurred_at=START + DAY)
    await desk.tell(later, source="second")
    await desk.later(1)

    assert await bought(desk, ada) == [("EUR", 4900), ("EUR", 4900)]
    assert await desk.customer_by_ref("cus_1") == await desk.customer_by_ref("cus_7", "second")


@BOTH
async def test_who_bought_in_three_places_sees_one_history(desk: Desk) -> None:
    [sale] = read("paddle")
    assert sale.customer.ref is not None
    [known] = read("paddle", body_of("paddle", "customer.created.json"))
    ada = replace(known, customer=replace(known.customer, ref=sale.customer.ref, email="ada@example.com"))
    for kind, told in (("stripe", read("stripe")), ("paddle", [sale, ada]), ("gumroad", read("gumroad"))):
        assert await desk.tell(*told, source=kind)
    await desk.later(120)

    assert await bought(desk, "ada@example.com") == [("EUR", 5831), ("USD", 2900), ("USD", 65215)]
    assert len(await desk.mails("ada@example.com")) == 3
    assert await desk.waiting() == {}


@BOTH
@pytest.mark.parametrize("turned", [False, True], ids=["order first", "capture first"])
async def test_paypals_capture_and_the_carts_order_are_one_receipt(desk: Desk, turned: bool) -> None:
    [capture] = read("paypal")
    order = rich(
        "41000556",
        *capture.payment.references[:1],
        "thrivecart:41000556",
        total=capture.total,
        customer=Customer(email="ada@example.com"),
        lines=(replace(rich("x").lines[0], unit_amount=capture.total or 0),),
        occurred_at=capture.occurred_at,
    )
    told = [("thrivecart", order), ("paypal", capture)]
    for source, each in told[::-1] if turned else told:
        await desk.tell(each, source=source)
    await desk.later(120)

    assert len(desk.issued) == 1
    assert len(await desk.mails("ada@example.com")) == 1
    assert await desk.waiting() == {}


@BOTH
async def test_the_same_sum_in_two_shops_is_two_purchases(desk: Desk) -> None:
    """Accounts of one customer that are further apart than a cart and its processor."""
    ada = Customer(email="ada@example.com")
    paid = replace(
        bare("ch_2", "ch_2", customer=ada), occurred_at=START + 10 * MINUTE, payment=Payment(references=("ch_2",))
    )
    await desk.tell(bare("ch_1", "ch_1", customer=ada), source="stripe")
    await desk.tell(paid, source="second")
    await desk.later(120)
    assert len(desk.issued) == 2
