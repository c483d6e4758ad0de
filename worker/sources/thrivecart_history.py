"""ThriveCart's history, from the search for transactions of its public API, newest first.

Rules:
- A row is one thing that was charged, so an order is several. Its funnel lasts minutes: the rows of an order that is
  younger than `FUNNEL` before the page's last row wait for the next page, in the place that is remembered.
- Ids are those of the events: the order's, a recurring payment's with its invoice, a refund's with its `event_id`.
- An order's row doesn't say that it recurs: a subscription is known here from its first recurring payment on.
- The search knows no dates, so a history comes whole.
"""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from worker.core.instant import HOUR, SECOND
from worker.core.transaction import Customer, ExternalInvoice, Kind, Payment, Subscription, Transaction
from worker.core.web_call import Answer, Call
from worker.sources import thrivecart_api
from worker.sources.account import Account, Cause, Trouble
from worker.sources.backfill import Backfill, Page, Place, item_of
from worker.sources.event import Ignored, Reading, Told
from worker.sources.picking import Amounts, Pick, UnpickableError, amounts_in, made, required
from worker.sources.sold import Sold, lines_of
from worker.sources.thrivecart_body import tree
from worker.sources.thrivecart_charges import HUNDREDTHS, sold_as, sum_of
from worker.sources.thrivecart_order import is_test

PART = "transactions"
PER_PAGE = 100
"""The most that its description allows; an account that gives fewer says so in `meta.results`."""
FUNNEL = HOUR
"""So long after its first charge an order may still grow by what is offered after the sale."""
_STATUSES = {word: word for word in ("active", "paused", "cancelled", "completed")}

Row = Mapping[str, Any]


def ask(account: Account, place: Place, _since: int | None) -> Call:
    """The page at `place`."""
    number, _ = _at(place)
    query = {"page": str(number), "perPage": str(PER_PAGE), "transactionType": "any"}
    return thrivecart_api.question(account, "transactions", query)


def read(place: Place, answer: Answer, asked_at: int) -> Page | Trouble:
    """The page that came, or why it didn't."""
    if answer.status != 200:
        return thrivecart_api.refusal(answer, "read transactions")
    number, waiting = _at(place)
    try:
        told = tree(answer.body)
        if not isinstance(told["transactions"].value, list):
            told["transactions"].refuse("is no list")
        came = [row.value for row in told["transactions"].each() if isinstance(row.value, dict)]
        total, size = told["meta"]["total"].whole(), told["meta"]["results"].whole() or len(came)
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what came is no list of ThriveCart's ({error})")
    over = not came or (total is not None and number * size >= total)
    groups = _grouped([*waiting, *came])
    edge = 0 if over or not came else min(map(_seconds, came))
    held = [row for group in groups if _may_grow(group, edge) for row in group]
    ready = [group for group in groups if not _may_grow(group, edge)]
    items = tuple(item_of(_name(group), partial(_reading, group, asked_at)) for group in reversed(ready))
    return Page(items, None if over else Place(PART, json.dumps([number + 1, held], default=str)))


def _at(place: Place) -> tuple[int, Sequence[Row]]:
    """Which page comes next, and the rows that wait for it."""
    if place.after is None:
        return 1, ()
    number, held = json.loads(place.after)
    return number, held


def _grouped(rows: Sequence[Row]) -> list[list[Row]]:
    """An order's charges together, every other row alone; a page that moved on shows some rows twice."""
    groups: dict[str, dict[str, Row]] = {}
    for row in rows:
        alone = f"{row.get('transaction_type')}:{row.get('event_id')}:{row.get('item_type')}:{row.get('item_id')}"
        whole = f"order:{row.get('order_id')}" if row.get("transaction_type") == "charge" else alone
        groups.setdefault(whole, {}).setdefault(alone, row)
    return [list(group.values()) for group in groups.values()]


def _may_grow(group: Sequence[Row], edge: int) -> bool:
    newest = max(map(_seconds, group))
    return edge > 0 and group[0].get("transaction_type") == "charge" and newest - FUNNEL // SECOND <= edge


def _seconds(row: Row) -> int:
    told = str(row.get("timestamp"))
    return int(told) if told.isascii() and told.isdigit() and len(told) < 12 else 0


def _name(group: Sequence[Row]) -> str:
    return f"{group[0].get('transaction_type')} {group[0].get('order_id')}"


def _reading(group: Sequence[Row], asked_at: int) -> Reading:
    rows = [Pick(row, f"transactions[{at}]") for at, row in enumerate(reversed(group))]  # as they were charged
    first = rows[0]
    match first["transaction_type"].text():
        case "charge":
            return _money(rows, asked_at, Kind.SALE, _order(first))
        case "rebill":
            return _money(
                rows, asked_at, Kind.RENEWAL, f"{_order(first)}:{required(first['invoice_id'], Pick.reference)}"
            )
        case "refund":
            step = required(first["event_id"], Pick.reference)
            return _money(rows, asked_at, Kind.REFUND, f"{_order(first)}:refund:{_item(first) or 'order'}:{step}")
        case "cancel":
            return _cancelled(first, asked_at)
        case other:
            return Ignored(f"{other or 'without a type'}: tells of nothing that is known")


def _money(rows: Sequence[Pick], asked_at: int, kind: Kind, told_id: str) -> Reading:
    first = rows[0]
    money = amounts_in(first["currency"], HUNDREDTHS)
    sold = [_sold(row, money) for row in rows]
    total = sum_of(sold)
    if total == 0:
        return Ignored("no money moved: a free order or a trial")
    lines, prices_include_tax = lines_of(sold)
    refund, number = kind is Kind.REFUND, first["invoice_id"].reference()
    recurring = f"{_order(first)}:{number}" if number and "-" in number else _order(first)
    transaction = made(
        first,
        Transaction,
        id=told_id,
        kind=kind,
        occurred_at=first["timestamp"].moment() or asked_at,
        currency=money.currency,
        total=total,
        customer=_customer(first),
        lines=lines,
        test=is_test(first),
        prices_include_tax=prices_include_tax,
        payment=Payment() if refund else Payment(references=(f"thrivecart:{told_id}",)),
        subscription=_plan(first, _STATUSES.get(first["subscription_current_status"].text() or ""))
        if kind is Kind.RENEWAL
        else None,
        invoice=ExternalInvoice() if refund else ExternalInvoice(number=number),
        refund_of=recurring if refund else None,
    )
    return Told((transaction,))


def _cancelled(row: Pick, asked_at: int) -> Reading:
    transaction = made(
        row,
        Transaction,
        id=f"cancel:{_order(row)}:{_item(row)}:{required(row['event_id'], Pick.reference)}",
        kind=Kind.SUBSCRIPTION_CHANGED,
        occurred_at=row["timestamp"].moment() or asked_at,
        customer=_customer(row),
        test=is_test(row),
        subscription=_plan(row, "cancelled"),
    )
    return Told((transaction,))


def _plan(row: Pick, status: str | None) -> Subscription:
    item = _item(row) or row["item_id"].refuse("is missing, so nothing says which")
    return made(row, Subscription, ref=f"{_order(row)}:{item}", status=status)


def _sold(row: Pick, money: Amounts) -> Sold:
    known = row.value if isinstance(row.value, dict) else {}
    amounts = {
        key: str(known[key]).removeprefix("-") for key in ("amount", "amount_gross") if known.get(key) is not None
    }
    named = {"name": known.get("item_name") or known.get("product_name"), "item_identifier": _item(row)}
    kept = {key: known.get(key) for key in ("tax_paid", "quantity")}
    return sold_as(Pick({**kept, **named, **amounts}, row.path), money)


def _customer(row: Pick) -> Customer:
    told = row["customer"]
    return made(told["email"], Customer, email=told["email"].text(), name=told["name"].text())


def _order(row: Pick) -> str:
    return required(row["order_id"], Pick.reference)


def _item(row: Pick) -> str | None:
    kind, number = row["item_type"].reference(), row["item_id"].reference()
    return f"{kind or 'product'}-{number}" if number else None


BACKFILL = Backfill(source="thrivecart", parts=(PART,), ask=ask, read=read)
