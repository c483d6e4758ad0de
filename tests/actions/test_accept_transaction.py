"""The same id told twice is a duplicate; with other content it is a conflict and changes nothing."""

import json
from dataclasses import replace

import pytest

from support.desk import ADA, Desk, at, bare, refund, rich
from worker.actions.accept_transaction import AHEAD, SUMS_DIFFER, Answer
from worker.core.acceptance import read
from worker.core.transaction import Customer, Kind, Transaction
from worker.store.transactions import State

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)

JSON: dict[str, object] = {
    "id": "T-1",
    "kind": "sale",
    "occurred_at": "2026-11-22T18:48:00Z",
    "currency": "EUR",
    "total": 5831,
    "customer": {"email": "Ada@example.com", "name": "Ada L."},
    "lines": [{"description": "Course", "quantity": 1, "unit_amount": 4900, "tax_rate": "19", "tax_amount": 931}],
}
LINE = {"description": "Course", "quantity": 1, "unit_amount": 4900, "tax_rate": "19", "tax_amount": 931}


def told(**changes: object) -> Transaction:
    found = read(JSON | changes)
    assert isinstance(found, Transaction), found
    return found


SPELLINGS = {
    "key order": read(json.loads(json.dumps(dict(reversed(JSON.items()))))),
    "quantity in quotes": told(lines=[LINE | {"quantity": "1"}]),
    "quantity with places": told(lines=[LINE | {"quantity": "1.000"}]),
    "rate with places": told(lines=[LINE | {"tax_rate": "19.0"}]),
    "rate as a number": told(lines=[LINE | {"tax_rate": 19}]),
    "offset": told(occurred_at="2026-11-22T18:48:00+00:00"),
    "another offset": told(occurred_at="2026-11-22T19:48:00.000+01:00"),
    "defaults written out": told(test=False, prices_include_tax=False, receipt_style=None, payment={"references": []}),
    "domain in capitals": told(customer={"email": "Ada@EXAMPLE.com", "name": "Ada L."}),
    "blanks around": told(customer={"email": "Ada@example.com", "name": "  Ada\tL. "}),
}
OTHERS = {
    "total": told(total=100, lines=[LINE | {"unit_amount": 100, "tax_amount": 0}]),
    "name": told(customer={"email": "Ada@example.com", "name": "Ada B.", "phone": "1"}),
    "email": told(customer={"email": "eve@example.com", "name": "Eve"}),
    "case of the local part": told(customer={"email": "ada@example.com", "name": "Ada L."}),
    "kind": told(kind="renewal"),
    "test": told(test=True),
    "moment": told(occurred_at="2026-11-22T18:48:00.000001Z"),
    "style": told(receipt_style="none"),
}


async def test_every_spelling_of_the_same_is_a_duplicate_and_brings_nothing(desk: Desk) -> None:
    assert await desk.tell(told(), source="api") == [Answer.ACCEPTED]
    await desk.issue()
    before = await desk.customer()
    for spelling, again in SPELLINGS.items():
        assert isinstance(again, Transaction)
        assert await desk.tell(again, source="api") == [Answer.DUPLICATE], spelling
    assert await desk.issue() == []
    assert (await desk.customer(), desk.numbers, len(await desk.mails("Ada@example.com"))) == (before, [1], 1)


async def test_other_content_is_a_conflict_and_changes_nothing(desk: Desk) -> None:
    await desk.tell(told(), source="api")
    before, row = await desk.customer(), await desk.row("T-1", "api")
    for what, other in OTHERS.items():
        assert await desk.tell(other, source="api") == [Answer.CONFLICT], what
    assert (await desk.customer(), await desk.row("T-1", "api")) == (before, row)
    assert await desk.known("eve@example.com") is None
    await desk.issue()
    assert len(desk.issued) == 1


async def test_a_conflict_neither_joins_a_payment_nor_wakes_a_refund(desk: Desk) -> None:
    await desk.tell(rich("T-1", "ch_1"), rich("T-2", "ch_2", total=4900, occurred_at=1), refund("R-1", "ch_9"))
    await desk.issue()
    assert await desk.tell(rich("T-1", "ch_1", "ch_2", "ch_9")) == [Answer.CONFLICT]
    assert (await desk.row("T-1")).payment_id != (await desk.row("T-2")).payment_id
    assert await desk.due() == []
    assert await desk.waiting() == {"sale": 1}


async def test_one_id_of_two_sources_is_two_transactions(desk: Desk) -> None:
    await desk.tell(rich("T-1"), source="stripe")
    assert await desk.tell(rich("T-1", customer=replace(ADA, email="eve@example.com")), source="api") == [
        Answer.ACCEPTED
    ]
    await desk.issue()
    assert desk.numbers == [1, 2]


async def test_one_id_told_forty_times_at_once_is_accepted_once(desk: Desk) -> None:
    answers = await desk.tell_at_once([("api", told())] * 40)
    assert sorted(answers) == [Answer.ACCEPTED] + [Answer.DUPLICATE] * 39
    await desk.issue_at_once()
    assert desk.numbers == [1]
    assert len(await desk.mails("Ada@example.com")) == 1


async def test_one_id_told_with_two_contents_at_once_is_accepted_once(desk: Desk) -> None:
    answers = await desk.tell_at_once([("api", told()), ("api", OTHERS["email"])] * 10)
    assert sorted(answers) == [Answer.ACCEPTED] + [Answer.CONFLICT] * 10 + [Answer.DUPLICATE] * 9
    known = [await desk.known(address) for address in ("Ada@example.com", "eve@example.com")]
    assert sum(each is not None for each in known) == 1


async def test_what_a_provider_says_of_the_future_is_kept_and_flagged(desk: Desk) -> None:
    await desk.tell(rich("T-1", occurred_at=at(86_401)), rich("T-2", occurred_at=at(86_400)))
    assert [(await desk.row(name)).flag for name in ("T-1", "T-2")] == [AHEAD, None]
    assert len(await desk.issue()) == 2


async def test_a_providers_wrong_sums_are_kept_flagged_and_shown_as_told(desk: Desk) -> None:
    await desk.tell(rich("T-1", total=5000), rich("T-2"))
    assert [(await desk.row(name)).flag for name in ("T-1", "T-2")] == [SUMS_DIFFER, None]
    await desk.issue()
    document = await desk.document("T-1")
    assert document is not None
    assert (document.frozen.total, document.frozen.sums_differ) == (5000, True)


@pytest.mark.parametrize("kind", [Kind.SUBSCRIPTION_CHANGED, Kind.CUSTOMER_CHANGED, Kind.PAYMENT_FAILED])
async def test_what_carries_no_money_is_done_at_once(desk: Desk, kind: Kind) -> None:
    await desk.tell(Transaction(id="C-1", kind=kind, occurred_at=1, customer=ADA))
    assert await desk.due() == []
    assert (await desk.row("C-1")).state is State.DONE
    assert (await desk.customer()).name == "Ada L."


async def test_a_bare_charge_waits_for_its_richer_telling_but_not_from_the_api(desk: Desk) -> None:
    await desk.tell(bare("T-1"))
    await desk.tell(bare("T-2", customer=Customer(email="eve@example.com")), source="api")
    assert [each.number for each in await desk.issue()] == ["1"]
    await desk.later(29.9)
    assert desk.numbers == [1]
    await desk.later(0.1)
    assert desk.numbers == [1, 2]
