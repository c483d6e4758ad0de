"""What is known of every source without reading an event: its kind, and who invoices its sales as a rule."""

from worker.core.transaction import Issuer
from worker.settings import KNOWN_KINDS
from worker.sources import GUIDES, SOURCES

SELLERS = {"paddle", "lemonsqueezy", "gumroad", "thrivecart"}
"""Who writes an invoice of each sale: as the seller, or (ThriveCart) in the merchant's name."""


def test_the_settings_know_every_source_and_no_other() -> None:
    assert set(KNOWN_KINDS) == set(SOURCES)


def test_the_provider_invoices_where_it_writes_an_invoice_of_each_sale_and_else_we_do() -> None:
    rule = {name: source.default_issuer for name, source in SOURCES.items()}
    assert rule == {name: Issuer.PROVIDER if name in SELLERS else Issuer.US for name in SOURCES}


def test_nothing_is_invoiced_twice_by_connecting_and_nothing_left_without_an_invoice() -> None:
    """Stripe invoices if the merchant uses its invoicing, so its numbers stay off until the merchant says so."""
    may_invoice = {kind for kind, guide in GUIDES.items() if guide.invoices_there}
    assert may_invoice == SELLERS | {"stripe"}
