"""Stripe's history, from its lists of customers, charges, invoices, checkout sessions and subscriptions.

Rules:
- An object of the API is what an event carries in `data.object`, so the events' readers read it.
- The API version is ours: whatever version the account has, an invoice names its charge, and nothing must be guessed.
- Refunds come with their charge, each under the id that its event has: by the running sum of what was given back.
- Customers and subscriptions change: their ids here hold a print of what they say, so that a later import tells anew.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from worker.core.instant import SECOND
from worker.core.web_call import Answer, Call
from worker.sources import stripe_api, stripe_charge, stripe_checkout, stripe_invoice, stripe_object
from worker.sources.account import Account, Cause, Trouble
from worker.sources.backfill import Backfill, Item, Page, Place, item_of
from worker.sources.event import Ignored, Reading, Told
from worker.sources.picking import Pick, UnpickableError, from_json, required
from worker.sources.stripe_object import event_of

PAGE: Final = 100
"""Stripe's largest."""

_PATHS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "customers": ("customers", {}),
    "charges": ("charges", {"expand[]": "data.refunds"}),
    "invoices": ("invoices", {}),
    "checkout sessions": ("checkout/sessions", {"status": "complete", "expand[]": "data.line_items"}),
    "subscriptions": ("subscriptions", {"status": "all"}),
}
_DATED = ("charges", "invoices", "checkout sessions")
"""Those that happened once: who bought later may be a customer, or have a subscription, for long."""
_OPTIONAL = "checkout sessions"
"""Without them a single sale shows no lines, and nothing else is missing."""


def ask(account: Account, place: Place, since: int | None) -> Call:
    """The page at `place`."""
    path, fixed = _PATHS[place.part]
    query = {"limit": str(PAGE), **fixed}
    if place.after is not None:
        query["starting_after"] = place.after
    if since is not None and place.part in _DATED:
        query["created[gte]"] = str(since // SECOND)
    return stripe_api.question(account, path, query)


def read(place: Place, answer: Answer, asked_at: int) -> Page | Trouble:
    """The page that came, or why it didn't."""
    if answer.status == 200:
        return _page(place, answer.body, asked_at)
    if place.part == _OPTIONAL and answer.status in (403, 404) and place.after is None:
        return Page(
            (),
            BACKFILL.behind(place.part),
            "checkout sessions can't be read with this key and are left out: some sales will show no lines",
        )
    return _trouble(place, answer)


def _page(place: Place, body: bytes, asked_at: int) -> Page | Trouble:
    try:
        found = from_json(body)
        objects = found["data"].each()
        if not isinstance(found["data"].value, list):
            found["data"].refuse("is no list")
        more = found["has_more"].is_true()
        last = required(objects[-1]["id"] if objects else found["data"], Pick.reference) if more else None
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what came is no list of Stripe's ({error})")
    following = BACKFILL.behind(place.part) if last is None else Place(place.part, last)
    return Page(tuple(_item(place.part, each, asked_at) for each in reversed(objects)), following)


def _item(part: str, told: Pick, asked_at: int) -> Item:
    reader = _READERS[part]
    return item_of(told["id"].reference() or "without an id", lambda: reader(told, asked_at))


def _charge(charge: Pick, asked_at: int) -> Reading:
    told_at = charge["created"].moment() or asked_at
    if charge["status"].value not in ("succeeded", None) or not charge["paid"].is_true():
        return Ignored("not paid")
    paid = stripe_charge.read(event_of(charge), told_at)
    if not isinstance(paid, Told):
        return paid
    refunds = (stripe_charge.read_refund(event, at) for event, at in _refunds(charge, told_at))
    return Told(
        (*paid.transactions, *(each for found in refunds if isinstance(found, Told) for each in found.transactions))
    )


def _refunds(charge: Pick, told_at: int) -> Iterator[tuple[Pick, int]]:
    """The events that told of each refund, one after another; more than are listed with the charge come as one."""
    listed = [each for each in charge["refunds"]["data"].each() if each["status"].value not in ("failed", "canceled")]
    listed.sort(key=lambda each: each["created"].moment() or 0)
    amounts = [required(each["amount"], Pick.whole) for each in listed]
    so_far = (charge["amount_refunded"].whole() or 0) - sum(amounts)
    if so_far > 0:
        yield _refunded(charge, 0, so_far, None), told_at
    so_far = max(so_far, 0)
    for refund, amount in zip(listed, amounts, strict=True):
        yield _refunded(charge, so_far, amount, refund), refund["created"].moment() or told_at
        so_far += amount


def _refunded(charge: Pick, before: int, amount: int, refund: Pick | None) -> Pick:
    listed = {"data": [refund.value] if refund is not None else []}
    known = charge.value if isinstance(charge.value, dict) else {}
    then = {**known, "amount_refunded": before + amount, "refunds": listed}
    return Pick({"data": {"object": then, "previous_attributes": {"amount_refunded": before}}})


def _invoice(invoice: Pick, asked_at: int) -> Reading:
    status = invoice["status"].text()
    if status != "paid" and not (status is None and invoice["paid"].is_true()):
        return Ignored(f"{status or 'not paid'}")
    return stripe_invoice.read(event_of(invoice), invoice["created"].moment() or asked_at)


def _session(session: Pick, asked_at: int) -> Reading:
    return stripe_checkout.read(event_of(session), session["created"].moment() or asked_at)


_READERS: Mapping[str, Callable[[Pick, int], Reading]] = {
    "customers": stripe_object.customer,
    "charges": _charge,
    "invoices": _invoice,
    "checkout sessions": _session,
    "subscriptions": stripe_object.subscription,
}


def _trouble(place: Place, answer: Answer) -> Trouble:
    trouble = stripe_api.refusal(answer, f"read {place.part}")
    if trouble.cause is not Cause.LOST or place.after is None:
        return trouble
    return Trouble(Cause.LOST, f"{place.part} begin anew: {place.after} is not there any more")


BACKFILL = Backfill(source="stripe", parts=tuple(_PATHS), ask=ask, read=read)
