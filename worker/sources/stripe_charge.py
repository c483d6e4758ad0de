"""Stripe's charges and their refunds: who paid how much with what, but not for what.

A charge is bare (it has no lines): the invoice, session or cart that it belongs to tells more and comes about the same
time. A refund names the charge's payment intent as what it gives back, or the charge where there is none.
"""

from worker.core.announcement import Announcement
from worker.core.transaction import Kind, Payment, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.picking import Amounts, Pick, made, required
from worker.sources.stripe_card import expiring
from worker.sources.stripe_shapes import customer, is_test, money_of, references

_OF_A_RENEWAL, _OF_A_FIRST = "Subscription update", "Subscription creation"
"""What Stripe writes on the charge of a subscription's later invoices, and of its first."""


def read(event: Pick, told_at: int) -> Reading:
    """A sale without lines from `charge.succeeded` or, where money was only reserved before, `charge.captured`."""
    charge = event["data"]["object"]
    if charge["captured"].value is False:
        return Ignored("the money is only reserved, not captured yet")
    money = money_of(charge)
    captured = money.of(charge["amount_captured"])
    total = money.required(charge["amount"]) if captured is None else captured
    if total == 0:
        return Ignored("no money was captured")
    transaction = made(
        charge,
        Transaction,
        id=required(charge["id"], Pick.reference),
        kind=Kind.RENEWAL if charge["description"].text() == _OF_A_RENEWAL else Kind.SALE,
        occurred_at=charge["created"].moment() or told_at,
        currency=money.currency,
        total=total,
        customer=customer(_payer(charge), charge["customer"]),
        test=is_test(event),
        payment=_payment(charge, references(charge["id"], charge["payment_intent"], charge["invoice"])),
    )
    return Told((transaction,), announced=_expiring(event, transaction))


def _expiring(event: Pick, told: Transaction) -> tuple[Announcement, ...]:
    """A card that is charged again and again, and ends soon."""
    charge = event["data"]["object"]
    if charge["description"].text() not in (_OF_A_RENEWAL, _OF_A_FIRST) or event["type"].value is None:
        return ()
    return expiring(event, told.occurred_at, charge, charge["payment_method_details"]["card"])


def read_refund(event: Pick, told_at: int) -> Reading:
    """One refund from `charge.refunded`, which tells the sum of all refunds so far."""
    charge = event["data"]["object"]
    money = money_of(charge)
    latest = _latest_refund(charge)
    given_back = _given_back(event, money, latest)
    if given_back <= 0:
        return Ignored("no more money was given back than before")
    so_far = required(charge["amount_refunded"], Pick.whole)
    transaction = made(
        charge,
        Transaction,
        id=f"{required(charge['id'], Pick.reference)}:refunded:{so_far}",
        kind=Kind.REFUND,
        occurred_at=told_at,
        currency=money.currency,
        total=given_back,
        customer=customer(_payer(charge), charge["customer"]),
        test=is_test(event),
        payment=_payment(charge, references(latest["id"])),
        refund_of=charge["payment_intent"].reference() or charge["id"].reference(),
    )
    return Told((transaction,), linked=references(charge["id"], charge["payment_intent"], charge["invoice"]))


def _given_back(event: Pick, money: Amounts, latest: Pick) -> int:
    so_far = money.required(event["data"]["object"]["amount_refunded"])
    before = money.of(event["data"]["previous_attributes"]["amount_refunded"])
    if before is not None:
        return so_far - before
    newest = money.of(latest["amount"])
    return so_far if newest is None else newest


def _latest_refund(charge: Pick) -> Pick:
    refunds = charge["refunds"]["data"].each()
    return max(refunds, key=lambda refund: refund["created"].moment() or 0, default=Pick(None))


def _payer(charge: Pick) -> Pick:
    """The billing details, with the address that receipts were asked for where they hold none."""
    details = charge["billing_details"]
    if details["email"].text() or not isinstance(email := charge["receipt_email"].value, str):
        return details
    known = details.value if isinstance(details.value, dict) else {}
    return Pick({**known, "email": email}, details.path)


def _payment(charge: Pick, found: tuple[str, ...]) -> Payment:
    told = charge["payment_method_details"]
    method = told["type"].text()
    details = told[method or ""]
    month, year = details["exp_month"].matching("0?[1-9]|1[0-2]"), details["exp_year"].matching("[0-9]{4}")
    return made(
        told,
        Payment,
        method=method,
        brand=details["brand"].text(),
        last4=details["last4"].matching("[0-9]{4}"),
        expires=f"{year}-{month:0>2}" if month and year else None,
        references=found,
    )
