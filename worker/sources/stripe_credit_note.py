"""Stripe's credit notes on its own invoices.

What a credit note gives back through Stripe is told by `charge.refunded` too, and told there; what it takes off an
invoice that is open, or sets against the next one, is no refund. Money that goes back outside of Stripe is told by
nothing else.
"""

from worker.core.transaction import Customer, ExternalInvoice, Kind, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.picking import Pick, made, required
from worker.sources.stripe_shapes import is_test, money_of


def read(event: Pick, told_at: int) -> Reading:
    """A refund outside of Stripe, from `credit_note.created`."""
    note = event["data"]["object"]
    money = money_of(note)
    outside = money.or_zero(note["out_of_band_amount"])
    if outside <= 0:
        return Ignored("gives nothing back outside of Stripe: charge.refunded tells a refund, and a credit is none")
    transaction = made(
        note,
        Transaction,
        id=required(note["id"], Pick.reference),
        kind=Kind.REFUND,
        occurred_at=note["created"].moment() or told_at,
        currency=money.currency,
        total=outside,
        customer=Customer(ref=note["customer"].reference()),
        test=is_test(event),
        invoice=ExternalInvoice(number=note["number"].reference(), url=note["pdf"].link()),
        refund_of=required(note["invoice"], Pick.reference),
    )
    return Told((transaction,))
