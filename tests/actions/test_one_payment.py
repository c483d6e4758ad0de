"""However often, by whomever and in whatever order a payment is told: it brings one receipt and one number."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest

from support.desk import ADA, Desk, at, bare, rich
from worker.core.transaction import Customer, ExternalInvoice, Payment, Transaction

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
ONE = pytest.mark.parametrize("database", ["sqlite-inline"], indirect=True)
"""For orders and cases that differ in nothing that a database could mind."""

Tellings = Sequence[tuple[str, Transaction]]

CHARGE_AND_INVOICE: Tellings = (("stripe", bare("ch_1", "ch_1", "pi_1")), ("stripe", rich("in_1", "in_1", "ch_1")))
CART_AND_PROCESSOR: Tellings = (("thrivecart", rich("order-7", "ch_1")), ("stripe", bare("ch_1", "ch_1", "pi_1")))
BOTH_RICH: Tellings = (("thrivecart", rich("order-7", "ch_1")), ("stripe", rich("in_1", "in_1", "ch_1")))
BOTH_BARE: Tellings = (("stripe", bare("ch_1", "ch_1")), ("paypal", bare("cap-1", "ch_1")))
TWINS: Tellings = (("stripe", bare("ch_1", "ch_1")), ("stripe", rich("in_1", "in_1", occurred_at=at(599))))
TWINS_OF_TWO: Tellings = (("stripe", bare("ch_1", "ch_1")), ("thrivecart", rich("o-7", "o-7", occurred_at=at(119))))
PAIRS = {
    "charge and invoice": CHARGE_AND_INVOICE,
    "cart and processor": CART_AND_PROCESSOR,
    "both with lines": BOTH_RICH,
    "both bare": BOTH_BARE,
    "twins of one source": TWINS,
    "twins of two sources": TWINS_OF_TWO,
}
EITHER_WAY = [
    pytest.param(order, id=f"{name}, {way}")
    for name, pair in PAIRS.items()
    for way, order in (("as it is", pair), ("turned round", pair[::-1]))
]


async def one_receipt(desk: Desk, tellings: Tellings) -> None:
    """Nothing is left to do, and all tellings belong to the one document that there is."""
    await desk.later(3600)
    documents = {await desk.document(told.id, source) for source, told in tellings}
    assert len(documents) == 1
    assert None not in documents
    assert (len(desk.issued), desk.numbers, await desk.waiting()) == (1, [1], {})
    assert await desk.outbox() == {"due": 1}
    assert len(await desk.mails()) == 1


@BOTH
@pytest.mark.parametrize("tellings", EITHER_WAY)
async def test_told_twice_before_it_is_issued(desk: Desk, tellings: Tellings) -> None:
    for source, told in tellings:
        await desk.tell(told, source=source)
    await one_receipt(desk, tellings)
    document = await desk.document(tellings[0][1].id, tellings[0][0])
    assert document is not None
    has_lines = any(told.lines for _, told in tellings)
    assert bool(document.frozen.lines) == has_lines


VISA = Payment("card", "visa", "4242", "2029-04", ("ch_1", "pi_1"))


@ONE
@pytest.mark.parametrize("way", [1, -1])
async def test_the_document_says_how_it_was_paid_where_only_the_charge_knows(desk: Desk, way: int) -> None:
    told = [bare("ch_1", payment=VISA), rich("in_1", payment=Payment("Stripe", references=("in_1", "ch_1")))]
    await desk.tell(*told[::way])
    await desk.later(3600)
    document = await desk.document("in_1")
    assert document is not None
    assert document.frozen.lines
    assert document.frozen.payment == replace(VISA, references=("in_1", "ch_1"))


@ONE
@pytest.mark.parametrize("tellings", EITHER_WAY)
async def test_told_again_when_it_was_issued_already(desk: Desk, tellings: Tellings) -> None:
    for source, told in tellings:
        await desk.tell(told, source=source)
        await desk.later(40)
    await one_receipt(desk, tellings)


@BOTH
@pytest.mark.parametrize("tellings", [pytest.param(pair, id=name) for name, pair in PAIRS.items()])
async def test_told_twice_at_once_and_issued_at_once(desk: Desk, tellings: Tellings) -> None:
    await desk.tell_at_once(tellings)
    await desk.database.pass_seconds(30)
    await desk.issue_at_once()
    await one_receipt(desk, tellings)


@ONE
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
async def test_three_tellings_of_which_only_one_links_the_others(desk: Desk, order: tuple[int, ...]) -> None:
    eve = Customer(email="ada@example.com")
    three = (
        ("stripe", bare("ch_1", "ch_1", customer=Customer(ref="cus_1"))),
        ("thrivecart", rich("o-7", "o-7", customer=eve, occurred_at=at(-300))),
        ("paypal", rich("p-1", "ch_1", "o-7", occurred_at=at(-300))),
    )
    for number in order:
        await desk.tell(three[number][1], source=three[number][0])
    await one_receipt(desk, three)


@BOTH
@pytest.mark.parametrize("linked_after", [0, 1, 2])
async def test_an_event_that_only_links_comes_at_any_time(desk: Desk, linked_after: int) -> None:
    # Too far apart for twins: only the link shows that they are one.
    tellings = [("stripe", bare("ch_1", "pi_1")), ("stripe", rich("in_1", "in_1", occurred_at=at(3600)))]
    for number in range(3):
        if number == linked_after:
            await desk.link("inpay_1", "in_1", "pi_1")
        if number < 2:
            await desk.tell(tellings[number][1])
    await one_receipt(desk, tellings)


@BOTH
async def test_a_link_that_comes_when_both_were_issued_makes_one_payment_of_two_receipts(desk: Desk) -> None:
    await desk.tell(bare("ch_1", "pi_1"), rich("in_1", "in_1", occurred_at=at(3600)))
    await desk.later(30)
    await desk.link("inpay_1", "in_1", "pi_1")
    assert await desk.document("ch_1") == await desk.document("in_1")
    assert desk.numbers == [1, 2]


@BOTH
async def test_a_link_joins_tests_too(desk: Desk) -> None:
    tellings = [bare("ch_1", "pi_1", test=True), rich("in_1", "in_1", test=True, occurred_at=at(3600))]
    await desk.tell(*tellings)
    await desk.link("inpay_1", "in_1", "pi_1")
    await desk.later(60)
    assert len(desk.issued) == 1


@BOTH
async def test_links_with_what_an_event_tells_besides(desk: Desk) -> None:
    await desk.tell(bare("ch_1", "pi_1"))
    await desk.tell_event("evt_1", rich("in_1", "in_1", occurred_at=at(3600)), linked=("in_1", "pi_1"))
    await one_receipt(desk, [("stripe", bare("ch_1")), ("stripe", rich("in_1"))])


@BOTH
async def test_forty_payments_told_by_two_sources_at_once(desk: Desk) -> None:
    tellings: list[tuple[str, Transaction]] = []
    for number in range(40):
        customer = Customer(email=f"c{number % 5}@example.com", ref=f"cus_{number % 5}")
        changes = {"customer": customer, "occurred_at": at(number * 3600)}
        tellings.append(("thrivecart", rich(f"o-{number}", f"ch_{number}", **changes)))
        tellings.append(("stripe", bare(f"ch_{number}", f"ch_{number}", f"pi_{number}", **changes)))
    await desk.tell_at_once(tellings)
    await desk.database.pass_seconds(30)
    await desk.issue_at_once()
    assert desk.numbers == list(range(1, 41))
    assert await desk.outbox() == {"due": 40}


TWO_PURCHASES = {
    "two charges": (bare("ch_1"), bare("ch_2")),
    "two invoices": (rich("in_1"), rich("in_2")),
    "eleven minutes apart": (bare("ch_1"), rich("in_1", occurred_at=at(660))),
    "another amount": (bare("ch_1"), rich("in_1", total=4901)),
    "another currency": (bare("ch_1"), rich("in_1", currency="USD")),
    "another customer": (bare("ch_1"), rich("in_1", customer=Customer(email="eve@example.com"))),
}


@ONE
@pytest.mark.parametrize("two", TWO_PURCHASES.values(), ids=TWO_PURCHASES)
async def test_two_purchases_stay_two(desk: Desk, two: tuple[Transaction, ...]) -> None:
    await desk.tell(*two)
    await desk.later(30)
    assert desk.numbers == [1, 2]


@ONE
async def test_two_purchases_of_two_sources_stay_two_when_they_are_minutes_apart(desk: Desk) -> None:
    await desk.tell(bare("ch_1"))
    await desk.tell(rich("o-1", occurred_at=at(121)), source="thrivecart")
    await desk.later(30)
    assert desk.numbers == [1, 2]


@ONE
async def test_the_api_tells_each_sale_once(desk: Desk) -> None:
    await desk.tell(bare("T-1"))
    await desk.tell(rich("T-2"), source="api")
    await desk.later(30)
    assert desk.numbers == [1, 2]


@BOTH
async def test_a_test_and_a_live_payment_are_never_one(desk: Desk) -> None:
    await desk.tell(bare("ch_1", "ch_1", test=True), rich("in_1", "ch_1"))
    await desk.later(30)
    assert desk.numbers == [1]
    assert len(desk.issued) == 2


@ONE
@pytest.mark.parametrize("order", ["bbrr", "rrbb", "brbr", "rbbr"])
async def test_two_twice_told_purchases_of_one_amount_bring_two_receipts(desk: Desk, order: str) -> None:
    charges = iter((bare("ch_1", "ch_1"), bare("ch_2", "ch_2")))
    invoices = iter((rich("in_1", "in_1"), rich("in_2", "in_2", occurred_at=at(60))))
    tellings = {"b": charges, "r": invoices}
    for one in order:
        await desk.tell(next(tellings[one]))
    await desk.later(30)
    assert desk.numbers == [1, 2]
    assert len({(await desk.row(name)).payment_id for name in ("ch_1", "ch_2", "in_1", "in_2")}) == 2


@ONE
async def test_a_subscription_told_in_five_ways_brings_one_receipt(desk: Desk) -> None:
    """As Stripe tells it today: neither session nor invoice names the charge, and no event has to come."""
    tellings = (bare("ch_1", "ch_1", "pi_1"), bare("cs_1", "cs_1", "in_1"), rich("in_1", "in_1"))
    for order in itertools.permutations(tellings):
        marked = f"{order[0].id}{order[1].id}"
        ada = replace(ADA, ref=f"cus_{marked}", email=f"{marked}@example.com")
        renamed = [
            replace(
                each,
                id=f"{each.id}_{marked}",
                customer=ada,
                payment=replace(each.payment, references=tuple(f"{r}_{marked}" for r in each.payment.references)),
            )
            for each in order
        ]
        await desk.tell(*renamed)
        await desk.later(30)
    assert desk.numbers == [1, 2, 3, 4, 5, 6]


@ONE
async def test_two_purchases_whose_events_cross_stay_two(desk: Desk) -> None:
    """The second purchase's session comes before its charge: its payment intent shows that it is not the first's."""
    sessions = [bare(f"cs_{n}", f"cs_{n}", f"pi_{n}") for n in (1, 2)]
    charges = [bare(f"ch_{n}", f"ch_{n}", f"pi_{n}") for n in (1, 2)]
    await desk.tell(charges[0], sessions[1], charges[1], sessions[0])
    await desk.later(30)
    assert desk.numbers == [1, 2]


@BOTH
async def test_two_twice_told_purchases_at_once(desk: Desk) -> None:
    four = [bare("ch_1", "ch_1"), rich("in_1", "in_1"), bare("ch_2", "ch_2"), rich("in_2", "in_2")]
    await desk.tell_at_once([("stripe", each) for each in four])
    await desk.database.pass_seconds(30)
    await desk.issue_at_once()
    assert desk.numbers == [1, 2]


@BOTH
async def test_the_document_gathers_what_all_tellings_say(desk: Desk) -> None:
    address_known = replace(ADA, ref=None, name=None, company="Analytical Engines")
    await desk.tell(bare("ch_1", "ch_1", invoice=ExternalInvoice(number="X-1")), source="paypal")
    await desk.tell(rich("o-7", "ch_1", customer=address_known), source="thrivecart")
    await desk.issue()
    document = await desk.document("o-7", "thrivecart")
    assert document is not None
    buyer = document.frozen.buyer
    assert (buyer.name, buyer.company, buyer.email) == ("Ada L.", "Analytical Engines", "ada@example.com")
