"""A sale as Gumroad's API shows it: in the words of its ping, and what was given back of it.

Rules: what was given back in part is known where the price tag is in dollars, for only then is what is left told in
them.
"""

from worker.sources.gumroad_shapes import DOLLARS
from worker.sources.picking import Pick, amounts_in

_OF_PING = {
    "sale_id": "id",
    "sale_timestamp": "created_at",
    "order_number": "order_id",
    "is_recurring_charge": "recurring_charge",
    "recurrence": "subscription_duration",
    "email": "purchase_email",
}
"""A ping's word for a field of the API's."""


def as_ping(sale: Pick) -> Pick:
    """The sale as its ping tells it."""
    known = dict(sale.value) if isinstance(sale.value, dict) else {}
    told = {ping: known.get(api) for ping, api in _OF_PING.items()}
    told["email"] = told["email"] or known.get("email")
    shipped = {"street_address", "city", "state", "zip_code", "country", "country_iso2", "full_name"}
    told["shipping_information"] = {key: known[key] for key in shipped if key in known}
    # A buyer who is the seller tests: the ping says so, the API doesn't.
    told["test"] = known.get("purchaser_id") is not None and known.get("purchaser_id") == known.get("seller_id")
    return Pick({**known, **told}, sale.path)


def given_back(event: Pick, total: int) -> int:
    """Cents that were given back until now, of a sale of `total` cents; 0 where it isn't known."""
    return total if event["refunded"].is_true() else _part_given_back(event, total)


def _part_given_back(event: Pick, total: int) -> int:
    if not event["partially_refunded"].is_true() or (event["currency"].text() or "").upper() != DOLLARS.currency:
        return 0
    left = event["amount_refundable_in_currency"]
    spelt = (left.text() or "").replace(",", "").removeprefix("$")
    dollars = amounts_in(Pick(DOLLARS.currency), 0).of(Pick(spelt, left.path))
    return 0 if dollars is None else max(total - dollars, 0)
