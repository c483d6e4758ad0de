"""Lemon Squeezy's history, from its lists of customers, orders, subscription invoices and subscriptions.

Rules:
- An object of the API is what an event carries in `data`, so the events' readers read it.
- Its pages have numbers, the newest first: what is added meanwhile pushes the rest a page further, so an object may
  come twice and none is missed. Nothing can be asked for by date.
- What was given back of an order or invoice comes with it, as one refund of the sum so far.
"""

from collections.abc import Callable, Mapping
from typing import Final

from worker.core.web_call import Answer, Call
from worker.sources import (
    lemonsqueezy_api,
    lemonsqueezy_customer,
    lemonsqueezy_invoice,
    lemonsqueezy_order,
    lemonsqueezy_subscription,
)
from worker.sources.account import Account, Cause, Trouble
from worker.sources.backfill import Backfill, Item, Page, Place, item_of
from worker.sources.event import Reading, Told
from worker.sources.picking import Pick, UnpickableError, from_json

PAGE: Final = 100
"""Lemon Squeezy's largest."""
_PATHS: Final[Mapping[str, str]] = {
    "customers": "customers",
    "orders": "orders",
    "subscription invoices": "subscription-invoices",
    "subscriptions": "subscriptions",
}


def ask(account: Account, place: Place, _since: int | None) -> Call:
    """The page at `place`."""
    query = {"page[number]": place.after or "1", "page[size]": str(PAGE)}
    return lemonsqueezy_api.call(account, _PATHS[place.part], query)


def read(place: Place, answer: Answer, asked_at: int) -> Page | Trouble:
    """The page that came, or why it didn't."""
    if answer.status != 200:
        return lemonsqueezy_api.trouble(answer, f"read {place.part}")
    try:
        listed, following = _page(place, answer)
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what came is no list of Lemon Squeezy's ({error})")
    items = tuple(_item(place.part, each, asked_at) for each in reversed(listed))
    return Page(items, following or BACKFILL.behind(place.part))


def _page(place: Place, answer: Answer) -> tuple[tuple[Pick, ...], Place | None]:
    found = from_json(answer.body)
    listed = found["data"].each() if isinstance(found["data"].value, list) else found["data"].refuse("is no list")
    page = found["meta"]["page"]
    number, last = page["currentPage"].whole() or 1, page["lastPage"].whole() or 1
    return listed, Place(place.part, str(number + 1)) if listed and number < last else None


def _item(part: str, told: Pick, asked_at: int) -> Item:
    reader, event = _READERS[part], Pick({"data": told.value})
    return item_of(told["id"].reference() or "without an id", lambda: reader(event, asked_at))


def _with_refund(
    sale: Callable[[Pick, int], Reading], refund: Callable[[Pick, int], Reading]
) -> Callable[[Pick, int], Reading]:
    def reading(event: Pick, asked_at: int) -> Reading:
        paid, given_back = sale(event, asked_at), None
        if isinstance(paid, Told) and _was_refunded(event["data"]["attributes"]):
            given_back = refund(event, asked_at)
        more = given_back.transactions if isinstance(given_back, Told) else ()
        return Told((*paid.transactions, *more), so_far=True) if isinstance(paid, Told) else paid

    return reading


def _was_refunded(known: Pick) -> bool:
    return known["refunded"].is_true() or (known["refunded_amount"].whole() or 0) > 0


_READERS: Mapping[str, Callable[[Pick, int], Reading]] = {
    "customers": lemonsqueezy_customer.read,
    "orders": _with_refund(lemonsqueezy_order.read, lemonsqueezy_order.read_refund),
    "subscription invoices": _with_refund(lemonsqueezy_invoice.read, lemonsqueezy_invoice.read_refund),
    "subscriptions": lemonsqueezy_subscription.read,
}

BACKFILL = Backfill(source="lemonsqueezy", parts=tuple(_PATHS), ask=ask, read=read)
