"""The shapes that Paddle's entities share: amounts, rates, billing cycles, and the card of a payment.

Paddle's amounts are texts of the currency's smallest unit (`"1000"` is $10.00, `"100"` is ¥100), ISO 4217's decimals.
"""

from collections.abc import Sequence
from decimal import Decimal

from worker.core.transaction import Payment
from worker.sources.picking import Amounts, Pick, amounts_in, made


def money_of(owner: Pick) -> Amounts:
    """A reader for amounts in the currency of an entity."""
    return amounts_in(owner["currency_code"], {})


def rate_of(told: Pick) -> Decimal | None:
    """A tax rate in per cent; Paddle tells it as a fraction, `0.19`."""
    fraction = told.number()
    return None if fraction is None else Pick(fraction * 100, told.path).rate()


def cycle_of(told: Pick) -> tuple[str | None, int]:
    """How often it is billed."""
    return told["interval"].matching("day|week|month|year"), told["frequency"].whole() or 1


def first_cycle(prices: Sequence[Pick]) -> tuple[str | None, int]:
    """How often the first recurring one of the prices is billed."""
    return next((cycle_of(price["billing_cycle"]) for price in prices if price["billing_cycle"].value), (None, 1))


def named(product: Pick, price: Pick) -> str | None:
    """What was bought, as the checkout names it: the product, and which of its prices."""
    parts = (product["name"].text(), price["name"].text())
    return " · ".join(dict.fromkeys(part for part in parts if part)) or price["description"].text()


def payment_of(told: Pick, found: tuple[str, ...]) -> Payment:
    """How it was paid, from one of a transaction's payments."""
    method = told["method_details"]["type"].text()
    card = told["method_details"]["card"]
    month, year = card["expiry_month"].matching("0?[1-9]|1[0-2]"), card["expiry_year"].matching("[0-9]{4}")
    return made(
        told,
        Payment,
        method=method,
        brand=card["type"].text(),
        last4=card["last4"].matching("[0-9]{4}"),
        expires=f"{year}-{month:0>2}" if month and year else None,
        references=found,
    )
