"""A receipt as customers would see it with settings that aren't made yet: the made-up sale of a test receipt."""

import base64
from dataclasses import dataclass, replace

from worker.core.policy import Policy
from worker.core.sample import sample_invoice
from worker.core.transaction import Style
from worker.render.brand import Brand
from worker.render.merchant import seller_of
from worker.render.receipts import Receipt, ReceiptLinks, render_receipt
from worker.render.stationery import Stationery
from worker.settings import Settings


@dataclass(frozen=True, slots=True)
class Preview:
    """In which style, with which number, and when."""

    style: Style
    number: str
    now: int


def render_preview(env: Stationery, brand: Brand, settings: Settings, preview: Preview) -> str:
    """The mail's HTML. Slow where `env` has not been filled for this `brand` before: its templates are compiled."""
    business = settings.business
    policy = Policy(seller_of(settings), locale=business.locale, timezone=business.timezone)
    invoice = replace(sample_invoice(policy, preview.now), test=False, number=preview.number)
    opens = settings.receipt_reply_to is not None and settings.receipt_reply_to == settings.mail.access_address
    links = ReceiptLinks(foot=f"{settings.base_url}/updateinfo/", document=f"{settings.base_url}/updateinfo/")
    receipt = Receipt(invoice, preview.style, links, business.locale, reply_opens_hub=opens)
    return _with_logo(render_receipt(env, brand, receipt).html, brand)


def brand_with(brand: Brand, settings: Settings) -> Brand:
    """The merchant's looks with these settings; the logo stays as it is."""
    business = settings.business
    return replace(
        brand,
        name=settings.shop_name,
        accent=business.colours.accent,
        background=business.colours.background,
        support_email=business.support_email,
        support_url=business.support_url,
    )


def _with_logo(html: str, brand: Brand) -> str:
    """In a mail the logo is a part of it; a page has it in place."""
    if brand.logo is None:
        return html
    url = f"data:{brand.logo.mime_type};base64,{base64.b64encode(brand.logo.data).decode()}"
    return html.replace(f"cid:{brand.logo.content_id}", url)
