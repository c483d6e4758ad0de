"""Stripe's checkout sessions: a sale as soon as it is paid, with lines only where the event spells them out.

A completed session isn't always paid: bank debits and vouchers follow with `checkout.session.async_payment_succeeded`.
"""

from worker.core.transaction import Customer, Kind, Payment, Subscription, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.picking import Amounts, Pick, made, required
from worker.sources.sold import Sold, lines_of
from worker.sources.stripe_shapes import customer, is_test, money_of, references, shipping, told_by_sums


def read(event: Pick, told_at: int) -> Reading:
    """A sale from `checkout.session.completed` or `checkout.session.async_payment_succeeded`."""
    session = event["data"]["object"]
    status = required(session["payment_status"], Pick.text)
    if status != "paid":
        return Ignored("nothing is to be paid" if status == "no_payment_required" else "not paid yet")
    money = money_of(session)
    total = money.required(session["amount_total"])
    if total == 0:
        return Ignored("nothing was paid: a trial, or a discount that covers it all")
    lines, prices_include_tax = lines_of(_sold(session, money))
    subscription = session["subscription"].reference()
    transaction = made(
        session,
        Transaction,
        id=required(session["id"], Pick.reference),
        kind=Kind.SALE,
        occurred_at=told_at,
        currency=money.currency,
        total=total,
        customer=_customer(session),
        lines=lines,
        test=is_test(event),
        prices_include_tax=prices_include_tax,
        payment=Payment(references=references(session["id"], session["payment_intent"], session["invoice"])),
        subscription=Subscription(ref=subscription, status=None) if subscription else None,
    )
    return Told((transaction,))


def _sold(session: Pick, money: Amounts) -> list[Sold]:
    items = session["line_items"]["data"].each()
    # Shipping without what is shipped would be taken for all that was bought.
    return [_item(item, money) for item in items] + (shipping(session, money) if items else [])


def _item(item: Pick, money: Amounts) -> Sold:
    description = item["description"].text() or item["price"]["product"]["name"].text()
    return told_by_sums(item, description or required(item["price"]["product"], Pick.reference), money)


def _customer(session: Pick) -> Customer:
    told = session["customer_details"].value
    details = dict(told) if isinstance(told, dict) else {}
    details.setdefault("locale", session["locale"].value)
    details["email"] = details.get("email") or session["customer_email"].value
    return customer(Pick(details, session["customer_details"].path), session["customer"])
