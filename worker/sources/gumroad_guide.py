"""How an account at Gumroad is connected. It signs nothing, so the address is a secret too."""

from worker.sources.guide import Guide


def _wrong_secret(secret: str) -> str | None:
    if "://" in secret or "@" in secret:
        return "is an address; the seller id stands in Settings > Advanced, such as kL0psVL2admJSYRNs-OCMg=="
    return None


def _wrong_key(key: str) -> str | None:
    return "is an address; the access token is a long word" if "://" in key or "@" in key else None


GUIDE = Guide(
    source="gumroad",
    provider="Gumroad",
    where="In Gumroad, Settings > Advanced > Ping endpoint (it tells sales; the rest as docs/sources/gumroad.md says)",
    events=(
        "sale",
        "refund",
        "dispute, dispute_won",
        "cancellation, subscription_ended, subscription_restarted, subscription_updated",
    ),
    proof="the seller id, in Settings > Advanced or in any ping as seller_id",
    receipts=(
        "Gumroad is the seller and mails its own receipt, which can't be switched off: set receipts.style or "
        "products.<id>.receipt_style to none where one is enough."
    ),
    test="Buy your own product (nothing is charged), or press Send test ping beside the endpoint",
    invoices_there=True,
    wrong_secret=_wrong_secret,
    api_key="an access token with the scope view_sales, for the history and for refunds in part",
    wrong_key=_wrong_key,
    secret_path=True,
)
