"""PayPal's disputes: what a merchant must answer, and how it ended. Two events for one step of it are one."""

from worker.core.announcement import Announcement, Matter
from worker.core.transaction import Customer
from worker.sources.event import Reading, Told
from worker.sources.paypal_shapes import is_test, moment_of, money_of
from worker.sources.picking import Pick, made, required

EVENTS = ("CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED", "CUSTOMER.DISPUTE.RESOLVED")


def read(event: Pick, received_at: int) -> Reading:
    """How a dispute stands, from any of `EVENTS`."""
    told, test = event["resource"], is_test(event)
    dispute = required(told["dispute_id"], Pick.reference)
    ended = told["dispute_outcome"]["outcome_code"].text()
    stands = ended or told["status"].text() or "OPEN"
    disputed = told["disputed_transactions"].each()
    first = disputed[0] if disputed else Pick(None)
    money, amount = money_of(told["dispute_amount"]) if told["dispute_amount"].value else (None, None)
    announcement = Announcement(
        id=f"{dispute}:{stands}",
        matter=Matter.DISPUTE,
        occurred_at=moment_of(told["update_time"], told["create_time"], event["create_time"]) or received_at,
        customer=made(first, Customer, email=first["buyer"]["email"].text(), name=first["buyer"]["name"].text()),
        due_at=None if ended else moment_of(told["seller_response_due_date"]),
        amount=amount,
        currency=None if money is None else money.currency,
        payment=first["seller_transaction_id"].reference(),
        reason=f"{told['reason'].text() or 'no reason told'}, {stands}".replace("_", " ").lower(),
        url=f"https://www.{'sandbox.' if test else ''}paypal.com/resolutioncenter/view/{dispute}",
        test=test,
    )
    return Told((), announced=(announcement,))
