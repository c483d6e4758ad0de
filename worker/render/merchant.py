"""The merchant as documents show it, read off the settings."""

from worker.core.invoice import Seller
from worker.core.transaction import Address
from worker.settings import Settings


def seller_of(settings: Settings) -> Seller:
    """Who sells."""
    business = settings.business
    return Seller(
        name=settings.shop_name,
        address=Address(**business.address.model_dump()),
        tax_id=business.tax_id,
        support_email=business.support_email,
        support_url=business.support_url,
    )
