"""Lemon Squeezy's orders, and what is given back of them: what somebody bought, once or as a subscription's start."""

from worker.core.transaction import ExternalInvoice, Kind, Payment, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.lemonsqueezy_shapes import customer_of, id_of, is_test, money_of, sold_as
from worker.sources.picking import Pick, made, required
from worker.sources.sold import lines_of

_PAID = ("paid", "refunded", "partial_refund")
"""It was paid once, whatever became of it."""


def read(event: Pick, told_at: int) -> Reading:
    """A sale from `order_created`."""
    told = event["data"]
    order = told["attributes"]
    status = required(order["status"], Pick.text)
    if status not in _PAID:
        return Ignored(f"the order is {status}: nothing is paid yet")
    money, name = money_of(told), id_of(told, "order")
    total = money.required(order["total"])
    if total == 0:
        return Ignored("nothing was paid: a free product, a trial, or a discount that covers it all")
    product = order["first_order_item"]["product_id"].reference()
    lines, prices_include_tax = lines_of(sold_as(told, money, _description(order), product))
    transaction = made(
        told,
        Transaction,
        id=name,
        kind=Kind.SALE,
        occurred_at=order["created_at"].iso_moment() or told_at,
        currency=money.currency,
        total=total,
        customer=customer_of(told),
        lines=lines,
        test=is_test(event),
        prices_include_tax=prices_include_tax,
        payment=Payment(references=(name,)),
        invoice=ExternalInvoice(number=order["order_number"].reference(), url=order["urls"]["receipt"].link()),
    )
    return Told((transaction,))


def read_refund(event: Pick, told_at: int) -> Reading:
    """What was given back of an order, from `order_refunded`."""
    return refund(event, id_of(event["data"], "order"), told_at)


def refund(event: Pick, of: str, told_at: int) -> Reading:
    """What was given back so far of an order or a subscription's invoice; before 2025 that was always all of it."""
    told = event["data"]
    money, known = money_of(told), told["attributes"]
    so_far = money.of(known["refunded_amount"])
    if so_far is None or (so_far == 0 and known["refunded"].is_true()):
        so_far = money.required(known["total"])
    if so_far == 0:
        return Ignored("nothing was given back")
    transaction = made(
        told,
        Transaction,
        id=f"{of}:refunded:{so_far}",
        kind=Kind.REFUND,
        occurred_at=known["refunded_at"].iso_moment() or known["updated_at"].iso_moment() or told_at,
        currency=money.currency,
        total=so_far,
        customer=customer_of(told),
        test=is_test(event),
        refund_of=of,
    )
    return Told((transaction,), so_far=True)


def _description(order: Pick) -> str:
    item = order["first_order_item"]
    product = item["product_name"].text()
    return named(product, item["variant_name"].text()) or f"Order {required(order['order_number'], Pick.reference)}"


def named(product: str | None, variant: str | None) -> str | None:
    """What was bought: the product, and which of its variants where it has several."""
    chosen = variant if variant not in ("Default", product) else None
    return " · ".join(part for part in (product, chosen) if part) or None
