"""Stripe's paid invoices: the richest event, with the lines, taxes and number of a sale or renewal.

Both shapes are read: since 2025 `parent`, `pricing`, `taxes` and no payment; before, `subscription`, `price` or `plan`,
`tax_amounts`, `charge` and `payment_intent`. What was paid is the total: where a customer's credit balance paid a part,
the lines come to more, which is told as it is.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from worker.core.transaction import Customer, ExternalInvoice, Kind, Payment, Subscription, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.picking import Amounts, Pick, made, required
from worker.sources.sold import Sold, lines_of
from worker.sources.stripe_shapes import address, is_test, money_of, references, shipping, tax_id, total_of

_RENEWALS = ("subscription_cycle", "subscription_threshold", "subscription")
_TAX_CATEGORIES = {
    "standard_rated": "S",
    "reduced_rated": "S",
    "zero_rated": "Z",
    "product_exempt": "E",
    "customer_exempt": "E",
    "reverse_charge": "AE",
}


def read(event: Pick, told_at: int) -> Reading:
    """A sale or renewal from `invoice.paid` or `invoice.payment_succeeded`."""
    invoice = event["data"]["object"]
    money = money_of(invoice)
    total = _paid(invoice, money)
    if total == 0:
        return Ignored("nothing was paid: a trial, a free plan, or a credit that covers it all")
    # Not the event's own time where it can be helped: two event types for one invoice must tell the same.
    made_at = invoice["created"].moment() or invoice["date"].moment()
    paid_at = invoice["status_transitions"]["paid_at"].moment() or made_at or told_at
    rates = _known_rates(invoice)
    sold = [_sold(line, money, rates) for line in invoice["lines"]["data"].each()]
    lines, prices_include_tax = lines_of(_with_whole_sums(invoice, money, [*sold, *shipping(invoice, money)]))
    transaction = made(
        invoice,
        Transaction,
        id=required(invoice["id"], Pick.reference),
        kind=Kind.RENEWAL if invoice["billing_reason"].value in _RENEWALS else Kind.SALE,
        occurred_at=paid_at,
        currency=money.currency,
        total=total,
        customer=customer_of(invoice),
        lines=lines,
        test=is_test(event),
        prices_include_tax=prices_include_tax,
        payment=Payment(references=_references(invoice)),
        subscription=subscription_of(invoice, paid_at),
        invoice=ExternalInvoice(number=invoice["number"].reference(), url=invoice["hosted_invoice_url"].link()),
    )
    return Told((transaction,))


def customer_of(invoice: Pick) -> Customer:
    """Whose invoice it is."""
    return made(
        invoice["customer_email"],
        Customer,
        email=invoice["customer_email"].text(),
        ref=invoice["customer"].reference(),
        name=invoice["customer_name"].text(),
        phone=invoice["customer_phone"].text(),
        tax_id=tax_id(invoice["customer_tax_ids"]),
        address=address(invoice["customer_address"]),
    )


def subscription_of(invoice: Pick, told_at: int) -> Subscription | None:
    """What it is a payment of. How that stands it doesn't say: an invoice can trail behind the end."""
    ref = invoice["parent"]["subscription_details"]["subscription"].reference() or invoice["subscription"].reference()
    if ref is None:
        return None
    lines = invoice["lines"]["data"].each()
    # The end of the period just paid is when the next payment is due; a metered line's period has already passed.
    ends = [end for line in lines if (end := line["period"]["end"].moment()) and end > told_at]
    told = [plan for line in lines for plan in (line["price"]["recurring"], line["plan"]) if plan.value]
    plan = told[0] if told else Pick(None)
    return made(
        invoice,
        Subscription,
        ref=ref,
        interval=plan["interval"].matching("day|week|month|year"),
        interval_count=plan["interval_count"].whole() or 1,
        status=None,
        next_payment_at=max(ends, default=None),
    )


def _paid(invoice: Pick, money: Amounts) -> int:
    # Events of API versions before 2015 have no `amount_paid`, but say that all of what was due is paid.
    told = (invoice["amount_paid"], invoice["amount_due"], invoice["total"]) if invoice["paid"].is_true() else ()
    known = next((amount for amount in map(money.of, told) if amount is not None), None)
    return money.required(invoice["amount_paid"]) if known is None else known


def _sold(line: Pick, money: Amounts, rates: dict[str, Decimal]) -> Sold:
    taxes = line["taxes"].each() or line["tax_amounts"].each()
    # One tax has a rate and a reason that a line can show; of several together (state and county) no one holds.
    only = taxes[0] if len(taxes) == 1 else Pick(None)
    return Sold(
        where=line,
        description=_description(line),
        amount=money.required(line["amount"]),
        quantity=1 if _is_prorated(line) else line["quantity"].whole() or 1,
        product=_product(line),
        discount=total_of(money, line["discount_amounts"].each()) + total_of(money, _credits(line)),
        tax_inside=total_of(money, (tax for tax in taxes if _is_inside(tax))),
        tax_on_top=total_of(money, (tax for tax in taxes if not _is_inside(tax))),
        tax_rate=_rate(only, rates),
        tax_category=_TAX_CATEGORIES.get(only["taxability_reason"].text() or ""),
    )


def _with_whole_sums(invoice: Pick, money: Amounts, sold: list[Sold]) -> list[Sold]:
    # Until 2019 a tax and a discount stood with the invoice alone; of several lines none is told its share.
    tax, total = money.or_zero(invoice["tax"]), money.of(invoice["total"])
    if total is None or any(thing.tax_inside or thing.tax_on_top or thing.discount for thing in sold):
        return sold
    charged = sum(thing.amount for thing in sold)
    taken_off = max(charged + tax - total, 0) if invoice["discount"].value else 0
    if charged + tax - taken_off != total:
        return sold
    if len(sold) == 1:
        rate = invoice["tax_percent"].rate() if tax else sold[0].tax_rate
        return [replace(sold[0], tax_on_top=tax, discount=taken_off, tax_rate=rate)]
    extra = ((invoice["discount"], "Discount", -taken_off), (invoice["tax"], "Tax", tax))
    return [*sold, *(Sold(where=where, description=name, amount=amount) for where, name, amount in extra if amount)]


def _is_prorated(line: Pick) -> bool:
    # A prorated amount is no multiple of a price, and its text says of how many it is a part.
    parent = line["parent"]
    owners = (line, parent["subscription_item_details"], parent["invoice_item_details"])
    return any(owner["proration"].is_true() for owner in owners)


def _description(line: Pick) -> str:
    named = (line["description"], line["price"]["nickname"], line["plan"]["nickname"])
    told = next((text for text in map(Pick.text, named) if text), None)
    return told or _product(line) or required(line["description"], Pick.text)


def _product(line: Pick) -> str | None:
    owners = (line["pricing"]["price_details"], line["price"], line["plan"])
    return next((ref for owner in owners if (ref := owner["product"].reference())), None)


def _credits(line: Pick) -> Iterable[Pick]:
    # Billing credits lower the price before tax as discounts do; discounts are told here a second time.
    return (each for each in line["pretax_credit_amounts"].each() if each["type"].value == "credit_balance_transaction")


def _is_inside(tax: Pick) -> bool:
    return tax["tax_behavior"].value == "inclusive" or tax["inclusive"].is_true()


def _known_rates(invoice: Pick) -> dict[str, Decimal]:
    # A line names its tax rate by id; the percentage stands with the invoice's or (older) the line's own rates.
    lines = invoice["lines"]["data"].each()
    told = [*invoice["default_tax_rates"].each(), *(rate for line in lines for rate in line["tax_rates"].each())]
    found = ((rate["id"].reference(), rate["percentage"].rate()) for rate in told)
    return {key: percentage for key, percentage in found if key is not None and percentage is not None}


def _rate(tax: Pick, rates: dict[str, Decimal]) -> Decimal | None:
    named = (tax["tax_rate_details"]["tax_rate"], tax["tax_rate"])
    spelt = (rate["percentage"].rate() for rate in named)
    looked_up = (rates.get(rate.reference() or "") for rate in named)
    return next((rate for rate in (*spelt, *looked_up) if rate is not None), None)


def _references(invoice: Pick) -> tuple[str, ...]:
    payments = [each["payment"] for each in invoice["payments"]["data"].each()]
    told = (payment[key] for payment in payments for key in ("payment_intent", "charge"))
    return references(invoice["id"], invoice["payment_intent"], invoice["charge"], *told)
