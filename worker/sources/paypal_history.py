"""PayPal's history, from its transaction search: what moved money, 31 days at a time, of the last three years.

Rules:
- A transaction there is a capture, sale or refund of the events, under the same id; it names its payer besides.
- What PayPal's reports don't hold yet (they are up to three hours late) is left to a later import. Where they end is
  asked first, for that is also where the last window ends.
- Whether a payment is a sale, its event code says (T00…: payments; T11…: refunds and reversals); fees, transfers and
  payouts are passed over. How subscriptions stand isn't in there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from worker.core import instant
from worker.core.instant import DAY, SECOND
from worker.core.transaction import Customer, Kind, Payment, Subscription, Transaction
from worker.core.web_call import Answer, Call
from worker.sources import paypal_api
from worker.sources.account import Account, Cause, Trouble
from worker.sources.backfill import Backfill, Item, Page, Place, item_of
from worker.sources.event import Ignored, Reading, Told
from worker.sources.paypal_capture import METHOD
from worker.sources.paypal_shapes import address_in, is_test, moment_of, money_of, references, sum_in
from worker.sources.picking import Amounts, Pick, UnpickableError, from_json, made, required
from worker.sources.sold import Sold, lines_of

PAGE: Final = 500
"""PayPal's largest."""
LONGEST: Final = 31
"""Days: PayPal's widest window. One that holds more than PayPal lists (10,000) is asked for in halves."""
REACHES_BACK: Final = 3 * 365 * DAY
"""As far as PayPal keeps it, leap days aside."""
_REPORTS, _TRANSACTIONS = "reports", "transactions"
_TOO_MANY: Final = "RESULTSET_TOO_LARGE"
_BY_SUBSCRIPTION: Final = "SUB"
_SUCCEEDED: Final = ("S", "V")
"""Completed, also where it was given back since: that is a transaction of its own."""


@dataclass(frozen=True, slots=True)
class _Window:
    """So many days from `start` on, where the reports reach to `end`; pages count from 1."""

    start: int
    end: int
    days: int = LONGEST
    page: int = 1

    @property
    def until(self) -> int:
        return min(self.start + self.days * DAY, self.end)

    def place(self) -> Place:
        return Place(_TRANSACTIONS, f"{self.start // SECOND} {self.end // SECOND} {self.days} {self.page}")


def ask(account: Account, place: Place, since: int | None) -> Call:
    """How far the reports reach, then the page at `place`. What lies before `since` shrinks to its last second."""
    window = _window(place)
    if window is None:
        return paypal_api.question(account, "v1/reporting/balances", {"currency_code": "USD"})
    start = max(window.start, min(since or 0, window.until - SECOND))
    query = {
        "start_date": instant.iso(start),
        "end_date": instant.iso(window.until),
        "fields": "transaction_info,payer_info,shipping_info,cart_info",
        "balance_affecting_records_only": "Y",
        "page_size": str(PAGE),
        "page": str(window.page),
    }
    return paypal_api.question(account, "v1/reporting/transactions", query)


def read(place: Place, answer: Answer, asked_at: int) -> Page | Trouble:
    """The page that came, or why it didn't."""
    window = _window(place)
    if window is not None and window.days > 1 and paypal_api.error_of(answer.body)[0] == _TOO_MANY:
        return Page((), replace(window, days=window.days // 2, page=1).place())
    if answer.status not in (200, 400, 403) or (window is not None and answer.status != 200):
        return paypal_api.refusal(answer, "search transactions (switch Transaction Search on for the app)")
    try:
        found = from_json(answer.body)
        if window is None:
            return Page((), _first(found, asked_at).place())
        return _page(found, window)
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what came is no report of PayPal's ({error})")


def _window(place: Place) -> _Window | None:
    numbers = (place.after or "").split(" ")
    if place.part != _TRANSACTIONS or len(numbers) != 4 or not all(_is_small(each) for each in numbers):
        return None
    start, end, days, page = map(int, numbers)
    return _Window(start * SECOND, end * SECOND, days, page)


def _is_small(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 11


def _first(balances: Pick, asked_at: int) -> _Window:
    """Who may not see balances (400, 403) still may see transactions: then they reach to now."""
    reached = moment_of(balances["last_refresh_time"], balances["as_of_time"]) or asked_at
    end = min(reached, asked_at)
    return _Window(max(end - REACHES_BACK, 0) // DAY * DAY + DAY, end)


def _page(found: Pick, window: _Window) -> Page:
    if not isinstance(found["transaction_details"].value, list):
        found["transaction_details"].refuse("is no list")
    test = is_test(Pick({"resource": found.value}))
    items = tuple(_item(each, test=test) for each in found["transaction_details"].each())
    if window.page < (found["total_pages"].whole() or 1):
        return Page(items, replace(window, page=window.page + 1).place())
    following = replace(window, start=window.until, page=1)
    return Page(items, following.place() if following.start < window.end else None)


def _item(told: Pick, *, test: bool) -> Item:
    info = told["transaction_info"]
    return item_of(info["transaction_id"].reference() or "without an id", lambda: _transaction(told, info, test=test))


def _transaction(told: Pick, info: Pick, *, test: bool) -> Reading:
    code = required(info["transaction_event_code"], Pick.text)
    if info["transaction_status"].value not in _SUCCEEDED:
        return Ignored("no money moved for good")
    money, total = money_of(info["transaction_amount"])
    if code.startswith("T00") and total > 0:
        return Told((replace(_payment(told, money, total), test=test),))
    if code.startswith("T11") and total < 0 and info["paypal_reference_id_type"].value == "TXN":
        return Told((replace(_refund(info, money, -total), test=test),))
    return Ignored(f"{code} is no sale, renewal or refund")


def _payment(told: Pick, money: Amounts, total: int) -> Transaction:
    info = told["transaction_info"]
    paid = required(info["transaction_id"], Pick.reference)
    belongs = info["paypal_reference_id"].reference()
    plan = belongs if info["paypal_reference_id_type"].value == _BY_SUBSCRIPTION else None
    lines, prices_include_tax = lines_of(_sold(told["cart_info"], info, money, total))
    return made(
        info,
        Transaction,
        id=paid,
        kind=Kind.RENEWAL if plan else Kind.SALE,
        occurred_at=required(info["transaction_initiation_date"], moment_of),
        currency=money.currency,
        total=total,
        customer=_customer(told, belongs),
        lines=lines,
        prices_include_tax=prices_include_tax,
        payment=Payment(method=METHOD, references=references(paid)),
        subscription=Subscription(ref=plan, status=None) if plan else None,
    )


def _refund(info: Pick, money: Amounts, total: int) -> Transaction:
    refund_id = required(info["transaction_id"], Pick.reference)
    return made(
        info,
        Transaction,
        id=refund_id,
        kind=Kind.REFUND,
        occurred_at=required(info["transaction_initiation_date"], moment_of),
        currency=money.currency,
        total=total,
        payment=Payment(method=METHOD, references=references(refund_id)),
        refund_of=required(info["paypal_reference_id"], Pick.reference),
    )


def _customer(told: Pick, belongs: str | None) -> Customer:
    payer, shipping = told["payer_info"], told["shipping_info"]["address"]
    name = payer["payer_name"]
    parts = (name["given_name"].text(), name["surname"].text())
    return made(
        payer["email_address"],
        Customer,
        email=payer["email_address"].text(),
        ref=belongs,
        name=" ".join(part for part in parts if part) or name["alternate_full_name"].text(),
        address=address_in(payer["address"]) or address_in(shipping),
    )


def _sold(cart: Pick, info: Pick, money: Amounts, total: int) -> list[Sold]:
    """The items, where they and the shipping come to what was paid: reports often hold only a part of them."""
    sold = list(_items(cart, info, money))
    came_to = sum(each.amount + each.tax_on_top for each in sold)
    return sold if came_to == total else []


def _items(cart: Pick, info: Pick, money: Amounts) -> Iterator[Sold]:
    for item in cart["item_details"].each():
        description = item["item_name"].text() or item["item_description"].text()
        if description is None or not item["item_unit_price"].value:
            continue
        quantity = item["item_quantity"].whole() or 1
        taxes = (sum_in(tax["tax_amount"], money) for tax in item["tax_amounts"].each())
        yield Sold(
            where=item,
            description=description,
            amount=sum_in(item["item_unit_price"], money) * quantity,
            quantity=quantity,
            product=item["item_code"].reference(),
            tax_on_top=sum(taxes),
        )
    if shipping := sum_in(info["shipping_amount"], money):
        yield Sold(where=info["shipping_amount"], description="Shipping", amount=shipping)


BACKFILL = Backfill(source="paypal", parts=(_REPORTS, _TRANSACTIONS), ask=ask, read=read, login=paypal_api.LOGIN)
