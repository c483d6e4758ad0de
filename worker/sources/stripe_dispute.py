"""Stripe's disputes: a bank asks for a payment back, the merchant answers, the bank decides.

What a dispute takes back is no refund: no document follows, and who wins it has the money again. So each state of a
dispute is told to the merchant once, whatever event it came by.
"""

from worker.core.announcement import Announcement, Matter
from worker.core.transaction import Customer
from worker.sources.event import Reading, Told
from worker.sources.picking import Pick, required
from worker.sources.stripe_shapes import PAGES, is_test, money_of

EVENTS = ("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed")


def read(event: Pick, told_at: int) -> Reading:
    """How the dispute stands, from any of `EVENTS`."""
    dispute = event["data"]["object"]
    told_id, status = required(dispute["id"], Pick.reference), required(dispute["status"], Pick.text)
    money, test = money_of(dispute), is_test(event)
    reason = dispute["reason"].text() or "no reason told"
    announcement = Announcement(
        id=f"{told_id}:{status}",
        matter=Matter.DISPUTE,
        occurred_at=told_at,
        customer=Customer(),
        due_at=dispute["evidence_details"]["due_by"].moment(),
        amount=money.required(dispute["amount"]),
        currency=money.currency,
        payment=dispute["payment_intent"].reference() or dispute["charge"].reference(),
        reason=f"{reason}, {status}".replace("_", " "),
        url=f"{PAGES}{'/test' if test else ''}/disputes/{told_id}",
        test=test,
    )
    return Told((), announced=(announcement,))
