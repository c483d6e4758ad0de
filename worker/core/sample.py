"""A made-up sale for test receipts: everything that a receipt can show is on it, and nothing of it is real.

It is marked as a test, so it takes no number and says so to whoever reads it.
"""

from decimal import Decimal

from worker.core.instant import DAY
from worker.core.invoice import Invoice, Issue, draw_up
from worker.core.policy import Policy
from worker.core.transaction import Address, Customer, Issuer, Kind, Line, Payment, Subscription, Transaction

_BUYER = Customer(
    email="ada@example.com",
    name="Ada Fairweather",
    company="Fairweather & Daughters",
    locale=None,
    address=Address(line1="The Old Lighthouse", line2="2 Harbour Steps", city="Portmere", postal_code="PM1 4LK"),
)
_LINES = (
    Line(
        description="The Night Ferry, a novel in twelve letters (one a month)",
        quantity=Decimal(1),
        unit_amount=4800,
        discount_amount=800,
        tax_rate=Decimal(7),
        tax_amount=280,
    ),
    Line(
        description="Sealing wax, harbour blue",
        quantity=Decimal(3),
        unit_amount=650,
        tax_rate=Decimal(19),
        tax_amount=371,
    ),
)


def sample_invoice(policy: Policy, now: int) -> Invoice:
    """The document of the made-up sale, by this merchant and in the merchant's language."""
    issue = Issue(
        issuer=Issuer.US,
        number=None,
        issued_at=now,
        timezone=policy.timezone,
        locale=policy.locale,
        seller=policy.seller,
        buyer=_BUYER,
    )
    return draw_up(_sale(now), issue)


def _sale(now: int) -> Transaction:
    return Transaction(
        id="sample",
        kind=Kind.SALE,
        occurred_at=now,
        currency="EUR",
        total=sum(line.amount(prices_include_tax=False) for line in _LINES),
        customer=_BUYER,
        lines=_LINES,
        test=True,
        payment=Payment(method="card", brand="visa", last4="4242"),
        subscription=Subscription(ref="sample", interval="year", next_payment_at=now + 365 * DAY, next_amount=4280),
    )
