"""Lemon Squeezy: which events count, and the proof that they are its own. The `lemonsqueezy_…` modules read them.

Rules:
- An event has neither an id nor a time of sending: it is known by its bytes. So a replay is the same event, and does
  nothing, however old it is.
- Transaction ids: `order:<id>`, `invoice:<id>` (of a subscription); a refund adds the sum given back so far; what
  changes is called after what it says, so that the two or three events of one change are one.
- References: the order's or invoice's id. A subscription's first invoice is its order told again, and neither names the
  other: the subscription's events name the order, and the invoice is "the first of" that subscription.
"""

import re
from collections.abc import Callable, Mapping

from worker.core.transaction import Issuer
from worker.sources import (
    lemonsqueezy_customer,
    lemonsqueezy_invoice,
    lemonsqueezy_order,
    lemonsqueezy_subscription,
)
from worker.sources.event import Forged, Genuine, Ignored, RawEvent, Reading, Source
from worker.sources.picking import Pick, UnpickableError, at_a_glance, from_json, guarded, required
from worker.sources.proof import NO_MATCH, by_content, signed

_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)


def verify(raw: RawEvent, secrets: tuple[str, ...], _now: int) -> Genuine | Forged:
    """Checks `X-Signature`: HMAC-SHA256 in hex over the body under any of the secrets. Nothing in it tells a time."""
    header = raw.headers.get("x-signature")
    if header is None:
        return Forged("the header X-Signature is missing")
    if not _SIGNATURE.fullmatch(header):
        return Forged("the header X-Signature is malformed")
    if not signed(raw.body, [header], secrets):
        return Forged(NO_MATCH)
    return Genuine(by_content(raw.body), _name(raw.body))


def _name(body: bytes) -> str:
    try:
        return at_a_glance(body)["meta"]["event_name"].reference() or "unreadable"
    except UnpickableError:
        return "unreadable"


def _read(raw: RawEvent) -> Reading:
    event = from_json(raw.body)
    name = required(event["meta"]["event_name"], Pick.text)
    reader = _READERS.get(name)
    if reader is None:
        return Ignored(f"{name} says nothing that a receipt needs")
    return reader(event, raw.received_at)


_READERS: Mapping[str, Callable[[Pick, int], Reading]] = {
    "order_created": lemonsqueezy_order.read,
    "order_refunded": lemonsqueezy_order.read_refund,
    "subscription_payment_success": lemonsqueezy_invoice.read,
    "subscription_payment_recovered": lemonsqueezy_invoice.read,
    "subscription_payment_failed": lemonsqueezy_invoice.read_failed,
    "subscription_payment_refunded": lemonsqueezy_invoice.read_refund,
    **dict.fromkeys(lemonsqueezy_subscription.EVENTS, lemonsqueezy_subscription.read),
    **dict.fromkeys(lemonsqueezy_customer.EVENTS, lemonsqueezy_customer.read),
}

SOURCE = Source(
    name="lemonsqueezy",
    default_issuer=Issuer.PROVIDER,
    needs_secret=True,
    verify=verify,
    read=guarded(_read),
    mails_customers=True,
)
