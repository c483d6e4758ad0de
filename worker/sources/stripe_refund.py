"""Stripe's refunds as objects of their own: they say what their charge's event doesn't, that one came to nothing.

What was given back is told by `charge.refunded`, with the sum so far. A bank can send a refund back days later: then
the customer holds a receipt for money that never came, and a person must see to it.
"""

from worker.core.announcement import Announcement, Matter
from worker.core.transaction import Customer
from worker.sources.event import Ignored, Reading, Told
from worker.sources.picking import Pick, required
from worker.sources.stripe_shapes import PAGES, is_test, money_of

EVENTS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
_CAME_TO_NOTHING = ("failed", "canceled")


def read(event: Pick, told_at: int) -> Reading:
    """A refund that failed, from any of `EVENTS`."""
    refund = event["data"]["object"]
    status = refund["status"].text()
    if status not in _CAME_TO_NOTHING:
        return Ignored("charge.refunded tells what was given back, with the sum so far")
    money, test = money_of(refund), is_test(event)
    payment = refund["payment_intent"].reference() or refund["charge"].reference()
    announcement = Announcement(
        id=f"{required(refund['id'], Pick.reference)}:{status}",
        matter=Matter.REFUND_FAILED,
        occurred_at=told_at,
        customer=Customer(),
        amount=money.required(refund["amount"]),
        currency=money.currency,
        payment=payment,
        reason=(refund["failure_reason"].text() or status).replace("_", " "),
        url=None if payment is None else f"{PAGES}{'/test' if test else ''}/payments/{payment}",
        test=test,
    )
    return Told((), announced=(announcement,))
