"""Stripe: which events count, and the proof that they are Stripe's. The `stripe_…` modules read them.

Rules:
- Transaction ids: the invoice's, session's or charge's own; a refund is `ch_…:refunded:<refunded so far>`, since the
  event tells the running sum; a change of a customer or a subscription, and a payment that failed, has the event's id.
  So two event types for one thing are duplicates.
- References: every invoice, charge, payment intent and session that the event names. Never a subscription: its id is
  common to all its payments. A refund has only its own `re_…`, lest it be taken for the payment it gives back.
"""

import re
from collections.abc import Callable, Mapping

from worker.core.instant import SECOND
from worker.core.transaction import Issuer
from worker.sources import (
    stripe_card,
    stripe_charge,
    stripe_checkout,
    stripe_credit_note,
    stripe_customer,
    stripe_dispute,
    stripe_invoice,
    stripe_refund,
    stripe_subscription,
    stripe_unpaid,
)
from worker.sources.event import Forged, Genuine, Ignored, Linked, RawEvent, Reading, Source
from worker.sources.picking import Pick, from_json, guarded, required
from worker.sources.proof import NO_MATCH, TOLERANCE, TOO_OLD, identity, signed
from worker.sources.stripe_shapes import references

_TIMESTAMP = re.compile(r"[0-9]{1,11}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOST_SIGNATURES = 20
_OF_SCHEDULES = ("created", "updated", "released", "canceled", "completed", "aborted", "expiring")


def verify(raw: RawEvent, secrets: tuple[str, ...], now: int) -> Genuine | Forged:
    """Checks `Stripe-Signature: t=…,v1=…`: HMAC-SHA256 over time and body, any of several v1 under any secret."""
    header = raw.headers.get("stripe-signature")
    if header is None:
        return Forged("the header Stripe-Signature is missing")
    parsed = _parse_signature(header)
    if parsed is None:
        return Forged("the header Stripe-Signature is malformed")
    at, signatures = parsed
    if not signed(f"{at}.".encode() + raw.body, signatures, secrets):
        return Forged(NO_MATCH)
    if abs(now - int(at) * SECOND) > TOLERANCE:
        return Forged(TOO_OLD)
    return identity(raw.body, "id", "type")


def _parse_signature(header: str) -> tuple[str, list[str]] | None:
    pairs = [item.partition("=")[::2] for item in header.split(",")]
    times = [value for key, value in pairs if key == "t"]
    signatures = [value for key, value in pairs if key == "v1"]
    if len(times) != 1 or not _TIMESTAMP.fullmatch(times[0]) or not 0 < len(signatures) <= _MOST_SIGNATURES:
        return None
    return (times[0], signatures) if all(map(_SIGNATURE.fullmatch, signatures)) else None


def _read(raw: RawEvent) -> Reading:
    event = from_json(raw.body)
    name = required(event["type"], Pick.text)
    reader = _READERS.get(name)
    if reader is None:
        return Ignored(_TOLD_ELSEWHERE.get(name, f"{name} says nothing that a receipt needs"))
    return reader(event, event["created"].moment() or raw.received_at)


def _invoice_payment(event: Pick, _told_at: int) -> Reading:
    # Since 2025 an invoice doesn't name its payment: this event is what joins the invoice to its charge.
    told = event["data"]["object"]
    payment = told["payment"]
    return _linked(told["invoice"], payment["payment_intent"], payment["charge"], told["charge"])


def _payment_intent(event: Pick, _told_at: int) -> Reading:
    told = event["data"]["object"]
    return _linked(told["id"], told["latest_charge"], told["invoice"])


def _linked(*named: Pick) -> Reading:
    found = references(*named)
    return Linked(found) if len(found) > 1 else Ignored("names a single reference, so it joins nothing")


_READERS: Mapping[str, Callable[[Pick, int], Reading]] = {
    "invoice.paid": stripe_invoice.read,
    "invoice.payment_succeeded": stripe_invoice.read,
    "checkout.session.completed": stripe_checkout.read,
    "checkout.session.async_payment_succeeded": stripe_checkout.read,
    "charge.succeeded": stripe_charge.read,
    "charge.captured": stripe_charge.read,
    "charge.refunded": stripe_charge.read_refund,
    **dict.fromkeys(stripe_refund.EVENTS, stripe_refund.read),
    "credit_note.created": stripe_credit_note.read,
    **dict.fromkeys(stripe_customer.EVENTS, stripe_customer.read),
    **dict.fromkeys(stripe_subscription.EVENTS, stripe_subscription.read),
    **dict.fromkeys(stripe_customer.OF_TAX_IDS, stripe_customer.read_tax_id),
    "invoice.payment_failed": stripe_unpaid.read_failed,
    "invoice.upcoming": stripe_unpaid.read_upcoming,
    "customer.source.expiring": stripe_card.read_expiring,
    **dict.fromkeys(stripe_card.EVENTS, stripe_card.read_method),
    **dict.fromkeys(stripe_dispute.EVENTS, stripe_dispute.read),
    "invoice_payment.paid": _invoice_payment,
    "payment_intent.succeeded": _payment_intent,
}

_BY_THE_SUBSCRIPTION = "what follows from it is told by the subscription's own events"
_TOLD_ELSEWHERE: Mapping[str, str] = {
    "charge.dispute.funds_withdrawn": "the dispute's own events tell how it stands",
    "charge.dispute.funds_reinstated": "the dispute's own events tell how it stands",
    "charge.failed": "nothing was paid; invoice.payment_failed tells what failed of a subscription",
    "payment_intent.payment_failed": "nothing was paid; invoice.payment_failed tells what failed of a subscription",
    "invoice.payment_action_required": "invoice.payment_failed tells it too, with the page where it can be paid",
    "invoice.marked_uncollectible": _BY_THE_SUBSCRIPTION,
    "invoice.voided": "nothing was paid, and nothing is owed any more",
    "checkout.session.async_payment_failed": "nothing was sold: the payment that was under way failed",
    "checkout.session.expired": "nothing was sold",
    **{f"subscription_schedule.{what}": _BY_THE_SUBSCRIPTION for what in _OF_SCHEDULES},
}
"""Events that one could miss here, and why they are not read."""

SOURCE = Source(
    name="stripe",
    default_issuer=Issuer.US,
    needs_secret=True,
    verify=verify,
    read=guarded(_read),
)
