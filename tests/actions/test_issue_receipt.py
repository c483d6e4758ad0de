"""Documents: numbered without gaps where we invoice, frozen for ever, and mailed in the style that was chosen."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from support.desk import ADA, Desk, at, refund, rich
from worker.actions.issue_receipt import Issued, Result, issue_receipt
from worker.core.invoice import DocumentKind, Seller
from worker.core.transaction import Address, Customer, ExternalInvoice, Issuer, Kind, Line, Style
from worker.store.engine import Tx

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
ONE = pytest.mark.parametrize("database", ["sqlite-inline"], indirect=True)


@BOTH
async def test_two_hundred_numbers_at_once_have_no_gap_though_some_fail(desk: Desk) -> None:
    tellings = [("api", rich(f"T-{n}", customer=Customer(email=f"c{n % 7}@example.com"))) for n in range(200)]
    await desk.tell_at_once(tellings)
    stores, fresh = (desk.store, await desk.database.another()), desk.fresh

    async def fails(tx: Tx, transaction_id: str) -> None:
        issued = await issue_receipt(tx, transaction_id, desk.policy, fresh)
        raise LookupError(issued.number)

    due = await desk.due()
    failing = [stores[n % 2].write(lambda tx, each=each: fails(tx, each)) for n, each in enumerate(due[::3])]  # type: ignore[misc]
    ends = asyncio.gather(*failing, return_exceptions=True)
    await asyncio.gather(desk.issue_at_once(), ends)
    failed = [end for end in await ends if isinstance(end, LookupError)]
    assert len(failed) == len(failing)
    assert any(error.args[0] is not None for error in failed)  # a number was taken, and is given back
    await desk.issue()
    assert desk.numbers == list(range(1, 201))
    assert await desk.outbox() == {"due": 200}


@BOTH
async def test_a_number_is_taken_whatever_the_style_and_also_when_no_mail_goes(desk: Desk) -> None:
    for style in Style:
        await desk.tell(rich(f"T-{style}", receipt_style=style), source="api")
    await desk.tell(rich("T-renewal", kind=Kind.RENEWAL), source="api")
    issued = await desk.issue()
    assert [(each.style, each.mail is not None) for each in issued] == [
        (Style.INVOICE, True),
        (Style.SIMPLE, True),
        (Style.NONE, False),
        (Style.NONE, False),
    ]
    assert desk.numbers == [1, 2, 3, 4]
    assert [mail.params["style"] for mail in await desk.mails()] == ["invoice", "simple"]


@BOTH
async def test_no_number_is_taken_for_what_others_invoice_or_for_tests(desk: Desk) -> None:
    desk.policy = replace(desk.policy, issuers={"paddle": Issuer.PROVIDER})
    await desk.tell(rich("p-1"), rich("p-2", invoice=ExternalInvoice(number="X-2")), source="paddle")
    await desk.tell(rich("in_1", "in_1", invoice=ExternalInvoice(number="X-1"), occurred_at=at(-9999)))
    await desk.tell(rich("t-1", test=True), source="api")
    await desk.issue()
    found = [await desk.document(*each) for each in (("p-1", "paddle"), ("p-2", "paddle"), ("in_1", "stripe"))]
    assert [each and (each.frozen.kind, each.number) for each in found] == [
        (DocumentKind.RECEIPT, None),
        (DocumentKind.RECEIPT, "X-2"),
        (DocumentKind.RECEIPT, "X-1"),
    ]
    test = await desk.document("t-1", "api")
    assert test is not None
    assert (test.number, test.frozen.test) == (None, True)
    await desk.tell(rich("T-1"), source="api")
    assert [each.number for each in await desk.issue()] == ["1"]


@BOTH
async def test_the_safe_start_says_that_the_provider_invoices_only_where_it_does(desk: Desk) -> None:
    """`connect` writes that we don't; that Stripe does is known only where it tells an invoice of its own."""
    desk.policy = replace(desk.policy, issuers={"stripe": Issuer.PROVIDER}, usual_issuers={"paddle": Issuer.PROVIDER})
    numbered = ExternalInvoice(number="X-2")
    await desk.tell(rich("in_1", "ch_1"), rich("in_2", "ch_2", total=5000, invoice=numbered, occurred_at=at(-9999)))
    await desk.tell(rich("p-1", occurred_at=at(-99_999)), source="paddle")
    await desk.issue()
    await desk.tell(refund("re_1", "ch_1", 100), refund("re_2", "ch_2", 100))
    await desk.later(60)
    told = ("in_1", "in_2", "re_1", "re_2")
    found = [*[await desk.document(each) for each in told], await desk.document("p-1", "paddle")]
    assert [each and each.frozen.invoiced_there for each in found] == [False, True, False, True, True]
    assert {each and each.frozen.issuer for each in found} == {Issuer.PROVIDER}


@BOTH
async def test_the_series_starts_where_the_merchant_says_and_never_goes_back(desk: Desk) -> None:
    numbers = []
    for n, start in enumerate((5, 5, 3, 100, 1)):
        desk.policy = replace(desk.policy, number_start=start, number_prefix="R-" if n else "")
        await desk.tell(rich(f"T-{n}"), source="api")
        numbers += [each.number for each in await desk.issue()]
    assert numbers == ["5", "R-6", "R-7", "R-100", "R-101"]


@ONE
async def test_what_was_issued_says_for_ever_what_it_said(desk: Desk) -> None:
    await desk.tell(rich("T-1", customer=ADA), source="api")
    await desk.issue()
    before = await desk.document("T-1", "api")
    desk.policy = replace(desk.policy, seller=Seller("Other"), number_prefix="X-", timezone="Asia/Tokyo", locale="de")
    later = replace(ADA, address=Address(city="Leeds"))
    await desk.tell(rich("T-2", customer=later), refund("R-1", "T-1", 100), source="api")
    await desk.issue()
    assert await desk.document("T-1", "api") == before
    after = await desk.document("T-2", "api")
    assert after is not None
    assert (after.frozen.seller.name, after.frozen.locale, after.frozen.timezone) == ("Other", "de", "Asia/Tokyo")


@ONE
async def test_the_most_detailed_of_the_products_styles_is_taken(desk: Desk) -> None:
    products = {"a": Style.NONE, "b": Style.SIMPLE}
    desk.policy = replace(desk.policy, receipts=replace(desk.policy.receipts, product_styles=products))
    lines = tuple(Line(name, Decimal(1), 2450, product=name) for name in ("a", "b"))
    await desk.tell(rich("T-1", lines=lines), rich("T-2", lines=lines[:1], total=2450), source="api")
    assert [each.style for each in await desk.issue()] == [Style.SIMPLE, Style.NONE]


@BOTH
async def test_a_transaction_is_settled_once(desk: Desk) -> None:
    await desk.tell(rich("T-1"), source="api")
    (due,) = await desk.due()
    other = await desk.database.another()
    ends = await asyncio.gather(*(desk.issue_one(due, store) for store in (desk.store, other) * 10))
    assert sorted(end.result for end in ends) == [Result.ISSUED] + [Result.TAKEN] * 19
    assert await desk.issue_one("nothing") == Issued(Result.TAKEN, "nothing")


@ONE
async def test_money_without_an_amount_is_an_error_that_leaves_nothing_behind(desk: Desk) -> None:
    await desk.tell(rich("T-1", total=None), source="stripe")
    (due,) = await desk.due()
    with pytest.raises(AssertionError, match="only money"):
        await desk.issue_one(due)
    assert await desk.due() == [due]
    await desk.tell(rich("T-2"), source="api")
    fresh = desk.fresh
    (number,) = [each.number for each in await asyncio.gather(desk.issue_one((await desk.due())[1]))]
    assert (number, fresh.now) == ("1", desk.clock.now())
