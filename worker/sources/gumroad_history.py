"""Gumroad's history, from its list of sales: each told as its ping told it, and what became of it since.

Rules: a sale of the API has the ping's id and price; what was given back in part is known here where the price tag is
in dollars, for only then is what is left told in them; how a membership stands is told with each of its payments.
"""

import hashlib
import json
from collections.abc import Iterator

from worker.core.instant import DAY, iso
from worker.core.transaction import Customer, Kind, Subscription, Transaction
from worker.core.web_call import Answer, Call
from worker.sources import gumroad_api, gumroad_listed, gumroad_sale
from worker.sources.account import Account, Cause, Trouble
from worker.sources.backfill import Backfill, Item, Page, Place, item_of
from worker.sources.event import Reading, Told
from worker.sources.gumroad_shapes import interval_of, moment_of
from worker.sources.picking import Pick, UnpickableError, from_json, made

_SALES = "sales"
_LOST_PLACE = "page_key"
_STANDS = ("cancelled", "dead", "ended", "subscription_end_date", "free_trial_ended")


def ask(account: Account, place: Place, since: int | None) -> Call:
    """The page at `place`; Gumroad takes days."""
    query = {"page_key": place.after} if place.after is not None else {}
    if since is not None:
        query["after"] = iso(since // DAY * DAY)[:10]
    return gumroad_api.question(account, _SALES, query)


def read(place: Place, answer: Answer, asked_at: int) -> Page | Trouble:
    """The page that came, newest sale first there; or why it didn't."""
    if answer.status == 400 and place.after is not None and _LOST_PLACE in gumroad_api.words_of(answer.body):
        return Trouble(Cause.LOST, "sales begin anew: Gumroad doesn't know that page any more")
    if answer.status != 200:
        return gumroad_api.refusal(answer, "read sales")
    try:
        found = from_json(answer.body)
        if not found["success"].is_true():
            return Trouble(Cause.FAILED, f"Gumroad refuses to tell sales{gumroad_api.words_of(answer.body)}")
        if not isinstance(found["sales"].value, list):
            found["sales"].refuse("is no list")
        sales = found["sales"].each()
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what came is no list of Gumroad's ({error})")
    key = found["next_page_key"].text()
    return Page(tuple(_item(each, asked_at) for each in reversed(sales)), Place(_SALES, key) if key else None)


def _item(sale: Pick, asked_at: int) -> Item:
    return item_of(sale["id"].reference() or "without an id", lambda: _sale(sale, asked_at))


def _sale(sale: Pick, asked_at: int) -> Reading:
    event = gumroad_listed.as_ping(sale)
    paid = gumroad_sale.read(event, asked_at)
    if not isinstance(paid, Told):
        return paid
    since = (*_given_back(event, paid.transactions[0], asked_at), *_stands(sale, asked_at))
    return Told((*paid.transactions, *since), so_far=True)


def _given_back(event: Pick, paid: Transaction, asked_at: int) -> Iterator[Transaction]:
    so_far = gumroad_listed.given_back(event, paid.total or 0)
    if so_far > 0:
        yield from gumroad_sale.refund(event, paid.id, so_far, asked_at).transactions


def _stands(sale: Pick, asked_at: int) -> Iterator[Transaction]:
    """How the membership stands now, by a print of what is said."""
    ref = sale["subscription_id"].reference()
    if ref is None:
        return
    ends_at = moment_of(sale["subscription_end_date"])
    over = sale["dead"].is_true() or sale["ended"].is_true() or (ends_at is not None and ends_at <= asked_at)
    interval, count = interval_of(sale["subscription_duration"])
    said = json.dumps([ref, *(sale[name].value for name in _STANDS)], default=str)
    yield made(
        sale,
        Transaction,
        id=f"{ref}:{hashlib.sha256(said.encode()).hexdigest()[:16]}",
        kind=Kind.SUBSCRIPTION_CHANGED,
        occurred_at=min(ends_at, asked_at) if over and ends_at is not None else asked_at,
        customer=Customer(ref=sale["purchaser_id"].reference()),
        subscription=made(
            sale,
            Subscription,
            ref=ref,
            interval=interval,
            interval_count=count,
            status="cancelled" if over else "active",
            cancel_at=None if over else ends_at,
        ),
        test=gumroad_listed.as_ping(sale)["test"].is_true(),
    )


BACKFILL = Backfill(source="gumroad", parts=(_SALES,), ask=ask, read=read)
