"""Gumroad's sales, and what becomes of them: refunds and disputes.

Rules: the payer is whose receipt it is, so a gift is the giver's; `price` is for the whole quantity, with the seller's
shipping and without the tax that Gumroad adds and pays itself, which no event tells. Of a refund in part the event
doesn't say the amount, so it is left to a person; when all is given back, that is one refund of all.
"""

from worker.core.announcement import Announcement, Matter
from worker.core.transaction import Address, Customer, ExternalInvoice, Kind, Payment, Subscription, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.gumroad_shapes import DOLLARS, interval_of, is_test, moment_of
from worker.sources.picking import Pick, made, required
from worker.sources.sold import Sold, lines_of

_AHEAD = "only ordered ahead: it is charged when the product comes out"
_FREE = "no money moved: a free product or a trial"


def read(event: Pick, received_at: int) -> Reading:
    """A sale or renewal from `sale`, or from a ping that doesn't say what it is."""
    if event["is_preorder_authorization"].is_true():
        return Ignored(_AHEAD)
    total = _paid(event)
    if total == 0:
        return Ignored(_FREE)
    sale_id = required(event["sale_id"], Pick.reference)
    quantity = event["quantity"].whole() or 1
    product = event["product_id"].reference()
    sold = Sold(where=event, description=_description(event), amount=total, quantity=quantity, product=product)
    lines, _ = lines_of([sold])
    transaction = made(
        event,
        Transaction,
        id=sale_id,
        kind=Kind.RENEWAL if event["is_recurring_charge"].is_true() else Kind.SALE,
        occurred_at=moment_of(event["sale_timestamp"]) or received_at,
        currency=DOLLARS.currency,
        total=total,
        customer=_customer(event),
        lines=lines,
        test=is_test(event),
        payment=_payment(event["card"], sale_id),
        subscription=_subscription(event),
        invoice=ExternalInvoice(number=event["order_number"].reference()),
    )
    return Told((transaction,))


def read_refund(event: Pick, received_at: int) -> Reading:
    """All of a sale given back."""
    total, sale_id = _paid(event), required(event["sale_id"], Pick.reference)
    if total == 0:
        return Ignored(_FREE)
    if not event["refunded"].is_true():
        event["refunded"].refuse("says that only a part was given back, and Gumroad doesn't say how much")
    return refund(event, sale_id, total, received_at)


def refund(event: Pick, sale_id: str, so_far: int, at: int) -> Told:
    """What was given back of a sale, `so_far` in all."""
    transaction = made(
        event,
        Transaction,
        id=f"{sale_id}:refunded:{so_far}",
        kind=Kind.REFUND,
        occurred_at=at,
        currency=DOLLARS.currency,
        total=so_far,
        customer=_customer(event),
        test=is_test(event),
        refund_of=sale_id,
    )
    return Told((transaction,), so_far=True)


def read_dispute(event: Pick, received_at: int) -> Reading:
    """A payment that its customer disputes at the bank, or that was won back."""
    sale_id, name = required(event["sale_id"], Pick.reference), event["resource_name"].text()
    told = Announcement(
        id=f"{name}:{sale_id}",
        matter=Matter.DISPUTE,
        occurred_at=received_at,
        customer=_customer(event),
        amount=_paid(event),
        currency=DOLLARS.currency,
        subscription=event["subscription_id"].reference(),
        payment=sale_id,
        reason="won" if name == "dispute_won" else None,
        test=is_test(event),
    )
    return Told((), announced=(told,))


def _paid(event: Pick) -> int:
    return DOLLARS.required(event["gift_price"] if _is_gift(event) else event["price"])


def _is_gift(event: Pick) -> bool:
    return event["is_gift_receiver_purchase"].is_true()


def _description(event: Pick) -> str:
    name = required(event["product_name"], Pick.text)
    chosen = event["variants"].value
    options = [text for each in chosen.values() if (text := Pick(each).text())] if isinstance(chosen, dict) else []
    return f"{name} ({', '.join(options)})"[:500] if options else name


def _customer(event: Pick) -> Customer:
    if _is_gift(event):
        return made(event["gifter_email"], Customer, email=event["gifter_email"].text())
    shipped = event["shipping_information"]
    name = event["full_name"].text() or shipped["full_name"].text()
    return made(
        event["email"],
        Customer,
        email=event["email"].text(),
        ref=event["purchaser_id"].reference(),
        name=name,
        address=_address(shipped),
    )


def _address(told: Pick) -> Address | None:
    found = Address(
        line1=told["street_address"].text(),
        city=told["city"].text(),
        region=told["state"].text(),
        postal_code=told["zip_code"].text(),
        country=told["country_iso2"].country() or told["country"].country(),
    )
    return None if found == Address() else found


def _payment(card: Pick, sale_id: str) -> Payment:
    brand, last4 = card["type"].text(), _last4(card["visual"].text())
    return Payment(
        method="card" if last4 else brand,
        brand=brand if last4 else None,
        last4=last4,
        references=(f"gumroad:{sale_id}",),
    )


def _last4(visual: str | None) -> str | None:
    """Of `**** **** **** 4242`; a payment by PayPal shows an address in its place."""
    last = (visual or "")[-4:]
    return last if visual and visual.startswith("*") and last.isascii() and last.isdigit() else None


def _subscription(event: Pick) -> Subscription | None:
    ref = event["subscription_id"].reference()
    if ref is None:
        return None
    interval, count = interval_of(event["recurrence"])
    return made(event, Subscription, ref=ref, interval=interval, interval_count=count, status=None)
