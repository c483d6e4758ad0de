"""The receipt: the mail that a sale, a renewal or a refund brings its customer.

Rules: the invoice style shows everything and ends with the foot link; the simple style shows the essentials and never
a way into the hub; amounts and dates are in the customer's locale, days in the merchant's timezone.
"""

from dataclasses import dataclass

from worker.core.invoice import Invoice
from worker.core.transaction import Style
from worker.render import formats, names, sentences
from worker.render.brand import Brand
from worker.render.letter import Rendered, letter
from worker.render.sheet import sheet
from worker.render.stationery import Stationery
from worker.render.voice import Voice

MOST_LINES = 60
"""Enough for people; the document shows every line."""


@dataclass(frozen=True, slots=True)
class ReceiptLinks:
    """The foot link (asks for an access link) and the document link (opens this document), where there are any."""

    foot: str | None = None
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt depends on. `reply_opens_hub`: a reply reaches the access address and is answered with a link."""

    invoice: Invoice
    style: Style
    links: ReceiptLinks
    locale: str
    reply_opens_hub: bool = False
    test: bool = False


def render_receipt(env: Stationery, brand: Brand, receipt: Receipt) -> Rendered:
    """The receipt as subject, text and HTML. A style of `none` has no mail and must not come here."""
    invoice, simple = receipt.invoice, receipt.style is Style.SIMPLE
    words = env.words(receipt.locale)
    locale = formats.known_locale(receipt.locale)
    values = {
        "sheet": sheet(invoice, Voice(words, locale, names.mailed, MOST_LINES)),
        "renewal": invoice.renewal,
        "foot_url": None if simple else receipt.links.foot,
        "document_url": None if simple else receipt.links.document,
        "reply_opens_hub": receipt.reply_opens_hub and not simple,
        "test": receipt.test or invoice.test,
    }
    return letter(env, brand, _mail(invoice, simple), words, values)


def _mail(invoice: Invoice, simple: bool) -> str:
    if sentences.gives_back(invoice):
        return "credit_note"
    return "receipt_simple" if simple else "receipt_invoice"
