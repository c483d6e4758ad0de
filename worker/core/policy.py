"""What the merchant decided: who invoices, which style a receipt has, how documents are numbered and worded.

Pure values that `app.py` makes from the settings, and the rules over them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.core.dunning import Dunning
from worker.core.invoice import Seller
from worker.core.transaction import Issuer, Kind, Style, Transaction

_DETAIL = (Style.NONE, Style.SIMPLE, Style.INVOICE)
"""Least to most detailed."""


@dataclass(frozen=True, slots=True)
class ReceiptPolicy:
    """Which receipts go out, and in which style."""

    style: Style = Style.INVOICE
    recurring: bool = False
    product_styles: Mapping[str, Style] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """All that issuing and mailing a document depends on.

    `issuers` is who invoices for each source where the merchant said so, `usual_issuers` who does so with its provider.
    """

    seller: Seller
    receipts: ReceiptPolicy = ReceiptPolicy()
    locale: str = "en"
    timezone: str = "UTC"
    number_prefix: str = ""
    number_start: int = 1
    issuers: Mapping[str, Issuer] = field(default_factory=dict)
    usual_issuers: Mapping[str, Issuer] = field(default_factory=dict)
    document_years: int = 10
    message_domain: str = "localhost"
    alerts_to: tuple[str, ...] = ()
    dunning: Dunning = field(default_factory=Dunning)


def style_of(transaction: Transaction, receipts: ReceiptPolicy) -> Style:
    """The transaction's own choice first, then its products' (the most detailed of several), then the account's.

    A renewal brings a mail only where the merchant enabled those.
    """
    if transaction.kind is Kind.RENEWAL and not receipts.recurring:
        return Style.NONE
    if transaction.receipt_style is not None:
        return transaction.receipt_style
    products = (receipts.product_styles.get(line.product or "") for line in transaction.lines)
    chosen = [style for style in products if style is not None]
    return max(chosen, key=_DETAIL.index) if chosen else receipts.style


def issuer_of(transaction: Transaction, source: str, policy: Policy) -> Issuer:
    """Who invoices this supply.

    What the transaction says counts first, then what the merchant set for the source; where an external number comes it
    is the provider, else whoever does so as a rule. A second invoice for one supply would make the merchant owe its tax
    twice.
    """
    said = transaction.invoice.issuer or policy.issuers.get(source)
    if said is not None:
        return said
    if transaction.invoice.number is not None:
        return Issuer.PROVIDER
    return policy.usual_issuers.get(source, Issuer.US)


def is_invoiced_there(transaction: Transaction, source: str, policy: Policy) -> bool:
    """Whether the provider is known to invoice this supply, and not only that we don't: that may be somebody else."""
    said = transaction.invoice
    known = said.issuer is Issuer.PROVIDER or said.number is not None or said.url is not None
    return known or policy.usual_issuers.get(source, Issuer.US) is Issuer.PROVIDER
