"""PayPal's orders: who buys what. An approved order is not paid yet; a completed one is the sale with its lines.

Lines come from the items and the breakdown of each purchase unit, as far as the shop told PayPal of them.
"""

from collections.abc import Iterator
from decimal import Decimal

from worker.core.transaction import Customer, Kind, Payment, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.paypal_capture import METHOD
from worker.sources.paypal_shapes import is_test, moment_of, money_of, payer, references, sum_in
from worker.sources.picking import Amounts, Pick, made, required
from worker.sources.sold import Sold, lines_of

_BESIDE = {"shipping": "Shipping", "handling": "Handling", "insurance": "Insurance"}
_OFF = {"discount": "Discount", "shipping_discount": "Shipping discount"}


def read_approved(event: Pick, received_at: int) -> Reading:
    """Who buys, from `CHECKOUT.ORDER.APPROVED`."""
    order = event["resource"]
    customer = customer_of(order)
    if customer.email is None:
        return Ignored("it doesn't say who buys")
    transaction = made(
        event,
        Transaction,
        id=required(event["id"], Pick.reference),
        kind=Kind.CUSTOMER_CHANGED,
        occurred_at=moment_of(order["update_time"], order["create_time"], event["create_time"]) or received_at,
        customer=customer,
        test=is_test(event),
    )
    return Told((transaction,))


def read(event: Pick, received_at: int) -> Reading:
    """A sale from `CHECKOUT.ORDER.COMPLETED`, one for each purchase unit that is paid."""
    order = event["resource"]
    units = [unit for unit in order["purchase_units"].each() if any(_captured(unit))]
    if not units:
        return Ignored("no money was captured yet")
    return Told(tuple(_sale(event, unit, received_at, alone=len(units) == 1) for unit in units))


def customer_of(order: Pick) -> Customer:
    """Who buys; the order's own id stands for them."""
    told = order["payer"] if order["payer"].value else order["payment_source"][METHOD]
    return payer(told, required(order["id"], Pick.reference))


def _sale(event: Pick, unit: Pick, received_at: int, *, alone: bool) -> Transaction:
    order, captures = event["resource"], list(_captured(unit))
    order_id = required(order["id"], Pick.reference)
    money, _ = money_of(captures[0]["amount"])
    lines, prices_include_tax = lines_of(list(_sold(unit, money)))
    paid = (capture["id"].reference() for capture in captures)
    return made(
        unit,
        Transaction,
        id=order_id if alone else f"{order_id}:{required(unit['reference_id'], Pick.reference)}",
        kind=Kind.SALE,
        occurred_at=moment_of(captures[0]["create_time"], order["update_time"]) or received_at,
        currency=money.currency,
        total=sum(sum_in(capture["amount"], money) for capture in captures),
        customer=customer_of(order),
        lines=lines,
        prices_include_tax=prices_include_tax,
        test=is_test(event),
        payment=Payment(method=METHOD, references=references(*paid)),
    )


def _captured(unit: Pick) -> Iterator[Pick]:
    return (each for each in unit["payments"]["captures"].each() if each["status"].value == "COMPLETED")


def _sold(unit: Pick, money: Amounts) -> Iterator[Sold]:
    items, breakdown = unit["items"].each(), unit["amount"]["breakdown"]
    for item in items:
        yield _item(item, money)
    if not items:
        return  # what stands beside the price says nothing of what was bought
    for key, description in _BESIDE.items():
        if amount := sum_in(breakdown[key], money):
            yield Sold(where=breakdown[key], description=description, amount=amount)
    for key, description in _OFF.items():
        if amount := sum_in(breakdown[key], money):
            yield Sold(where=breakdown[key], description=description, amount=-amount)


def _item(item: Pick, money: Amounts) -> Sold:
    quantity = item["quantity"].whole() or 1
    return Sold(
        where=item,
        description=required(item["name"], Pick.text),
        amount=money.required(item["unit_amount"]["value"]) * quantity,
        quantity=quantity,
        product=item["sku"].reference(),
        tax_on_top=sum_in(item["tax"], money) * quantity,
        tax_rate=item["tax_rate"].rate() or (Decimal(0) if item["tax_rate"].value == "0" else None),
    )
