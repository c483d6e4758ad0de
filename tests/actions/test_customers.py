"""Who a transaction speaks of: found by reference or email, filled where empty, and mailed once an address is known."""

import itertools
from dataclasses import replace

import pytest

from support.desk import ADA, Desk, at, bare, rich
from worker.actions.fix_email import CantFix, Correction, Fixed, fix_email
from worker.core.transaction import Address, Customer, Kind, Transaction
from worker.store import customers, outbox

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
ONE = pytest.mark.parametrize("database", ["sqlite-inline"], indirect=True)
REF = Customer(ref="cus_1")
EVE = Customer(email="eve@example.com", name="Eve")


def customer_event(source_id: str, customer: Customer) -> Transaction:
    return Transaction(id=source_id, kind=Kind.CUSTOMER_CHANGED, occurred_at=at(0), customer=customer)


async def fix(desk: Desk, old: str, new: str) -> Fixed | CantFix:
    fresh = desk.fresh
    return await desk.store.write(lambda tx: fix_email(tx, Correction(old, new), desk.policy, fresh))


async def recipients(desk: Desk) -> list[str]:
    """Where the mails that are not settled go, oldest first."""
    customer = await desk.customer()
    mails = await desk.store.read(lambda tx: outbox.of_customer(tx, customer.id))
    return [mail.recipient for mail in reversed(mails) if mail.settled_at is None]


@BOTH
async def test_a_sale_without_email_waits_until_its_customer_says_one(desk: Desk) -> None:
    await desk.tell(rich("in_1", customer=replace(REF, name="Ada L.")))
    await desk.issue()
    assert (await desk.waiting(), desk.issued) == ({"address": 1}, [])
    await desk.tell(customer_event("evt_1", replace(REF, email="ada@example.com")))
    assert len(await desk.due()) == 1
    await desk.issue()
    assert [mail.recipient for mail in await desk.mails()] == ["ada@example.com"]
    document = await desk.document("in_1")
    assert document is not None
    assert document.frozen.buyer.name == "Ada L."


@BOTH
async def test_an_email_that_is_anothers_makes_the_two_one(desk: Desk) -> None:
    await desk.tell(rich("T-1", customer=replace(ADA, ref=None, name=None)), source="api")
    await desk.tell(rich("in_1", customer=replace(REF, name="Ada L.", address=Address(city="Leeds"))))
    await desk.issue()
    mine = await desk.customer()
    await desk.tell(customer_event("evt_1", replace(REF, email="ADA@example.com")))
    await desk.issue()
    merged = await desk.customer()
    assert (merged.id, await desk.customer_by_ref("cus_1"), desk.numbers) == (mine.id, merged, [1, 2])
    assert (merged.email, merged.name, merged.address) == ("ada@example.com", "Ada L.", Address(city="Leeds"))
    assert {(await desk.row("in_1")).customer_id, (await desk.row("T-1", "api")).customer_id} == {mine.id}


@ONE
async def test_a_thousand_sales_wait_for_one_address(desk: Desk) -> None:
    await desk.tell(*(rich(f"in_{n}", customer=REF, occurred_at=at(-n)) for n in range(1000)))
    await desk.issue()
    assert await desk.waiting() == {"address": 1000}
    await desk.tell(customer_event("evt_1", replace(REF, email="ada@example.com")))
    assert len(await desk.due()) == 1000
    await desk.issue()
    assert desk.numbers == list(range(1, 1001))


@ONE
async def test_a_guests_charge_gets_its_checkout_later(desk: Desk) -> None:
    await desk.tell(bare("ch_1", "pi_1", customer=Customer()))
    await desk.later(30)
    assert await desk.waiting() == {"address": 1}
    await desk.later(7200)
    await desk.tell(bare("cs_1", "cs_1", "pi_1"))
    await desk.later(30)
    assert (desk.numbers, await desk.waiting(), len(await desk.mails())) == ([1], {}, 1)


@ONE
async def test_a_guests_charge_gets_a_link_to_its_issued_invoice_later(desk: Desk) -> None:
    await desk.tell(bare("ch_1", "pi_1", customer=Customer()), rich("in_1", "in_1"))
    await desk.later(30)
    assert await desk.waiting() == {"address": 1}
    await desk.link("inpay_1", "in_1", "pi_1")
    await desk.issue()
    assert (desk.numbers, await desk.waiting()) == ([1], {})


@ONE
async def test_the_reference_decides_before_the_email(desk: Desk) -> None:
    await desk.tell(rich("in_1"), rich("in_2", customer=EVE, occurred_at=1))
    await desk.tell(rich("in_3", customer=replace(ADA, email="eve@example.com"), occurred_at=2))
    ada, eve = await desk.customer(), await desk.customer("eve@example.com")
    assert ada.id != eve.id
    assert (await desk.row("in_3")).customer_id == ada.id
    assert (ada.email, eve.name) == ("ada@example.com", "Eve")


@ONE
async def test_a_reference_of_one_source_is_nobodys_at_another(desk: Desk) -> None:
    await desk.tell(rich("in_1"))
    await desk.tell(rich("T-1", customer=replace(EVE, ref="cus_1")), source="api")
    assert (await desk.row("in_1")).customer_id != (await desk.row("T-1", "api")).customer_id


@BOTH
async def test_only_empty_fields_are_filled(desk: Desk) -> None:
    await desk.tell(rich("in_1", customer=replace(ADA, company=" ")))
    more = Customer(
        email="Ada@Example.com",
        ref="cus_1",
        name="Mrs Lovelace",
        company="Engines",
        tax_id="GB1",
        phone="1",
        locale="de",
        address=Address(city="Leeds", country="GB"),
    )
    await desk.tell(rich("in_2", customer=more))
    await desk.tell(rich("in_3", customer=replace(more, company="Other", address=Address(city="York"), locale="fr")))
    found = await desk.customer()
    assert (found.name, found.company, found.tax_id, found.phone) == ("Ada L.", "Engines", "GB1", "1")
    assert (found.locale, found.address, found.email) == ("de", Address(city="Leeds", country="GB"), "ada@example.com")


@ONE
async def test_a_strangers_purchase_with_somebodys_email_rewrites_nothing(desk: Desk) -> None:
    await desk.tell(rich("in_1"))
    stranger = Customer(email="ada@example.com", ref="cus_evil", name="Mallory", phone="666")
    await desk.tell(rich("o-1", customer=stranger), source="thrivecart")
    await desk.issue()
    found = await desk.customer()
    assert (found.name, found.email) == ("Ada L.", "ada@example.com")
    assert await desk.customer_by_ref("cus_evil", "thrivecart") == found
    document = await desk.document("o-1", "thrivecart")
    assert document is not None
    assert document.frozen.buyer.name == "Mallory"
    assert {mail.recipient for mail in await desk.mails()} == {"ada@example.com"}


@BOTH
async def test_first_purchases_of_one_email_at_once_make_one_customer(desk: Desk) -> None:
    tellings = [
        (source, rich(f"T-{n}", occurred_at=at(-3600 * n), customer=replace(ADA, ref=ref)))
        for n, (source, ref) in enumerate(itertools.product(("api", "stripe", "thrivecart"), (None, "a", "b", "c")))
    ]
    await desk.tell_at_once(tellings)
    rows = [await desk.row(told.id, source) for source, told in tellings]
    assert {row.customer_id for row in rows} == {(await desk.customer()).id}
    await desk.issue_at_once()
    assert desk.numbers == list(range(1, 13))


@BOTH
async def test_first_purchases_of_one_reference_at_once_make_one_customer(desk: Desk) -> None:
    emails = [None, "ada@example.com", "ada@example.com", "Ada@example.com"] * 3
    tellings = [
        ("stripe", rich(f"T-{n}", occurred_at=at(-3600 * n), customer=replace(REF, email=email)))
        for n, email in enumerate(emails)
    ]
    await desk.tell_at_once(tellings)
    assert {(await desk.row(told.id)).customer_id for _, told in tellings} == {(await desk.customer()).id}
    await desk.later(120)
    assert desk.numbers == list(range(1, 13))


@BOTH
async def test_a_fixed_email_is_where_everything_goes_from_now_on(desk: Desk) -> None:
    typo = Customer(email="Ada@exmaple.com", name="Ada L.")
    await desk.tell(rich("T-1", customer=typo), source="api")
    await desk.issue()
    await desk.tell(rich("T-2", customer=typo), source="api")
    fixed = await fix(desk, "ada@exmaple.com", "ada@example.com")
    assert isinstance(fixed, Fixed)
    await desk.tell(rich("T-3", customer=typo, kind=Kind.RENEWAL), source="api")
    desk.policy = replace(desk.policy, receipts=replace(desk.policy.receipts, recurring=True))
    await desk.issue()
    assert await recipients(desk) == ["ada@example.com"] * 3
    found = await desk.known("ada@exmaple.com")
    assert found == await desk.customer()
    assert found.email == "ada@example.com"


@ONE
async def test_a_mistyped_address_that_was_fixed_gets_no_mail_of_a_merged_telling_either(desk: Desk) -> None:
    typo = Customer(email="ada@exmaple.com", ref="cus_1")
    await desk.tell(rich("in_1", customer=typo))
    await desk.issue()
    await fix(desk, "ada@exmaple.com", "ada@example.com")
    await desk.tell(rich("in_2", "ch_2", customer=typo), bare("ch_2", "ch_2", customer=Customer(email=typo.email)))
    await desk.issue()
    assert await recipients(desk) == ["ada@example.com"] * 2


@BOTH
async def test_an_email_is_fixed_back(desk: Desk) -> None:
    await desk.tell(rich("in_1"))
    await desk.issue()
    assert isinstance(await fix(desk, "ada@example.com", "ada@work.example"), Fixed)
    assert isinstance(await fix(desk, "ada@work.example", "ada@example.com"), Fixed)
    await desk.tell(rich("in_2"))
    await desk.issue()
    assert await recipients(desk) == ["ada@example.com"] * 2


@ONE
async def test_what_can_not_be_fixed(desk: Desk) -> None:
    await desk.tell(rich("in_1"), rich("in_2", customer=EVE))
    assert await fix(desk, "ada@example.com", "ADA@example.com") is CantFix.SAME
    assert await fix(desk, "nobody@example.com", "x@example.com") is CantFix.UNKNOWN
    assert await fix(desk, "ada@example.com", "eve@example.com") is CantFix.TAKEN
    assert await desk.known("x@example.com") is None
    assert (await desk.customer()).email == "ada@example.com"


@ONE
async def test_a_merged_customer_leaves_nothing_behind(desk: Desk) -> None:
    await desk.tell(rich("in_1", customer=REF), rich("in_2", customer=replace(ADA, ref="cus_2")))
    gone = await desk.customer_by_ref("cus_1")
    assert gone is not None
    await desk.tell(customer_event("evt_1", replace(REF, email="ada@example.com")))
    assert await desk.store.read(lambda tx: customers.by_id(tx, gone.id)) is None
    kept = await desk.customer()
    assert await desk.store.read(lambda tx: customers.refs(tx, kept.id)) == [("stripe", "cus_1"), ("stripe", "cus_2")]
