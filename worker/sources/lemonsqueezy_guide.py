"""How a store at Lemon Squeezy is connected."""

from worker.sources import lemonsqueezy_subscription
from worker.sources.guide import Guide


def _wrong_secret(secret: str) -> str | None:
    if secret.startswith("eyJ"):
        return "is an API key; the signing secret is what you thought up for the webhook"
    return "is too short; Lemon Squeezy takes 6 to 40 letters" if 0 < len(secret) < 6 else None


def _wrong_key(key: str) -> str | None:
    return None if key.startswith("eyJ") else "is no API key; one begins with eyJ"


GUIDE = Guide(
    source="lemonsqueezy",
    provider="Lemon Squeezy",
    where="In Lemon Squeezy, Settings > Webhooks > + (of the store; once more in test mode, to try it)",
    events=(
        "order_created",
        "order_refunded",
        *lemonsqueezy_subscription.EVENTS,
        "subscription_payment_success",
        "subscription_payment_failed",
        "subscription_payment_recovered",
        "subscription_payment_refunded",
    ),
    proof="the webhook's signing secret, 6 to 40 letters that you think up: openssl rand -hex 20",
    receipts=(
        "Lemon Squeezy is the seller and sends its own receipts, which can't be switched off. So that customers don't "
        "get two, set receipts.style = \"none\", or have Lemon Squeezy's say what yours doesn't (Design > Emails)."
    ),
    test="Buy something in test mode with the card 4242 4242 4242 4242, or press Resend beside a recent event",
    invoices_there=True,
    wrong_secret=_wrong_secret,
    api_key="an API key, from Settings > API",
    wrong_key=_wrong_key,
)
