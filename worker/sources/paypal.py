"""PayPal: which events count, and the proof that they are PayPal's. The `paypal_…` modules read them.

Rules:
- Transaction ids: a capture's, sale's, refund's or order's own; the first payment of a subscription, as its activation
  tells it, is `I-…:first`; a change, and a payment that failed, has the event's id.
- References: captures and sales by their ids, never an order: its id is common to all its captures. A subscription's
  payments also by amount and the hours around them, which join the sale to the activation that tells of it.
- Money events name no customer, so the order, payment or subscription they belong to stands for whoever paid: its own
  events, and the API, say who that is.
"""

from collections.abc import Callable, Mapping

from worker.core.transaction import Issuer
from worker.sources import (
    paypal_capture,
    paypal_dispute,
    paypal_invoice,
    paypal_order,
    paypal_sale,
    paypal_subscription,
)
from worker.sources.event import Forged, Genuine, Ignored, RawEvent, Reading, Source
from worker.sources.paypal_proof import forgery, lacking
from worker.sources.paypal_roots import ROOTS
from worker.sources.picking import Pick, from_json, guarded, required
from worker.sources.proof import identity


def trusting(roots: bytes) -> Source:
    """The source that takes what is signed by a certificate leading to one of `roots` (PEM)."""

    def verify(raw: RawEvent, secrets: tuple[str, ...], now: int) -> Genuine | Forged:
        """Checks the `PAYPAL-…` headers, with a webhook id among the secrets (see `paypal_proof`)."""
        forged = forgery(raw, secrets, now, roots)
        return forged or identity(raw.body, "id", "event_type")

    return Source(
        name="paypal",
        default_issuer=Issuer.US,
        needs_secret=True,
        verify=verify,
        read=guarded(_read),
        lacks=lacking,
        mails_customers=True,
    )


def _read(raw: RawEvent) -> Reading:
    event = from_json(raw.body)
    name = required(event["event_type"], Pick.text)
    if name in _NOTHING:
        return Ignored(_NOTHING[name])
    reader = _READERS.get(name)
    if reader is None:
        return Ignored(f"{name} says nothing that a receipt needs")
    return reader(event, raw.received_at)


_PENDING, _DENIED = "not paid yet", "it was not paid: nothing was bought"
_NOTHING: Mapping[str, str] = {
    "PAYMENT.CAPTURE.PENDING": _PENDING,
    "PAYMENT.CAPTURE.DENIED": _DENIED,
    "PAYMENT.CAPTURE.DECLINED": _DENIED,
    "PAYMENT.SALE.PENDING": _PENDING,
}
_READERS: Mapping[str, Callable[[Pick, int], Reading]] = {
    "PAYMENT.CAPTURE.COMPLETED": paypal_capture.read,
    "PAYMENT.CAPTURE.REFUNDED": paypal_capture.read_refund,
    "PAYMENT.CAPTURE.REVERSED": paypal_capture.read_refund,
    "PAYMENT.SALE.COMPLETED": paypal_sale.read,
    "PAYMENT.SALE.REFUNDED": paypal_sale.read_refund,
    "PAYMENT.SALE.REVERSED": paypal_sale.read_refund,
    "PAYMENT.SALE.DENIED": paypal_sale.read_denied,
    "CHECKOUT.ORDER.APPROVED": paypal_order.read_approved,
    "CHECKOUT.ORDER.COMPLETED": paypal_order.read,
    "INVOICING.INVOICE.PAID": paypal_invoice.read,
    **dict.fromkeys(paypal_subscription.EVENTS, paypal_subscription.read),
    "BILLING.SUBSCRIPTION.PAYMENT.FAILED": paypal_subscription.read_failed,
    **dict.fromkeys(paypal_dispute.EVENTS, paypal_dispute.read),
}

SOURCE = trusting(ROOTS)
