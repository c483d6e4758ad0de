"""Money given back: each refund once, with its sale, in any order, and never between test and live."""

import itertools
from dataclasses import replace

import pytest

from support.desk import ADA, Desk, at, bare, refund, rich
from worker.actions.match_refund import MORE_THAN_SALE
from worker.core.invoice import DocumentKind, Invoice
from worker.core.transaction import Customer, ExternalInvoice, Issuer, Kind, Payment
from worker.store.transactions import State

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
ONE = pytest.mark.parametrize("database", ["sqlite-inline"], indirect=True)
"""For orders and cases that differ in nothing that a database could mind."""


async def frozen(desk: Desk, source_id: str, source: str = "stripe") -> Invoice:
    document = await desk.document(source_id, source)
    assert document is not None
    return document.frozen


@ONE
@pytest.mark.parametrize("of", ["in_1", "ch_1", "pi_1"], ids=["by id", "by reference", "by a linked reference"])
@pytest.mark.parametrize("first", ["sale", "refund"])
async def test_a_full_refund_is_a_credit_note_of_its_sale(desk: Desk, of: str, first: str) -> None:
    await desk.link("evt_1", "ch_1", "pi_1")
    two = [rich("in_1", "ch_1"), refund("re_1", of)]
    for told in two if first == "sale" else two[::-1]:
        await desk.tell(told)
        await desk.issue()
    assert (desk.numbers, await desk.waiting()) == ([1, 2], {})
    sale, credit = await frozen(desk, "in_1"), await frozen(desk, "re_1")
    assert (credit.kind, credit.total, credit.buyer.email) == (DocumentKind.CREDIT_NOTE, 4900, "ada@example.com")
    assert credit.credits is not None
    assert (credit.credits.number, credit.credits.total) == (sale.number, 4900)
    assert credit.credits.issued_at == sale.issued_at
    assert sale.refunded == (4900 if first == "refund" else 0)
    assert len(await desk.mails()) == 2


@BOTH
async def test_a_refund_told_between_a_sale_and_its_receipt_stands_in_the_receipt(desk: Desk) -> None:
    await desk.tell(bare("ch_1", "ch_1"), refund("re_1", "ch_1", 900))
    await desk.issue()
    assert await desk.waiting() == {"sale": 1}
    await desk.later(30)
    assert (await frozen(desk, "ch_1")).refunded == 900
    assert desk.numbers == [1, 2]


@BOTH
async def test_several_partial_refunds_of_equal_amounts(desk: Desk) -> None:
    await desk.tell(rich("in_1", "ch_1"))
    for number in range(4):
        await desk.tell(refund(f"re_{number}", "in_1", 1000))
        await desk.issue()
    assert desk.numbers == [1, 2, 3, 4, 5]
    assert {(await desk.row(f"re_{number}")).flag for number in range(4)} == {None}


@ONE
@pytest.mark.parametrize("order", ["ccss", "cscs", "scsc", "sscc", "cssc"])
@pytest.mark.parametrize("issued", ["each", "at the end"])
async def test_refunds_of_equal_amounts_told_by_cart_and_processor(desk: Desk, order: str, issued: str) -> None:
    await refunded_by_both(desk, order, issued)


@BOTH
@pytest.mark.parametrize("order", ["ccss", "cssc"])
async def test_refunds_of_equal_amounts_issued_at_once(desk: Desk, order: str) -> None:
    await refunded_by_both(desk, order, "at once")


async def refunded_by_both(desk: Desk, order: str, issued: str) -> None:
    await desk.tell(rich("o-7", "ch_1"), source="thrivecart")
    await desk.tell(bare("ch_1", "ch_1"))
    await desk.issue()
    numbers = {"c": itertools.count(1), "s": itertools.count(1)}
    for teller in order:
        number = next(numbers[teller])
        if teller == "c":
            await desk.tell(refund(f"o-7:refund:{number}", "o-7", 1000), source="thrivecart")
        else:
            await desk.tell(refund(f"re_{number}", "ch_1", 1000, payment=Payment(references=(f"re_{number}",))))
        if issued == "each":
            await desk.issue()
    await (desk.issue_at_once() if issued == "at once" else desk.issue())
    await desk.later(3600)
    assert desk.numbers == [1, 2, 3]
    assert len(await desk.mails()) == 3


@BOTH
@pytest.mark.parametrize("order", ["cs", "sc"])
async def test_a_refund_told_twice_before_its_sale_counts_once(desk: Desk, order: str) -> None:
    for teller in order:
        if teller == "c":
            await desk.tell(refund("o-7:refund", "o-7", 1000), source="thrivecart")
        else:
            await desk.tell(refund("re_1", "ch_1", 1000))
        await desk.issue()
    await desk.tell(bare("ch_1", "ch_1"))
    await desk.tell(rich("o-7", "ch_1"), source="thrivecart")
    await desk.later(30)
    assert (await frozen(desk, "o-7", "thrivecart")).refunded == 1000
    assert (desk.numbers, await desk.waiting()) == ([1, 2], {})


@BOTH
async def test_a_refund_told_twice_with_a_common_reference_counts_once_whoever_says_more(desk: Desk) -> None:
    common = Payment(references=("re_1",))
    await desk.tell(rich("in_1", "ch_1"))
    await desk.tell(refund("re_1", "ch_1", 3000, payment=common))
    await desk.tell(refund("o-7:refund", "ch_1", 3000, payment=common, lines=rich("x").lines), source="thrivecart")
    await desk.issue()
    assert desk.numbers == [1, 2]
    await desk.tell(refund("re_2", "ch_1", 1900))
    await desk.issue()
    assert (await desk.row("re_2")).flag is None
    await desk.tell(refund("re_3", "ch_1", 1))
    await desk.issue()
    assert (await desk.row("re_3")).flag == MORE_THAN_SALE
    assert desk.numbers == [1, 2, 3, 4]


@BOTH
async def test_two_refunds_of_one_source_that_name_their_charge_are_two(desk: Desk) -> None:
    charge = Payment(references=("ch_1",))
    await desk.tell(rich("T-1", "ch_1"), source="api")
    for number in (1, 2):
        await desk.tell(refund(f"R-{number}", "T-1", 1000 * number, payment=charge, customer=ADA), source="api")
    await desk.issue()
    assert desk.numbers == [1, 2, 3]


@BOTH
async def test_more_than_the_sale_is_kept_and_flagged(desk: Desk) -> None:
    await desk.tell(rich("in_1"), refund("re_1", "in_1", 4900), refund("re_2", "in_1", 1))
    await desk.issue()
    assert [(await desk.row(name)).flag for name in ("re_1", "re_2")] == [None, MORE_THAN_SALE]
    assert desk.numbers == [1, 2, 3]


@ONE
async def test_a_refund_of_an_unknown_sale_waits_where_the_merchant_sees_it(desk: Desk) -> None:
    await desk.tell(refund("re_1", "ch_9"))
    for seconds in (0, 60, 3600, 86_400):
        await desk.later(seconds)
        assert await desk.waiting() == {"sale": 1}
    assert (await desk.outbox(), desk.issued) == ({}, [])


@ONE
async def test_a_sale_of_another_source_is_not_meant_by_its_id(desk: Desk) -> None:
    await desk.tell(rich("T-1"), source="api")
    await desk.tell(refund("R-1", "T-1"), source="stripe")
    await desk.issue()
    assert await desk.waiting() == {"sale": 1}


@ONE
@pytest.mark.parametrize("sale_is_test", [True, False])
@pytest.mark.parametrize("of", ["in_1", "ch_1"])
@pytest.mark.parametrize("first", ["sale", "refund"])
async def test_test_and_live_never_mix(desk: Desk, sale_is_test: bool, of: str, first: str) -> None:
    two = [rich("in_1", "ch_1", test=sale_is_test), refund("re_1", of, test=not sale_is_test)]
    for told in two if first == "sale" else two[::-1]:
        await desk.tell(told)
        await desk.issue()
    assert await desk.waiting() == {"sale": 1}
    assert (await frozen(desk, "in_1")).refunded == 0


@BOTH
async def test_a_refund_of_a_test_is_a_test_and_takes_no_number(desk: Desk) -> None:
    await desk.tell(rich("in_1", test=True), refund("re_1", "in_1", test=True))
    await desk.issue()
    assert (len(desk.issued), desk.numbers) == (2, [])
    assert (await frozen(desk, "re_1")).test


@ONE
async def test_a_refund_of_what_the_provider_invoiced_is_no_credit_note_of_ours(desk: Desk) -> None:
    theirs = ExternalInvoice(number="P-1", url="https://pay.example/P-1")
    await desk.tell(rich("in_1", "ch_1", invoice=theirs, occurred_at=at(-3600)))
    await desk.tell(refund("re_1", "ch_1"))
    await desk.issue()
    document = await desk.document("re_1")
    assert document is not None
    assert (document.frozen.kind, document.frozen.issuer) == (DocumentKind.REFUND_RECEIPT, Issuer.PROVIDER)
    assert document.number is None
    assert document.frozen.credits is not None
    sale = await frozen(desk, "in_1")
    assert sale.supplied_at < sale.issued_at
    assert (document.frozen.credits.number, document.frozen.credits.issued_at) == ("P-1", sale.supplied_at)


@BOTH
async def test_a_refund_waits_for_a_sale_that_waits_for_its_address(desk: Desk) -> None:
    await desk.tell(rich("in_1", customer=Customer(ref="cus_1")), refund("re_1", "in_1"))
    await desk.issue()
    assert await desk.waiting() == {"address": 1, "sale": 1}
    await desk.tell(bare("c-1", kind=Kind.CUSTOMER_CHANGED, total=None, customer=ADA))
    await desk.issue()
    assert (desk.numbers, await desk.waiting()) == ([1, 2], {})
    assert (await frozen(desk, "re_1")).buyer.email == "ada@example.com"


@BOTH
async def test_a_refund_by_another_source_finds_a_sale_that_a_link_brings_later(desk: Desk) -> None:
    await desk.tell(rich("in_1", "in_1"), refund("re_1", "pi_1"))
    await desk.issue()
    assert await desk.waiting() == {"sale": 1}
    await desk.link("inpay_1", "in_1", "pi_1")
    await desk.issue()
    assert desk.numbers == [1, 2]


@BOTH
async def test_a_refund_of_a_sale_told_twice_stays_with_it_when_the_tellings_become_one(desk: Desk) -> None:
    await desk.tell(rich("in_1", "in_1"), refund("re_1", "in_1", 1000))
    await desk.issue()
    await desk.tell(replace(bare("ch_1", "ch_1"), occurred_at=1))
    await desk.tell(refund("o-7:refund", "ch_1", 1000), source="thrivecart")
    await desk.link("inpay_1", "in_1", "ch_1")
    await desk.later(60)
    assert desk.numbers == [1, 2]
    assert (await desk.row("o-7:refund", "thrivecart")).state is State.MERGED


@BOTH
async def test_sums_so_far_bring_what_is_more_than_before(desk: Desk) -> None:
    await desk.tell(rich("in_1", "ch_1"))
    await desk.issue()
    sums = [refund(f"in_1:refunded:{total}", "in_1", total) for total in (1500, 2000, 4900)]
    for number, told in enumerate([*sums, *sums[::-1]]):
        await desk.tell_event(f"evt_{number}", told, so_far=True)
        await desk.issue()
    credits = [await frozen(desk, f"in_1:refunded:{total}") for total in (1500, 2000, 4900)]
    assert [credit.total for credit in credits] == [1500, 500, 2900]
    assert len(desk.issued) == 4


@ONE
async def test_a_sum_that_comes_behind_a_larger_one_says_nothing_new(desk: Desk) -> None:
    await desk.tell(rich("in_1", "ch_1"))
    for number, total in enumerate([4900, 1500]):
        await desk.tell_event(f"evt_{number}", refund(f"in_1:refunded:{total}", "in_1", total), so_far=True)
    await desk.issue()
    assert (await frozen(desk, "in_1:refunded:4900")).total == 4900
    assert len(desk.issued) == 2
