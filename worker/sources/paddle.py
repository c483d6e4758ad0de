"""Paddle (Billing): which events count, and the proof that they are Paddle's. The `paddle_…` modules read them.

Rules:
- Transaction ids: the transaction's or adjustment's own (`txn_…`, `adj_…`), so a payment and a refund are told once
  however many events say so; a payment that failed has the id of its attempt; what changes (subscriptions, customers,
  addresses, businesses) has the event's id.
- References: the transaction's id. Never a subscription: its id is common to all its payments.
- Money events name their customer by `customer_id` alone: the address comes with the customer's event, or by asking.
- An event says nothing of sandbox or live, for these are two accounts: the account's key or address says it.
"""

import re
from collections.abc import Callable, Mapping

from worker.core.instant import SECOND
from worker.core.transaction import Issuer
from worker.sources import paddle_adjustment, paddle_customer, paddle_subscription, paddle_transaction
from worker.sources.event import Forged, Genuine, Ignored, RawEvent, Reading, Source
from worker.sources.paddle_api import is_sandbox
from worker.sources.picking import Pick, from_json, guarded, required
from worker.sources.proof import NO_MATCH, TOLERANCE, TOO_OLD, identity, signed

_TIMESTAMP = re.compile(r"[0-9]{1,11}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOST_SIGNATURES = 20


def verify(raw: RawEvent, secrets: tuple[str, ...], now: int) -> Genuine | Forged:
    """Checks `Paddle-Signature: ts=…;h1=…`: HMAC-SHA256 over time and body, any of several h1 under any secret."""
    header = raw.headers.get("paddle-signature")
    if header is None:
        return Forged("the header Paddle-Signature is missing")
    parsed = _parse_signature(header)
    if parsed is None:
        return Forged("the header Paddle-Signature is malformed")
    at, signatures = parsed
    if not signed(f"{at}:".encode() + raw.body, signatures, secrets):
        return Forged(NO_MATCH)
    if abs(now - int(at) * SECOND) > TOLERANCE:
        return Forged(TOO_OLD)
    # `notification_id` names a delivery; `event_id` names what happened, however often and to whomever it is told.
    return identity(raw.body, "event_id", "event_type")


def _parse_signature(header: str) -> tuple[str, list[str]] | None:
    pairs = [item.strip().partition("=")[::2] for item in header.split(";")]
    times = [value for key, value in pairs if key == "ts"]
    # While a secret is changed there are several; one in a form that isn't known is no reason to refuse the others.
    signatures = [value for key, value in pairs if key == "h1" and _SIGNATURE.fullmatch(value)]
    if len(times) != 1 or not _TIMESTAMP.fullmatch(times[0]) or not 0 < len(signatures) <= _MOST_SIGNATURES:
        return None
    return times[0], signatures


def _read(raw: RawEvent) -> Reading:
    event = from_json(raw.body)
    name = required(event["event_type"], Pick.text)
    if name in _TOLD_ELSEWHERE:
        return Ignored(_TOLD_ELSEWHERE[name])
    reader = _READERS.get(name)
    if reader is None:
        return Ignored(f"{name} says nothing that a receipt needs")
    return reader(event, event["occurred_at"].iso_moment() or raw.received_at)


_TOLD_ELSEWHERE = {
    "transaction.paid": "transaction.completed tells the same payment, with its number and subscription",
    "transaction.billed": "an invoice was issued, and nothing is paid yet",
    "transaction.revised": "the invoice's details were changed at Paddle, which issues it",
}
_READERS: Mapping[str, Callable[[Pick, int], Reading]] = {
    "transaction.completed": paddle_transaction.read,
    "transaction.payment_failed": paddle_transaction.read_failed,
    "transaction.past_due": paddle_transaction.read_failed,
    **dict.fromkeys(paddle_adjustment.EVENTS, paddle_adjustment.read),
    **dict.fromkeys(paddle_subscription.EVENTS, paddle_subscription.read),
    **dict.fromkeys(paddle_customer.OF_CUSTOMERS, paddle_customer.read),
    **dict.fromkeys(paddle_customer.OF_ADDRESSES, paddle_customer.read_address),
    **dict.fromkeys(paddle_customer.OF_BUSINESSES, paddle_customer.read_business),
}

SOURCE = Source(
    name="paddle",
    default_issuer=Issuer.PROVIDER,
    needs_secret=True,
    verify=verify,
    read=guarded(_read),
    is_for_tests=is_sandbox,
    mails_customers=True,
)
