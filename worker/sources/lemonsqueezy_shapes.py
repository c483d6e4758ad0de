"""The shapes that Lemon Squeezy's objects share: amounts, customers, and where the tax is.

Amounts are whole numbers of the currency's smallest unit; the same in US dollars (`total_usd`), once a float, is never
read. Objects are JSON:API's: an id, a type, and the rest in `attributes`.
"""

from worker.core.transaction import Customer
from worker.sources.picking import Amounts, Pick, amounts_in, made, required
from worker.sources.sold import Sold


def money_of(told: Pick) -> Amounts:
    """A reader for amounts in the currency of an object."""
    return amounts_in(told["attributes"]["currency"], {})


def id_of(told: Pick, kind: str) -> str:
    """What an object is called: its number alone would be that of an object of another type, too."""
    return f"{kind}:{required(told['id'], Pick.reference)}"


def is_test(event: Pick) -> bool:
    """Whether the event, or the object in it, comes from test mode."""
    told = event["data"]["attributes"]
    modes = (event["meta"]["test_mode"], told["test_mode"], told["first_order_item"]["test_mode"])
    return any(mode.is_true() for mode in modes)


def customer_of(told: Pick) -> Customer:
    """Whose order, invoice or subscription it is."""
    told = told["attributes"]
    return made(
        told["user_email"],
        Customer,
        email=told["user_email"].text(),
        ref=told["customer_id"].reference(),
        name=told["user_name"].text(),
    )


def sold_as(told: Pick, money: Amounts, description: str, product: str | None) -> list[Sold]:
    """What an order came to, as one thing, and the fee to set it up where that comes on top of the subtotal.

    Whether the tax is inside, the numbers say: the flag for it came late, and older objects have none.
    """
    told = told["attributes"]
    price, discount, tax = money.required(told["subtotal"]), money.or_zero(told["discount_total"]), _tax(told, money)
    total, fee = money.required(told["total"]), money.or_zero(told["setup_fee"])
    fee = fee if total - (price - discount) in (fee, fee + tax) else 0
    inside = price - discount + fee == total
    thing = Sold(
        where=told,
        description=description,
        amount=price,
        quantity=told["first_order_item"]["quantity"].whole() or 1,
        product=product,
        discount=discount,
        tax_inside=tax if inside else 0,
        tax_on_top=0 if inside else tax,
        tax_rate=told["tax_rate"].rate() if tax else None,
    )
    return [thing, Sold(where=told["setup_fee"], description="Setup fee", amount=fee)] if fee else [thing]


def _tax(told: Pick, money: Amounts) -> int:
    return money.or_zero(told["tax"])
