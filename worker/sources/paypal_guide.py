"""How an account at PayPal is connected: a webhook of a REST app."""

import re

from worker.sources.guide import Guide

_ID = re.compile(r"[0-9A-Z]{10,30}", re.ASCII)


def _wrong_secret(secret: str) -> str | None:
    if "://" in secret:
        return "is a web address; the webhook's id stands beside it, such as 5TH47159DK785634N"
    return None if _ID.fullmatch(secret) else "is no webhook id, which is capitals and digits, as 5TH47159DK785634N"


def _wrong_key(key: str) -> str | None:
    client, colon, secret = key.partition(":")
    return None if colon and client and secret else "needs both, with a colon between: the client id:the secret"


GUIDE = Guide(
    source="paypal",
    provider="PayPal",
    where="In developer.paypal.com, Apps & Credentials > your app (Live) > Webhooks > Add Webhook",
    events=(
        "Payment capture completed, refunded, reversed",
        "Payment sale completed, refunded, reversed, denied",
        "Checkout order approved, completed",
        "Billing subscription created, activated, updated, cancelled, expired, suspended, re-activated",
        "Billing subscription payment failed",
        "Invoicing invoice paid",
        "Customer dispute created, updated, resolved",
    ),
    proof="the Webhook ID that stands beside the address once it is saved",
    receipts=(
        "PayPal mails the payer of each payment itself, which can't be switched off; that is no invoice, and says "
        "little of what was bought."
    ),
    test="Have your shop take a payment by this app (the sandbox is an account of its own: --name paypal-sandbox)",
    invoices_there=False,
    wrong_secret=_wrong_secret,
    api_key="the app's client id and secret, with a colon between, to look up addresses, for the history and to cancel",
    wrong_key=_wrong_key,
    secret_path=True,
)
