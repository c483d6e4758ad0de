"""What was sold, as providers tell it, turned into the lines of a transaction.

Rules: no money is invented, so the lines come to what the provider's own numbers come to. A transaction's prices either
all include tax or none does, and providers mix: then the tax inside is taken out of the price and shown beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from worker.core.transaction import Line
from worker.sources.picking import Pick, made


@dataclass(frozen=True, slots=True)
class Sold:
    """One thing sold. `amount` is for the whole quantity, before the discount, and holds the tax inside the price."""

    where: Pick
    description: str
    amount: int
    quantity: int = 1
    product: str | None = None
    discount: int = 0
    tax_inside: int = 0
    tax_on_top: int = 0
    tax_rate: Decimal | None = None
    tax_category: str | None = None
    access_url: str | None = None


def lines_of(things: Sequence[Sold]) -> tuple[tuple[Line, ...], bool]:
    """The lines, and whether their prices include tax."""
    inside = any(thing.tax_inside for thing in things) and not any(thing.tax_on_top for thing in things)
    return tuple(_line(thing, prices_include_tax=inside) for thing in things), inside


def _line(thing: Sold, *, prices_include_tax: bool) -> Line:
    price = thing.amount if prices_include_tax else thing.amount - thing.tax_inside
    discount = max(thing.discount, 0)
    price += discount - thing.discount  # a credit can carry a negative discount: that is a higher price
    quantity, unit_amount, description = _in_units(thing, price)
    return made(
        thing.where,
        Line,
        description=description,
        quantity=quantity,
        unit_amount=unit_amount,
        product=thing.product,
        discount_amount=discount,
        tax_rate=thing.tax_rate,
        tax_amount=thing.tax_inside + thing.tax_on_top,
        tax_category=thing.tax_category,
        access_url=thing.access_url,
    )


def _in_units(thing: Sold, price: int) -> tuple[int, int, str]:
    # Providers write "3 × Seat" into the text themselves; beside our own quantity that would read "3 × 3 × Seat".
    spelt = thing.description.removeprefix(f"{thing.quantity} × ") or thing.description
    if thing.quantity <= 1:
        return 1, price, spelt
    if price % thing.quantity == 0:
        return thing.quantity, price // thing.quantity, spelt
    return 1, price, f"{thing.quantity} × {spelt}"[:500]
