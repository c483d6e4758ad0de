"""The shapes that Stripe's objects share: amounts, customers, references, and things told by their sums."""

from collections.abc import Iterable
from typing import Final

from worker.core.transaction import Address, Customer
from worker.sources.picking import Amounts, Pick, amounts_in, made
from worker.sources.sold import Sold

_PLACES: Final = {"MGA": 0, "ISK": 2, "UGX": 2}
"""Decimals in Stripe's whole numbers where ISO 4217 says otherwise (its page on currencies, special cases)."""


PAGES: Final = "https://dashboard.stripe.com"
"""Where a merchant sees what an event is about."""


def money_of(owner: Pick) -> Amounts:
    """A reader for amounts in the currency of an object."""
    return amounts_in(owner["currency"], _PLACES)


def is_test(event: Pick) -> bool:
    """Whether the event comes from test mode or a sandbox."""
    return event["livemode"].value is False or event["data"]["object"]["livemode"].value is False


def references(*named: Pick) -> tuple[str, ...]:
    """The ids that are there, each once, in the order of the fields."""
    return tuple(dict.fromkeys(found for pick in named if (found := pick.reference())))[:50]


def total_of(money: Amounts, entries: Iterable[Pick]) -> int:
    """The `amount` of all entries together."""
    return sum(money.or_zero(entry["amount"]) for entry in entries)


def customer(told: Pick, ref: Pick) -> Customer:
    """The customer of an object that tells email, name, phone, address and tax ids as Stripe's customers do."""
    locales = (told["locale"], *told["preferred_locales"].each())
    return made(
        told["email"],
        Customer,
        email=told["email"].text(),
        ref=ref.reference(),
        name=told["name"].text(),
        company=told["business_name"].text(),
        phone=told["phone"].text(),
        tax_id=tax_id(told["tax_ids"]),
        locale=next((locale for locale in map(Pick.locale, locales) if locale), None),
        address=address(told["address"]),
    )


def tax_id(told: Pick) -> str | None:
    """The first tax id of a list, or of a list object where it was expanded."""
    ids = told.each() or told["data"].each()
    return ids[0]["value"].text() if ids else None


def address(told: Pick) -> Address | None:
    """A postal address, None where nothing of it is known."""
    found = Address(
        line1=told["line1"].text(),
        line2=told["line2"].text(),
        city=told["city"].text(),
        region=told["state"].text(),
        postal_code=told["postal_code"].text(),
        country=told["country"].country(),
    )
    return None if found == Address() else found


def shipping(owner: Pick, money: Amounts) -> list[Sold]:
    """What an invoice or session charges for shipping, as something sold beside its lines."""
    cost = owner["shipping_cost"]
    if not money.or_zero(cost["amount_total"]):
        return []
    return [told_by_sums(cost, cost["shipping_rate"]["display_name"].text() or "Shipping", money)]


def told_by_sums(where: Pick, description: str, money: Amounts) -> Sold:
    """A thing whose amounts stand as subtotal, discount, tax and total, which together say where the tax is."""
    subtotal, tax = money.required(where["amount_subtotal"]), money.or_zero(where["amount_tax"])
    discount = money.or_zero(where["amount_discount"])
    inside = subtotal - discount == money.required(where["amount_total"])
    taxes = where["taxes"].each()
    return Sold(
        where=where,
        description=description,
        amount=subtotal,
        quantity=where["quantity"].whole() or 1,
        product=where["price"]["product"].reference(),
        discount=discount,
        tax_inside=tax if inside else 0,
        tax_on_top=0 if inside else tax,
        tax_rate=taxes[0]["rate"]["percentage"].rate() if len(taxes) == 1 else None,
    )
