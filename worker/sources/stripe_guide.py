"""How an account at Stripe is connected."""

from worker.sources.guide import Guide


def _wrong_secret(secret: str) -> str | None:
    if secret.startswith(("sk_", "rk_", "pk_")):
        return "is an API key; the endpoint's signing secret begins with whsec_"
    if secret.startswith("we_"):
        return "is the endpoint's id; its signing secret begins with whsec_"
    return None


def _wrong_key(key: str) -> str | None:
    if key.startswith("pk_"):
        return "is a publishable key, which may read nothing; a restricted key begins with rk_"
    if key.startswith("whsec_"):
        return "is a signing secret; a restricted key begins with rk_"
    return None


GUIDE = Guide(
    source="stripe",
    provider="Stripe",
    where="In Stripe's dashboard, Developers > Webhooks > Add destination (an endpoint for your account's events)",
    events=(
        "invoice.paid",
        "invoice.payment_failed",
        "invoice.upcoming",
        "invoice_payment.paid",
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "payment_intent.succeeded",
        "charge.succeeded",
        "charge.captured",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "credit_note.created",
        "refund.failed",
        "customer.created",
        "customer.updated",
        "customer.deleted",
        "customer.tax_id.created",
        "customer.tax_id.updated",
        "customer.source.expiring",
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.resumed",
        "customer.subscription.trial_will_end",
        "payment_method.attached",
        "payment_method.automatically_updated",
    ),
    proof="the endpoint's signing secret, whsec_…",
    receipts=(
        "Before receipts go out from here, switch Stripe's own off, or customers get two: Settings > Business > "
        "Customer emails (successful payments, refunds), and Settings > Billing > Invoices (finalized, paid)."
    ),
    test="Make a payment in test mode, or run: stripe trigger invoice.paid",
    invoices_there=True,
    wrong_secret=_wrong_secret,
    api_key=(
        "a restricted key, rk_…, that may write customers, subscriptions and the customer portal, and read charges, "
        "invoices and checkout sessions"
    ),
    wrong_key=_wrong_key,
)
