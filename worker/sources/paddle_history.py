"""Paddle's history, from its lists of customers, completed transactions and subscriptions.

Rules:
- An entity of the API is what an event carries in `data`, so the events' readers read it.
- Transactions are listed with the address and business that they name and with their adjustments: what the customer was
  told as, and each refund, come with the sale.
- Oldest first, by id: what is added meanwhile comes behind. Customers and subscriptions change: they are called after
  what they say, so that a later import tells anew.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from worker.core.instant import iso
from worker.core.transaction import Transaction
from worker.core.web_call import Answer, Call
from worker.sources import paddle_adjustment, paddle_api, paddle_customer, paddle_subscription, paddle_transaction
from worker.sources.account import Account, Cause, Trouble
from worker.sources.backfill import Backfill, Item, Page, Place, item_of
from worker.sources.event import Ignored, Reading, Told
from worker.sources.picking import Pick, UnpickableError, required

_LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "customers": {"status": "active,archived", "per_page": "200"},
    "transactions": {"status": "completed", "include": "address,business,adjustments", "per_page": "30"},
    "subscriptions": {"status": "active,canceled,past_due,paused,trialing", "per_page": "200"},
}
"""What is asked of each list; Paddle's largest pages."""
_DATED: Final = "transactions"


def ask(account: Account, place: Place, since: int | None) -> Call:
    """The page at `place`."""
    query = {"order_by": "id[ASC]", **_LISTS[place.part]}
    if place.after is not None:
        query["after"] = place.after
    if since is not None and place.part == _DATED:
        query["created_at[GTE]"] = iso(since)
    return paddle_api.call(account, f"/{place.part}", query)


def read(place: Place, answer: Answer, asked_at: int) -> Page | Trouble:
    """The page that came, or why it didn't."""
    if answer.status != 200:
        return paddle_api.trouble(answer, f"read {place.part}")
    try:
        listed, more = paddle_api.entities(answer), paddle_api.has_more(answer)
        if more and not listed:
            raise UnpickableError("says that there is more, and has nothing", "data")
        last = required(listed[-1]["id"], Pick.reference) if more else None
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what came is no list of Paddle's ({error})")
    following = BACKFILL.behind(place.part) if last is None else Place(place.part, last)
    return Page(tuple(_item(place.part, each, asked_at) for each in listed), following)


def _item(part: str, told: Pick, asked_at: int) -> Item:
    reader = _READERS[part]
    return item_of(told["id"].reference() or "without an id", lambda: reader(told, asked_at))


def _customer(told: Pick, asked_at: int) -> Reading:
    return Told((paddle_customer.stands(told, asked_at),))


def _subscription(told: Pick, asked_at: int) -> Reading:
    return Told((paddle_subscription.stands(told, asked_at),))


def _transaction(told: Pick, asked_at: int) -> Reading:
    paid = paddle_transaction.read(Pick({"data": told.value}), asked_at)
    if not isinstance(paid, Told):
        return paid
    known = (paddle_customer.placed(told[name], asked_at) for name in ("address", "business") if told[name].value)
    return Told((*(each for each in known if each), *paid.transactions, *_refunds(told, asked_at)))


def _refunds(told: Pick, asked_at: int) -> Iterator[Transaction]:
    for adjustment in told["adjustments"].each():
        found = paddle_adjustment.read(Pick({"data": adjustment.value}), asked_at)
        assert isinstance(found, Told | Ignored), "what can't be read raises"
        if isinstance(found, Told):
            yield from found.transactions


_READERS: Mapping[str, Callable[[Pick, int], Reading]] = {
    "customers": _customer,
    "transactions": _transaction,
    "subscriptions": _subscription,
}

BACKFILL = Backfill(source="paddle", parts=tuple(_LISTS), ask=ask, read=read)
