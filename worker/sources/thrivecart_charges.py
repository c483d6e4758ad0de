"""What ThriveCart charged: an order's charges, a recurring payment or a refund, as things sold; and what comes next.

Where the tax is, the numbers say: `amount_gross` = `amount` + `tax_paid` means on top, else it is inside. Older events
tell one tax for the whole order, and list the recurring charge of a subscription beside the one just made.
"""

from collections.abc import Sequence
from dataclasses import replace

from worker.core.transaction import Subscription
from worker.sources.picking import Amounts, Pick, made
from worker.sources.sold import Sold
from worker.sources.thrivecart_body import moment_of

HUNDREDTHS = 2
"""Decimals in ThriveCart's whole numbers, whatever the currency."""

_FREQUENCIES = {
    "day": ("day", 1),
    "week": ("week", 1),
    "fortnight": ("week", 2),
    "month": ("month", 1),
    "quarter": ("month", 3),
    "year": ("year", 1),
}


def sold_in_order(event: Pick, money: Amounts) -> list[Sold]:
    """What an order charged, tax of the order included, with the way to what was bought."""
    order = event["order"]
    sold = _with_order_tax(order, money, [sold_as(charge, money) for charge in _made_now(order, money)])
    link = event["fulfillment"]["url"].link()
    return [replace(sold[0], access_url=link), *sold[1:]] if sold else sold


def sold_as(charge: Pick, money: Amounts) -> Sold:
    """One charge, recurring payment or refund."""
    amount, tax = money.required(charge["amount"]), money.or_zero(charge["tax_paid"])
    gross = money.of(charge["amount_gross"])
    before = money.of(charge["original_amount"]) or amount
    on_top = gross == amount + tax
    named = charge["name"].text() or charge["label"].text() or item_of(charge)
    # Before a coupon the price was higher; where the two differ by the tax alone, there was no coupon.
    discount = before - amount if before > amount and before != gross else 0
    return Sold(
        where=charge,
        description=named or charge["name"].refuse("is missing"),
        amount=amount + discount,
        quantity=charge["quantity"].whole() or 1,
        product=item_of(charge),
        discount=discount,
        tax_inside=0 if on_top else tax,
        tax_on_top=tax if on_top else 0,
    )


def sum_of(sold: Sequence[Sold]) -> int:
    """What the things sold come to."""
    return sum(thing.amount - thing.discount + thing.tax_on_top for thing in sold)


def total_of(order: Pick, money: Amounts, sold: Sequence[Sold]) -> int:
    """What an order came to: of `total` and `total_gross` the one that its charges come to, else the larger."""
    told = [amount for key in ("total", "total_gross") if (amount := money.of(order[key])) is not None]
    charged = sum_of(sold)
    return charged if charged in told or not told else max(told)


def item_of(charge: Pick) -> str | None:
    """What ThriveCart calls the thing in its purchase map, such as `product-12` or `upsell-3`."""
    identifier = charge["item_identifier"].reference()
    if identifier:
        return identifier.replace("_", "-")
    number = charge["reference"].reference() or charge["id"].reference() or charge["item_id"].reference()
    kind = charge["item_type"].reference() or charge["type"].reference()
    if number:
        return f"{'product' if kind in (None, 'single', 'recurring') else kind}-{number}"
    named = ((thing, charge[f"{thing}_id"].reference()) for thing in ("bump", "upsell", "downsell", "product"))
    return next((f"{thing}-{own}" for thing, own in named if own), None)


def interval_of(told: Pick) -> tuple[str | None, int]:
    """How often a charge recurs, in our words."""
    days = told["frequency_days"].whole()
    otherwise = ("day", days) if days else (None, 1)
    return _FREQUENCIES.get(told["frequency"].text() or "", otherwise)


def next_in_order(order: Pick, order_id: str, money: Amounts) -> Subscription | None:
    """The subscription that an order begins, from the first of its future charges."""
    older = [charge for charge in order["charges"].each() if charge["type"].value == "recurring"]
    future = order["future_charges"].each() or tuple(older)
    if not future:
        return None
    due = moment_of(future[0]["defer_date"]) or moment_of(future[0]["due"])
    return _subscription(future[0], order_id, money, due)


def next_after(payment: Pick, order_id: str, money: Amounts) -> Subscription | None:
    """The subscription of a recurring payment."""
    due = moment_of(payment["next_payment_date"]) or moment_of(payment["next_payment_date_iso8601"])
    return _subscription(payment, order_id, money, due)


def _made_now(order: Pick, money: Amounts) -> list[Pick]:
    charges = [charge for charge in order["charges"].each() if not charge["defer"].is_true()]
    single = [charge for charge in charges if charge["type"].value != "recurring"]
    told = (money.of(order["total"]), money.of(order["total_gross"]))
    return charges if sum(money.or_zero(charge["amount"]) for charge in charges) in told else single or charges


def _with_order_tax(order: Pick, money: Amounts, sold: list[Sold]) -> list[Sold]:
    tax = money.or_zero(Pick(order["tax"].matching("[0-9]+"), order["tax"].path))
    if not tax or not sold or any(thing.tax_inside or thing.tax_on_top for thing in sold):
        return sold
    if sum_of(sold) + tax == money.of(order["total"]):
        # The shares of several charges are not told, so the tax stands as a line of its own.
        alone = Sold(where=order["tax"], description="Tax", amount=tax)
        return [replace(sold[0], tax_on_top=tax)] if len(sold) == 1 else [*sold, alone]
    return [replace(sold[0], tax_inside=tax)] if len(sold) == 1 else sold


def _subscription(told: Pick, order_id: str, money: Amounts, due: int | None) -> Subscription | None:
    item = item_of(told)
    if item is None:
        return None
    interval, count = interval_of(told)
    left, index = told["remaining_rebills"].whole(), told["recurring_payment_idx"].whole()
    # Limited plans tell how many payments are left; their first payment was the order and is not in the index.
    paid = index + 1 if left is not None and index is not None else None
    return made(
        told,
        Subscription,
        ref=f"{order_id}:{item}",
        interval=interval,
        interval_count=count,
        status="completed" if left == 0 else "active",
        next_payment_at=None if left == 0 else due,
        next_amount=sum_of([sold_as(told, money)]) if due and left != 0 else None,
        payments_made=paid,
        payments_total=None if paid is None or left is None else paid + left,
    )
