"""How an account at ThriveCart is connected. It signs nothing, so the address is a secret too."""

from worker.sources.guide import Guide


def _wrong_secret(secret: str) -> str | None:
    return "is a web address; the secret word stands beside the webhooks" if "://" in secret else None


GUIDE = Guide(
    source="thrivecart",
    provider="ThriveCart",
    where=(
        "In ThriveCart, Settings > API & Webhooks > Webhooks & notifications > Add another webhook, once the running "
        "letterkey knows the account (ThriveCart tries the address before it saves it)"
    ),
    events=("all of them: ThriveCart offers no choice, and what says nothing to a receipt is kept and ignored",),
    proof="the account's secret word, under Settings > API & Webhooks > ThriveCart order validation",
    receipts=(
        "Before receipts go out from here, switch ThriveCart's own off, or customers get two: the receipt mails of "
        "each product, and in the account-wide settings the invoices of recurring payments."
    ),
    test="Buy a product in test mode: with a test card, on the product's checkout page in test mode",
    invoices_there=True,
    wrong_secret=_wrong_secret,
    api_key="an API token, under Settings > API & Webhooks > API tokens, so that customers can cancel from here",
    secret_path=True,
)
