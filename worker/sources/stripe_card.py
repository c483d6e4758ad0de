"""Stripe's cards that end soon.

Stripe itself warns only of its oldest kind of cards (`customer.source.expiring`, a month ahead). Of the others a
renewal's charge and the change of a card tell the month too: the warning is then ours, `SOON` before it.
"""

from worker.core import instant
from worker.core.announcement import Announcement, Matter
from worker.core.transaction import Customer
from worker.sources.event import Ignored, Reading, Told
from worker.sources.picking import Pick
from worker.sources.stripe_shapes import is_test

EVENTS = ("payment_method.attached", "payment_method.updated", "payment_method.automatically_updated")
SOON = 45 * instant.DAY
"""A card that ends within this time may not live to the next monthly payment."""


def read_expiring(event: Pick, told_at: int) -> Reading:
    """A card that ends with this month, from `customer.source.expiring`: a card, or a source that is one."""
    source = event["data"]["object"]
    card = source["card"] if source["card"].value else source
    ends_at = _ends_at(card)
    if ends_at is None:
        return Ignored("no card ends")
    return Told((), announced=(_announcement(event, told_at, source, card, ends_at),))


def read_method(event: Pick, told_at: int) -> Reading:
    """A card that was added or changed, from any of `EVENTS`."""
    announced = expiring(event, told_at, event["data"]["object"], event["data"]["object"]["card"])
    return Told((), announced=announced) if announced else Ignored("no card that ends soon")


def expiring(event: Pick, told_at: int, method: Pick, card: Pick) -> tuple[Announcement, ...]:
    """The warning that the card of a payment method ends soon, none where it doesn't."""
    ends_at = _ends_at(card)
    if ends_at is None or not told_at < ends_at <= told_at + SOON or method["customer"].reference() is None:
        return ()
    return (_announcement(event, told_at, method, card, ends_at),)


def _announcement(event: Pick, told_at: int, method: Pick, card: Pick, ends_at: int) -> Announcement:
    # The id isn't the method's: one card is known by several, and it ends once.
    last4, customer = card["last4"].matching("[0-9]{4}"), method["customer"].reference()
    return Announcement(
        id=f"{customer}:card:{last4}:{ends_at // instant.SECOND}",
        matter=Matter.CARD_EXPIRING,
        occurred_at=told_at,
        customer=Customer(ref=customer),
        due_at=ends_at,
        card_last4=last4,
        test=is_test(event),
    )


def _ends_at(card: Pick) -> int | None:
    """The first moment of the month after the one that stands on the card."""
    month, year = card["exp_month"].matching("0?[1-9]|1[0-2]"), card["exp_year"].matching("20[0-9]{2}")
    if month is None or year is None:
        return None
    after = int(year) * 12 + int(month)
    return instant.parse(f"{after // 12:04}-{after % 12 + 1:02}-01T00:00:00Z")
