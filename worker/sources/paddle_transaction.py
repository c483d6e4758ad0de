"""Paddle's transactions: completed ones are sales and renewals, and a subscription's can fail to be paid.

What was paid is the grand total: where a customer's credit balance paid a part, that part is a line of its own. Prices
are net in every line, whatever the price's tax mode is.
"""

from collections.abc import Mapping, Sequence

from worker.core.transaction import Customer, ExternalInvoice, Kind, Subscription, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.paddle_shapes import cycle_of, first_cycle, money_of, named, payment_of, rate_of
from worker.sources.picking import Amounts, Pick, made, required
from worker.sources.sold import Sold, lines_of

_RENEWAL = "subscription_recurring"
_WITH_CYCLE = ("web", "api", _RENEWAL)
"""Origins whose recurring lines cost the next time what they cost now; a change in mid-period bills parts."""


def read(event: Pick, told_at: int) -> Reading:
    """A sale or renewal from `transaction.completed`."""
    told = event["data"]
    money = money_of(told)
    totals = told["details"]["totals"]
    total = money.required(totals["grand_total"] if totals["grand_total"].value is not None else totals["total"])
    if total == 0:
        return Ignored("nothing was paid: a trial, a changed card, or a credit that covers it all")
    paid = _latest(told, "captured")
    lines, prices_include_tax = lines_of(_sold(told, money, total))
    transaction = made(
        told,
        Transaction,
        id=required(told["id"], Pick.reference),
        kind=Kind.RENEWAL if told["origin"].value == _RENEWAL else Kind.SALE,
        occurred_at=_paid_at(told, paid) or told_at,
        currency=money.currency,
        total=total,
        customer=Customer(ref=told["customer_id"].reference()),
        lines=lines,
        prices_include_tax=prices_include_tax,
        payment=payment_of(paid, (required(told["id"], Pick.reference),)),
        subscription=_subscription(told, money),
        invoice=ExternalInvoice(number=told["invoice_number"].reference()),
    )
    return Told((transaction,))


def read_failed(event: Pick, told_at: int) -> Reading:
    """A subscription's payment that failed, from `transaction.payment_failed` or `transaction.past_due`.

    Both tell of one attempt, so it is told under the attempt's id, with what both say alike.
    """
    told = event["data"]
    ref, name = told["subscription_id"].reference(), required(told["id"], Pick.reference)
    if ref is None:
        return Ignored("a payment was declined at the checkout, where the customer sees it")
    failed = _latest(told, "error")
    attempt = failed["payment_attempt_id"].reference()
    transaction = made(
        told,
        Transaction,
        id=f"{name}:failed:{attempt or 'due'}",
        kind=Kind.PAYMENT_FAILED,
        occurred_at=failed["created_at"].iso_moment() or told["billed_at"].iso_moment() or told_at,
        currency=money_of(told).currency,
        customer=Customer(ref=told["customer_id"].reference()),
        subscription=_plan(told, ref),
        invoice=ExternalInvoice(url=told["checkout"]["url"].page()),
    )
    return Told((transaction,))


def _latest(told: Pick, status: str) -> Pick:
    tried = [each for each in told["payments"].each() if each["status"].value == status]
    return max(tried, key=lambda each: each["created_at"].iso_moment() or 0, default=Pick(None, "data.payments"))


def _paid_at(told: Pick, paid: Pick) -> int | None:
    # Never the event's own time where it can be helped: the API's list tells the same transaction without one.
    known = (paid["captured_at"], told["billed_at"], told["created_at"])
    return next((at for pick in known if (at := pick.iso_moment()) is not None), None)


def _sold(told: Pick, money: Amounts, total: int) -> list[Sold]:
    details, credit = told["details"], told["details"]["totals"]["credit"]
    prices = {price["id"].reference(): price for price in _prices(told)}
    sold = [_line(line, money, prices) for line in details["line_items"].each()]
    used = money.or_zero(credit)
    if sold and used and money.of(details["totals"]["total"]) == total + used:
        sold.append(Sold(where=credit, description="Credit", amount=-used))
    return sold


def _line(line: Pick, money: Amounts, prices: Mapping[str | None, Pick]) -> Sold:
    price = prices.get(line["price_id"].reference(), Pick(None))
    product = line["product"]["id"].reference() or price["product_id"].reference()
    return Sold(
        where=line,
        description=named(line["product"], price) or product or required(line["product"]["name"], Pick.text),
        amount=money.required(line["totals"]["subtotal"]),
        quantity=line["quantity"].whole() or 1,
        product=product,
        discount=money.or_zero(line["totals"]["discount"]),
        tax_on_top=money.or_zero(line["totals"]["tax"]),
        tax_rate=rate_of(line["tax_rate"]),
    )


def _prices(told: Pick) -> Sequence[Pick]:
    return [item["price"] for item in told["items"].each()]


def _subscription(told: Pick, money: Amounts) -> Subscription | None:
    """What it is a payment of. How that stands it doesn't say: a late event can trail behind the end."""
    ref = told["subscription_id"].reference()
    if ref is None:
        return None
    next_payment_at = told["billing_period"]["ends_at"].iso_moment()
    return _plan(told, ref, next_payment_at=next_payment_at, next_amount=_next_amount(told, money))


def _plan(told: Pick, ref: str, **known: object) -> Subscription:
    """The subscription `ref`, billed as often as the first recurring one of its prices, and what else is known."""
    interval, count = first_cycle(_prices(told))
    return made(told, Subscription, ref=ref, interval=interval, interval_count=count, status=None, **known)


def _next_amount(told: Pick, money: Amounts) -> int | None:
    """What its recurring lines came to; None where a part of a period was billed, or a discount can end."""
    recurring = {price["id"].reference() for price in _prices(told) if cycle_of(price["billing_cycle"])[0]}
    lines = [line for line in told["details"]["line_items"].each() if line["price_id"].reference() in recurring]
    cheaper = any(line["proration"].value or money.or_zero(line["totals"]["discount"]) for line in lines)
    if not lines or cheaper or told["origin"].value not in _WITH_CYCLE:
        return None
    return sum(money.required(line["totals"]["total"]) for line in lines)
