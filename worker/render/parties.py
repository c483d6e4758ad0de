"""The two parties of a document, line by line, each address in the order of its country.

Rules: where somebody else invoices, no tax id of the merchant stands here: beside an amount of tax it would read as a
second invoice for the same supply.
"""

from worker.core.invoice import Invoice
from worker.core.transaction import Address, Issuer
from worker.render import formats
from worker.render.voice import Voice

_CITY_REGION_CODE = frozenset("US CA AU PR".split())
"""Leeds, Ontario and Sydney: the city first, the code last, on one line."""
_CODE_LAST = frozenset("GB IE IN ZA NZ SG HK TH ID MY PH AE".split())
"""The city, and the code after it on a line of its own (or the same where there is no city)."""


def seller(invoice: Invoice, voice: Voice) -> tuple[str, ...]:
    """The merchant: name, address, tax id."""
    party = invoice.seller
    address = _address(party.address, voice.locale, _differ(invoice))
    return (party.name, *address, *_tax_id(party.tax_id, invoice, voice))


def buyer(invoice: Invoice, voice: Voice) -> tuple[str, ...]:
    """The customer: company and name, address, tax id, email; all that strangers wrote is made fit to be shown."""
    party = invoice.buyer
    address = _address(party.address, voice.locale, _differ(invoice)) if party.address else ()
    tax_id = voice.name(party.tax_id) if party.tax_id else None
    own = (voice.name(words) for words in (party.company, party.name, *address) if words)
    return (*filter(None, own), *_tax_id(tax_id, invoice, voice), *filter(None, (party.email,)))


def _tax_id(tax_id: str | None, invoice: Invoice, voice: Voice) -> tuple[str, ...]:
    if not tax_id or invoice.issuer is not Issuer.US:
        return ()
    return (voice.words.gettext("Tax ID %(id)s") % {"id": tax_id},)


def _differ(invoice: Invoice) -> bool:
    """Whether the countries are to be named: a letter inside one country doesn't name it."""
    here = invoice.seller.address.country
    there = invoice.buyer.address.country if invoice.buyer.address else None
    return here is None or there is None or here != there


def _address(address: Address, locale: str, with_country: bool) -> tuple[str, ...]:
    country = formats.country(address.country, locale) if address.country and with_country else None
    parts = (address.line1, address.line2, *_town(address), country)
    return tuple(part for part in parts if part)


def _town(address: Address) -> tuple[str, ...]:
    city, region, code = address.city or "", address.region or "", address.postal_code or ""
    if address.country in _CITY_REGION_CODE:
        place = f"{region} {code}".strip()
        return (", ".join(filter(None, (city, place))),)
    if address.country in _CODE_LAST:
        return (city, region, code)
    return (f"{code} {city}".strip(), region)
