"""PayPal's history: its windows, and what its transaction search tells, which is what the events tell."""

import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.goldens import body_of, read
from support.paypal_api import KEY, PayPalApi, reported, running_paypal_api
from worker.asking.logins import Logins
from worker.core.instant import DAY, SECOND, iso, parse
from worker.core.transaction import Kind, Transaction, sums_match
from worker.core.web_call import Answer, Call
from worker.net.web_call import calling
from worker.sources import BACKFILLS
from worker.sources.account import Account, Cause, Trouble
from worker.sources.backfill import Page, Place, place_from_text, place_to_text
from worker.sources.event import Ignored, Told, Unreadable
from worker.sources.paypal_history import PAGE

PAYPAL = BACKFILLS["paypal"]
NOW = parse("2026-11-22T19:00:00Z")
SOMEWHERE = Place("transactions", f"{NOW // SECOND - 3600} {NOW // SECOND} 31 1")


@pytest.fixture
async def api() -> AsyncIterator[PayPalApi]:
    async with running_paypal_api() as server:
        yield server


async def history(api: PayPalApi, since: int | None = None) -> list[Page]:
    """What an import does: page after page, to the end."""
    pages: list[Page] = []
    place: Place | None = PAYPAL.first
    async with calling() as send:
        logins = Logins(send)
        while place is not None:
            here = place_from_text(place_to_text(place))
            answer = await logins.ask(Account(KEY, api.url), PAYPAL.login, partial(_asked, here, since))
            assert isinstance(answer, Answer)
            page = PAYPAL.read(here, answer, NOW)
            assert isinstance(page, Page), page
            pages.append(page)
            place = page.next
    return pages


def _asked(place: Place, since: int | None, account: Account) -> Call:
    return PAYPAL.ask(account, place, since)


def transactions(pages: list[Page]) -> list[Transaction]:
    readings = [item.reading for page in pages for item in page.items]
    return [each for reading in readings if isinstance(reading, Told) for each in reading.transactions]


def listed(*told: object, **more: object) -> Page | Trouble:
    body = {"transaction_details": told, "total_pages": 1, **more}
    return PAYPAL.read(SOMEWHERE, Answer(200, {}, json.dumps(body).encode()), NOW)


def only(told: object) -> Any:
    page = listed(told)
    assert isinstance(page, Page)
    (item,) = page.items
    return item.reading


def tell(told: object) -> Transaction:
    reading = only(told)
    assert isinstance(reading, Told), reading
    (transaction,) = reading.transactions
    return transaction


async def test_three_years_are_read_in_windows_of_31_days_without_a_gap(api: PayPalApi) -> None:
    api.report = [reported(number, iso(NOW - number * 40 * DAY - SECOND)) for number in range(27)]

    pages = await history(api)

    asked = [parse_qs(urlsplit(path).query) for _, path, _ in api.seen[1:]]
    starts = [parse(each["start_date"][0]) for each in asked]
    ends = [parse(each["end_date"][0]) for each in asked]
    assert starts[1:] == ends[:-1]
    assert max(end - start for start, end in zip(starts, ends, strict=True)) == 31 * DAY
    assert (ends[-1], NOW - starts[0] <= 3 * 365 * DAY) == (NOW, True)
    assert len({each.id for each in transactions(pages)}) == 27


async def test_without_balances_it_reaches_to_now(api: PayPalApi) -> None:
    api.may_see_balances = False
    api.report = [reported(1, iso(NOW - 60 * SECOND))]

    assert len(transactions(await history(api))) == 1


async def test_reports_that_trail_behind_end_where_they_end(api: PayPalApi) -> None:
    api.now = "2026-11-22T16:00:00Z"
    api.report = [reported(1, "2026-11-22T15:59:59Z"), reported(2, "2026-11-22T16:00:00Z")]

    assert [each.id for each in transactions(await history(api))] == ["01A34567BC123456S"]


async def test_nothing_before_since(api: PayPalApi) -> None:
    api.report = [reported(number, iso(NOW - number * 40 * DAY - SECOND)) for number in range(10)]

    found = transactions(await history(api, NOW - 100 * DAY))

    assert {each.id[:2] for each in found} == {"00", "01", "02"}


async def test_a_window_with_too_much_in_it_is_halved(api: PayPalApi) -> None:
    api.report = [reported(number, iso(NOW - number * DAY - SECOND)) for number in range(60)]
    api.most_listed = 12

    assert len({each.id for each in transactions(await history(api))}) == 60


async def test_pages_of_a_window_follow_each_other(api: PayPalApi) -> None:
    api.report = [reported(number, iso(NOW - number * SECOND - SECOND)) for number in range(PAGE + 1)]

    assert [len(page.items) for page in await history(api)][-2:] == [PAGE, 1]


def test_a_payment_is_the_capture_that_its_event_told() -> None:
    event = read("paypal", body_of("paypal", "PAYMENT.CAPTURE.COMPLETED.json"))
    assert isinstance(event, Told)
    (live,) = event.transactions
    told = tell(
        reported(12, "2026-11-22T18:48:00+0000", transaction_id=live.id, paypal_reference_id="1AB234567A1234567")
    )

    assert (told.id, told.kind, told.total, told.currency) == (live.id, live.kind, live.total, live.currency)
    assert (told.occurred_at, told.payment.references) == (live.occurred_at, live.payment.references)
    assert (told.customer.ref, told.customer.email) == (live.customer.ref, "ada@example.com")


def test_a_subscriptions_payment_is_a_renewal_of_it() -> None:
    told = tell(reported(1, iso(NOW), transaction_event_code="T0002", paypal_reference_id_type="SUB",
                         paypal_reference_id="I-BW452GLLEP1G"))  # fmt: skip

    assert (told.kind, told.customer.ref) == (Kind.RENEWAL, "I-BW452GLLEP1G")
    assert told.subscription is not None
    assert (told.subscription.ref, told.subscription.status) == ("I-BW452GLLEP1G", None)


def test_a_refund_gives_back_its_payment() -> None:
    told = tell(reported(2, iso(NOW), "-10.00", transaction_event_code="T1107", paypal_reference_id_type="TXN",
                         paypal_reference_id="01A34567BC123456S"))  # fmt: skip

    assert (told.kind, told.total, told.refund_of) == (Kind.REFUND, 1000, "01A34567BC123456S")


@pytest.mark.parametrize(
    ("code", "value", "info"),
    [
        ("T0400", "-500.00", {}),
        ("T0001", "-20.00", {}),
        ("T0106", "-1.00", {}),
        ("T1107", "10.00", {}),
        ("T1106", "-10.00", {"paypal_reference_id_type": "ODR"}),
        ("T0006", "58.31", {"transaction_status": "P"}),
        ("T0006", "58.31", {"transaction_status": "D"}),
    ],
)
def test_what_is_neither_payment_nor_refund_is_passed_over(code: str, value: str, info: dict[str, str]) -> None:
    assert isinstance(only(reported(1, iso(NOW), value, transaction_event_code=code, **info)), Ignored)


def _with_cart(*items: object, value: str = "58.31") -> dict[str, Any]:
    return {**reported(1, iso(NOW), value), "cart_info": {"item_details": list(items)}}


def test_items_are_lines_where_they_come_to_what_was_paid() -> None:
    item = {
        "item_code": "course-1", "item_name": "Course", "item_quantity": "1",
        "item_unit_price": {"currency_code": "EUR", "value": "49.00"},
        "tax_amounts": [{"tax_amount": {"currency_code": "EUR", "value": "9.31"}}],
    }  # fmt: skip
    whole, part = tell(_with_cart(item)), tell(_with_cart(item, value="60.00"))

    assert [(line.description, line.product, line.tax_amount) for line in whole.lines] == [("Course", "course-1", 931)]
    assert sums_match(whole)
    assert part.lines == ()


def test_the_sandbox_is_told_by_the_links() -> None:
    link = {"href": "https://api-m.sandbox.paypal.com/v1/reporting/transactions", "rel": "self", "method": "GET"}
    page = listed(reported(1, iso(NOW)), links=[link])

    assert [each.test for each in transactions([page] if isinstance(page, Page) else [])] == [True]


@pytest.mark.parametrize(
    "change",
    [
        {"transaction_amount": {"currency_code": "XXX", "value": "1.00"}},
        {"transaction_amount": {"currency_code": "EUR", "value": "1,00"}},
        {"transaction_amount": None},
        {"transaction_event_code": None},
        {"transaction_id": None},
        {"transaction_initiation_date": "yesterday"},
    ],
)
def test_an_odd_transaction_stops_nothing(change: dict[str, Any]) -> None:
    page = listed(reported(1, iso(NOW), **change), reported(2, iso(NOW)))

    assert isinstance(page, Page)
    assert [type(item.reading) for item in page.items] == [Unreadable, Told]


@pytest.mark.parametrize(
    ("status", "cause"),
    [(401, Cause.DENIED), (403, Cause.DENIED), (429, Cause.LATER), (503, Cause.LATER), (400, Cause.FAILED)],
)
def test_a_refusal_says_what_helps(status: int, cause: Cause) -> None:
    trouble = PAYPAL.read(SOMEWHERE, Answer(status, {"retry-after": "7"}, b'{"message": "no"}'), NOW)

    assert isinstance(trouble, Trouble)
    assert (trouble.cause, trouble.seconds) == (cause, 7.0 if cause is Cause.LATER else None)


@given(body=st.binary(max_size=200), after=st.text(max_size=30), status=st.sampled_from([200, 400, 401, 403, 500]))
def test_whatever_comes_is_a_page_or_a_trouble(body: bytes, after: str, status: int) -> None:
    for part in PAYPAL.parts:
        PAYPAL.ask(Account(KEY), Place(part, after), 0)
        found = PAYPAL.read(Place(part, after), Answer(status, {}, body), NOW)
        assert isinstance(found, Page | Trouble)
