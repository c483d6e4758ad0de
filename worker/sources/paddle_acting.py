"""What Paddle is asked to do: cancel, take a cancellation back, pause, resume, change a customer, open its card page.

Rules:
- Paddle has no idempotency keys: how the subscription stands is asked first, and only what isn't so yet is asked for.
- An answer is taken for what the subscription in it says: what is scheduled for it, and how it stands.
- One change is scheduled at a time, and locks the next: a pause that is scheduled is taken off before an end is set.
- A pause begins with the next period, for this one is paid for; resuming one that hasn't begun takes it off.
- The card is changed on the customer portal, for which a session is made; it is good for a short while, and for all.
"""

from urllib.parse import quote

from worker.core.following import Followed
from worker.core.provider_action import EVERYTHING, Capabilities, Verb
from worker.core.transaction import Address, Customer, Transaction
from worker.core.web_call import Call
from worker.sources import paddle_api, paddle_customer, paddle_subscription
from worker.sources.account import Account, Cause, Trouble
from worker.sources.acting import Acting, Asked, Done, Page, Replied, Returned, Then, as_it_stands
from worker.sources.event import as_test
from worker.sources.picking import Pick, UnpickableError, required

_CHANGED, _CLEARED, _AGAIN = 1, 2, 3
"""The steps after the look: the change, the schedule taken off that locked it, and the change once more."""
_ADDRESS, _CUSTOMER = 1, 2
_LOCKED = "subscription_locked_pending_changes"
_DOING = {Verb.UPDATE_CUSTOMER: "change customers", Verb.CARD_PAGE: "make customer portal sessions"}
_NO_ENTITY = Trouble(Cause.FAILED, "what Paddle answered can't be read")


def able(plan: Followed) -> Capabilities:
    """What Paddle can do for it: all there is, as it stands."""
    return as_it_stands(EVERYTHING, plan)


def ask(account: Account, asked: Asked) -> Call:
    """The first question: how the subscription stands, unless all that is needed is known."""
    match asked.verb:
        case Verb.CARD_PAGE if asked.customer is not None:
            return _session(account, asked, asked.customer)
        case Verb.UPDATE_CUSTOMER if asked.subscription is None:
            return paddle_api.call(account, f"{_customer(asked.customer)}/addresses", {"status": "active"})
        case _:
            return paddle_api.call(account, _path(asked))


def read(account: Account, asked: Asked, returned: Returned) -> Replied:
    """What the answer means."""
    if returned.answer.status not in (200, 201):
        return _refused(account, asked, returned)
    understood = {Verb.CARD_PAGE: _page, Verb.UPDATE_CUSTOMER: _details}.get(asked.verb, _stands)
    try:
        return understood(account, asked, returned)
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what Paddle answered can't be read ({error})")


def _refused(account: Account, asked: Asked, returned: Returned) -> Replied:
    if returned.step == _CHANGED and asked.verb not in _DOING and paddle_api.code_of(returned.answer) == _LOCKED:
        return Then(_cleared(account, asked), _CLEARED)
    return paddle_api.trouble(returned.answer, _DOING.get(asked.verb, "change subscriptions"))


def _stands(account: Account, asked: Asked, returned: Returned) -> Replied:
    told = paddle_api.entity(returned.answer)
    if told is None:
        return _NO_ENTITY
    if _is_as_asked(asked.verb, told):
        stands = paddle_subscription.stands(told, returned.at)
        return Done((as_test(stands) if paddle_api.is_sandbox(account) else stands,))
    if told["status"].value == "canceled":
        return Trouble(Cause.LOST, "this subscription has ended at Paddle")
    if returned.step in (0, _CLEARED):
        return Then(_change(account, asked, told), _CHANGED if returned.step == 0 else _AGAIN)
    return Trouble(Cause.FAILED, "Paddle left the subscription as it was")


def _is_as_asked(verb: Verb, told: Pick) -> bool:
    status, action = told["status"].value, told["scheduled_change"]["action"].value
    match verb:
        case Verb.CANCEL_AT_PERIOD_END:
            return status == "canceled" or action == "cancel"
        case Verb.CANCEL_NOW:
            return status == "canceled"
        case Verb.UNDO_CANCEL:
            return status != "canceled" and action != "cancel"
        case Verb.PAUSE:
            return status == "paused" or action == "pause"
        case _:
            return status in ("active", "trialing", "past_due") and action != "pause"


def _change(account: Account, asked: Asked, told: Pick) -> Call:
    paused = told["status"].value == "paused"
    match asked.verb:
        case Verb.CANCEL_AT_PERIOD_END | Verb.CANCEL_NOW:
            # What is paused has no period that could end.
            now = paused or asked.verb is Verb.CANCEL_NOW
            return _do(account, asked, "cancel", "immediately" if now else "next_billing_period")
        case Verb.PAUSE:
            return _do(account, asked, "pause", "next_billing_period")
        case Verb.RESUME if paused:
            return _do(account, asked, "resume", "immediately")
        case _:
            return _cleared(account, asked)


def _do(account: Account, asked: Asked, what: str, effective_from: str) -> Call:
    return paddle_api.change(account, "POST", f"{_path(asked)}/{what}", {"effective_from": effective_from})


def _cleared(account: Account, asked: Asked) -> Call:
    return paddle_api.change(account, "PATCH", _path(asked), {"scheduled_change": None})


def _path(asked: Asked) -> str:
    return f"/subscriptions/{quote(asked.subscription or 'unknown', safe='')}"


def _customer(ref: str | None) -> str:
    return f"/customers/{quote(ref or 'unknown', safe='')}"


def _page(account: Account, asked: Asked, returned: Returned) -> Replied:
    told = paddle_api.entity(returned.answer)
    if told is None:
        return _NO_ENTITY
    if asked.customer is None and returned.step == 0:
        return Then(_session(account, asked, required(told["customer_id"], Pick.reference)), _CUSTOMER)
    urls = told["urls"]
    pages = (each["update_subscription_payment_method"].page() for each in urls["subscriptions"].each())
    return Page(next((page for page in pages if page), None) or required(urls["general"]["overview"], Pick.page))


def _session(account: Account, asked: Asked, customer: str) -> Call:
    wanted = {"subscription_ids": [asked.subscription]} if asked.subscription else {}
    return paddle_api.change(account, "POST", f"{_customer(customer)}/portal-sessions", wanted)


def _details(account: Account, asked: Asked, returned: Returned) -> Replied:
    if returned.step == _CUSTOMER:
        told = paddle_api.entity(returned.answer)
        return _NO_ENTITY if told is None else Done((_changed(account, told, returned.at),))
    where = _where(returned)
    customer = asked.customer or required(where["customer_id"], Pick.reference)
    wanted = (asked.details or Customer()).address
    address = where["address_id"].reference()
    if wanted is not None and address is not None and returned.step == 0:
        path = f"{_customer(customer)}/addresses/{quote(address, safe='')}"
        return Then(paddle_api.change(account, "PATCH", path, _lines(wanted)), _ADDRESS)
    return Then(_customer_change(account, customer, asked.details or Customer()), _CUSTOMER)


def _where(returned: Returned) -> Pick:
    """The ids of the customer and of the address that is used: by the subscription, or where there is but one."""
    told = paddle_api.entity(returned.answer)
    if told is not None:
        return told
    listed = paddle_api.entities(returned.answer)
    only = listed[0] if len(listed) == 1 else Pick(None)
    return Pick({"customer_id": only["customer_id"].value, "address_id": only["id"].value})


def _lines(wanted: Address) -> dict[str, str | None]:
    lines = {
        "first_line": wanted.line1,
        "second_line": wanted.line2,
        "city": wanted.city,
        "region": wanted.region,
        "postal_code": wanted.postal_code,
    }
    return {**lines, "country_code": wanted.country} if wanted.country else {**lines}


def _customer_change(account: Account, customer: str, details: Customer) -> Call:
    said = {key: text for key in ("name", "email") if (text := getattr(details, key))}
    if not said:
        return paddle_api.call(account, _customer(customer))
    return paddle_api.change(account, "PATCH", _customer(customer), said)


def _changed(account: Account, told: Pick, at: int) -> Transaction:
    changed = paddle_customer.stands(told, at)
    return as_test(changed) if paddle_api.is_sandbox(account) else changed


ACTING = Acting(source="paddle", able=able, ask=ask, read=read)
