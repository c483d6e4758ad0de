"""How an account at Paddle is connected."""

from worker.sources import paddle_adjustment, paddle_customer, paddle_subscription
from worker.sources.guide import Guide


def _wrong_secret(secret: str) -> str | None:
    if "apikey" in secret or secret.startswith(("live_", "test_")):
        return "is an API key or token; the destination's secret key begins with pdl_ntfset_"
    if secret.startswith("ntfset_"):
        return "is the destination's id; its secret key begins with pdl_ntfset_"
    return None


def _wrong_key(key: str) -> str | None:
    if key.startswith("pdl_ntf"):
        return "is a destination's secret key; an API key begins with pdl_live_apikey_ or pdl_sdbx_apikey_"
    if key.startswith(("live_", "test_")):
        return "is a client-side token, which may read nothing; an API key begins with pdl_live_apikey_"
    return None


GUIDE = Guide(
    source="paddle",
    provider="Paddle",
    where="In Paddle's dashboard, Developer tools > Notifications > New destination (type: URL, API version 1)",
    events=(
        "transaction.completed",
        "transaction.payment_failed",
        "transaction.past_due",
        *paddle_subscription.EVENTS,
        *paddle_adjustment.EVENTS,
        *paddle_customer.OF_CUSTOMERS,
        *paddle_customer.OF_ADDRESSES,
        *paddle_customer.OF_BUSINESSES,
    ),
    proof="the destination's secret key, pdl_ntfset_…",
    receipts=(
        "Paddle is the seller and sends its own receipts and invoices. Before receipts go out from here, ask Paddle "
        'whether yours can be switched off, or customers get two; receipts.style = "none" sends none from here.'
    ),
    test="Buy something, or send one: Developer tools > Simulations > New simulation > transaction.completed",
    invoices_there=True,
    wrong_secret=_wrong_secret,
    api_key=(
        "an API key, pdl_live_apikey_…, that may read customers, addresses, businesses, transactions, adjustments and "
        "subscriptions, and write customers, addresses, subscriptions and customer portal sessions; a sandbox key "
        "makes it tests"
    ),
    wrong_key=_wrong_key,
)
