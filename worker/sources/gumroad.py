"""Gumroad: its pings (sales) and resource subscriptions (all else), and the proof that they are Gumroad's.

Rules:
- Gumroad signs nothing. Sales, refunds and disputes carry the `seller_id`, which is the secret; events of subscriptions
  carry nothing of the seller's: the secret word in the address is their only proof, and without one nothing starts.
- Amounts are cents of US dollars, whatever `currency` says: that is the currency of the product's price tag.
- Transaction ids: a sale has its `sale_id`; a refund the sale's with the sum that was given back; a change its name,
  its subscription and its second. Reference: `gumroad:<sale_id>`.
- Gumroad sells and invoices by itself (it is the merchant of record): its order number is the external number.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping

from worker.core.transaction import Issuer
from worker.sources import gumroad_sale, gumroad_subscription
from worker.sources.event import Forged, Genuine, Ignored, RawEvent, Reading, Source
from worker.sources.nested_form import tree
from worker.sources.picking import Pick, UnpickableError, guarded

_SALE = "sale"
"""The account's own ping tells sales alone, and older ones don't say so."""


def verify(raw: RawEvent, secrets: tuple[str, ...], now: int) -> Genuine | Forged:
    """Checks `seller_id` in the body against every secret, where the event carries one."""
    try:
        event = tree(raw.body)
    except UnpickableError:
        return Forged("the body is neither a form nor JSON that can be read")
    told = event["seller_id"].value
    if told is None and _name(event) in gumroad_subscription.READERS:
        return _identity(raw, event)
    if not isinstance(told, str):
        return Forged("the field seller_id is missing")
    theirs = told.encode("utf-8", "replace")
    # Every secret is compared, so that the time taken doesn't say which of them matched.
    matches = sum(hmac.compare_digest(theirs, ours.encode()) for ours in secrets if ours)
    return _identity(raw, event) if matches else Forged("the field seller_id is not the secret")


def _identity(raw: RawEvent, event: Pick) -> Genuine:
    # Events have no ids: one that is sent again has the same body.
    about = event["sale_id"].reference() or event["subscription_id"].reference() or ""
    return Genuine(f"{_name(event)}:{about}:{hashlib.sha256(raw.body).hexdigest()[:32]}", _name(event))


def _name(event: Pick) -> str:
    return event["resource_name"].reference() or _SALE


def _read(raw: RawEvent) -> Reading:
    event = tree(raw.body, errors="strict")
    reader = _READERS.get(_name(event))
    if reader is None:
        return Ignored(f"{_name(event)} says nothing that a receipt needs")
    return reader(event, raw.received_at)


_READERS: Mapping[str, Callable[[Pick, int], Reading]] = {
    _SALE: gumroad_sale.read,
    "refund": gumroad_sale.read_refund,
    "dispute": gumroad_sale.read_dispute,
    "dispute_won": gumroad_sale.read_dispute,
    **gumroad_subscription.READERS,
}

SOURCE = Source(
    name="gumroad",
    default_issuer=Issuer.PROVIDER,
    needs_secret=True,
    verify=verify,
    read=guarded(_read),
    needs_secret_path=True,
    mails_customers=True,
)
