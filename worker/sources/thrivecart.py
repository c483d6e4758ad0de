"""ThriveCart: orders, recurring payments and refunds, in the account's webhooks (form or JSON, same fields).

Rules:
- Two vocabularies: the account's webhooks (`order.success`) and the event subscriptions of its API (`order_created`).
  One thing has one id in both. The `order_payment_…` events tell parts of an order again, and are left out.
- Transaction ids: an order has its `order_id`; a recurring payment the order's and its own invoice id
  (`3200022:000000141-6`, since test orders count their invoices anew); a refund the order's, what was refunded and the
  event's id, as several may follow each other; a change has its event's name, what it is about, and its time.
- References: the processor's ids in `transactions`, which join an order to the processor's own event, and
  `thrivecart:<id>`. Not `charges[].reference`: that is the product's number, common to all its buyers.
- ThriveCart invoices by itself: its invoice id is the external number, and the default issuer is the provider.
- Amounts are hundredths, whatever the currency.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence

from worker.core import instant
from worker.core.transaction import ExternalInvoice, Issuer, Kind, Payment, Transaction
from worker.sources import thrivecart_changes
from worker.sources.event import Forged, Genuine, Ignored, RawEvent, Reading, Source, Told
from worker.sources.picking import Amounts, Pick, UnpickableError, amounts_in, guarded, made, required
from worker.sources.sold import Sold, lines_of
from worker.sources.thrivecart_body import tree
from worker.sources.thrivecart_charges import (
    HUNDREDTHS,
    item_of,
    next_after,
    next_in_order,
    sold_as,
    sold_in_order,
    sum_of,
    total_of,
)
from worker.sources.thrivecart_order import customer_of, first_moment, is_test, order_of


def verify(raw: RawEvent, secrets: tuple[str, ...], now: int) -> Genuine | Forged:
    """Checks `thrivecart_secret` in the body against every secret. ThriveCart sends neither a signature nor a time."""
    try:
        event = tree(raw.body)
    except UnpickableError:
        return Forged("the body is neither a form nor JSON that can be read")
    told = event["thrivecart_secret"].value
    if not isinstance(told, str):
        return Forged("the field thrivecart_secret is missing")
    theirs = told.encode("utf-8", "replace")
    # Every secret is compared, so that the time taken doesn't say which of them matched.
    matches = sum(hmac.compare_digest(theirs, ours.encode()) for ours in secrets if ours)
    return _identity(raw, event) if matches else Forged("the field thrivecart_secret is not the secret")


def _identity(raw: RawEvent, event: Pick) -> Genuine:
    # A repeated delivery keeps its `webhook_id`; the account's own webhooks have none, and repeat the same body.
    name = event["event"].reference() or "unreadable"
    delivery = event["webhook_id"].reference()
    if delivery:
        return Genuine(delivery, name)
    about = (event["order_id"].reference() or "", event["invoice_id"].reference() or "")
    return Genuine(":".join((name, *about, hashlib.sha256(raw.body).hexdigest()[:32])), name)


def _read(raw: RawEvent) -> Reading:
    event = tree(raw.body, errors="strict")
    name = required(event["event"], Pick.text)
    reader = _READERS.get(name)
    if reader is None:
        return Ignored(_TOLD_ELSEWHERE.get(name, f"{name} says nothing that a receipt needs"))
    return reader(event, raw.received_at)


def _order(event: Pick, received_at: int) -> Reading:
    order, order_id, money = event["order"], order_of(event), _money(event)
    sold = sold_in_order(event, money)
    return _told(
        event,
        sold,
        total_of(order, money, sold),
        id=order_id,
        kind=Kind.SALE,
        occurred_at=first_moment(event["order_timestamp"], order["date_unix"], order["date_iso8601"]) or received_at,
        currency=money.currency,
        subscription=next_in_order(order, order_id, money),
        payment=_payment(event, order_id),
        invoice=ExternalInvoice(number=event["invoice_id"].reference()),
    )


def _recurring_payment(event: Pick, received_at: int) -> Reading:
    payment, order_id, money = event["subscription"], order_of(event), _money(event)
    sold = [sold_as(payment, money)]
    number = _recurring_invoice(event)
    return _told(
        event,
        sold,
        sum_of(sold),
        id=f"{order_id}:{number}",
        kind=Kind.RENEWAL,
        occurred_at=first_moment(event["date_unix"], event["date_iso8601"]) or received_at,
        currency=money.currency,
        subscription=next_after(payment, order_id, money),
        payment=_payment(event, f"{order_id}:{number}"),
        invoice=ExternalInvoice(number=number),
    )


def _refund(event: Pick, received_at: int) -> Reading:
    refund, order_id, money = _given_back(event), order_of(event), _money(event)
    sold = [sold_as(refund, money)]
    at = first_moment(event["date_unix"], event["date_iso8601"]) or received_at
    step = event["event_id"].reference() or at // instant.SECOND
    return _told(
        event,
        sold,
        sum_of(sold),
        id=f"{order_id}:refund:{item_of(refund) or 'order'}:{step}",
        kind=Kind.REFUND,
        occurred_at=at,
        currency=money.currency,
        refund_of=_refunded(event, order_id),
    )


def _given_back(event: Pick) -> Pick:
    return event["refund"] if event["refund"].value else event["purchase"]


def _told(event: Pick, sold: Sequence[Sold], total: int, **fields: object) -> Reading:
    if total == 0:
        return Ignored("no money moved: a free order or a trial")
    lines, prices_include_tax = lines_of(sold)
    transaction = made(
        event,
        Transaction,
        total=total,
        customer=customer_of(event),
        lines=lines,
        prices_include_tax=prices_include_tax,
        test=is_test(event),
        **fields,
    )
    return Told((transaction,))


def _money(event: Pick) -> Amounts:
    told = (event["currency"], event["subscription"]["currency"], _given_back(event)["currency"])
    return amounts_in(next((pick for pick in told if pick.value), told[0]), HUNDREDTHS)


def _recurring_invoice(event: Pick) -> str:
    # Each recurring payment has an invoice of its own, which is the order's with the payment's count: 000000141-6.
    payment = event["subscription"]
    number = payment["invoice_str"].reference() or required(event["invoice_id"], Pick.reference)
    count = payment["recurring_payment_idx"].whole()
    return number if count is None or number.endswith(f"-{count}") else f"{number}-{count}"


def _refunded(event: Pick, order_id: str) -> str:
    number, first = event["invoice_id"].reference(), event["order"]["invoice_id"].reference()
    return f"{order_id}:{number}" if number and first and number.startswith(f"{first}-") else order_id


def _payment(event: Pick, own_id: str) -> Payment:
    told = event["transactions"]
    named = map(Pick, told.value.values()) if isinstance(told.value, dict) else told.each()
    picks = (*named, event["subscription"]["transaction_id"], event["transaction_id"])
    found = dict.fromkeys(ref for pick in picks if (ref := pick.reference()))
    processor = event["order"]["processor"].text() or ""
    method = event["order"]["payment_method"].text() or ("paypal" if processor.startswith("paypal") else None)
    return Payment(method=method, references=(*list(found)[:49], f"thrivecart:{own_id}"))


_THINGS = ("product", "bump", "upsell", "downsell")
_READERS: Mapping[str, Callable[[Pick, int], Reading]] = {
    "order.success": _order,
    "order_created": _order,
    "order.subscription_payment": _recurring_payment,
    "order_rebill": _recurring_payment,
    "order.refund": _refund,
    "order_refund": _refund,
    **{f"order_refund_{thing}": _refund for thing in _THINGS},
    **dict.fromkeys(thrivecart_changes.STATUSES, thrivecart_changes.read),
    **dict.fromkeys(thrivecart_changes.FAILURES, thrivecart_changes.read_failed),
    **dict.fromkeys(thrivecart_changes.OF_CUSTOMERS, thrivecart_changes.read_customer),
}

_BY_THE_ORDER = "order_created and order.success tell the whole order, this part of it too"
_TOLD_ELSEWHERE = {f"order_payment_{thing}": _BY_THE_ORDER for thing in _THINGS}

SOURCE = Source(
    name="thrivecart",
    default_issuer=Issuer.PROVIDER,
    needs_secret=True,
    verify=verify,
    read=guarded(_read),
    mails_customers=True,
)
