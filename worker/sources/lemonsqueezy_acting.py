"""What Lemon Squeezy is asked to do: cancel, take a cancellation back, pause, resume, change a customer, give the page
where the card is changed.

Rules:
- It has no idempotency keys: how the subscription stands is asked first, and only what isn't so yet is asked for.
- An answer is taken for what the subscription in it says.
- A subscription ends with its period, never at once; a pause voids what would be charged meanwhile.
- The card page's address is signed and good for a day: it is asked for anew each time.
"""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from worker.core.following import Followed
from worker.core.provider_action import EVERYTHING, Capabilities, Verb
from worker.core.transaction import Customer
from worker.core.web_call import Call
from worker.sources import lemonsqueezy_api, lemonsqueezy_customer, lemonsqueezy_subscription
from worker.sources.account import Account, Cause, Trouble
from worker.sources.acting import Acting, Asked, Done, Page, Replied, Returned, Then, as_it_stands
from worker.sources.picking import Pick, UnpickableError, required

_CAN = replace(EVERYTHING, cancel_now=False)
_CHANGED = 1
_ATTRIBUTES: Mapping[Verb, Mapping[str, object]] = {
    Verb.UNDO_CANCEL: {"cancelled": False},
    Verb.PAUSE: {"pause": {"mode": "void"}},
    Verb.RESUME: {"pause": None},
}


def able(plan: Followed) -> Capabilities:
    """What Lemon Squeezy can do for it: all but an end at once."""
    return as_it_stands(_CAN, plan)


def ask(account: Account, asked: Asked) -> Call:
    """The first question: how the subscription stands, or at once the change of a customer who is known."""
    if asked.verb is Verb.UPDATE_CUSTOMER and asked.customer is not None:
        return _customer_change(account, asked.customer, asked.details or Customer())
    return lemonsqueezy_api.call(account, _path(asked))


def read(account: Account, asked: Asked, returned: Returned) -> Replied:
    """What the answer means."""
    if returned.answer.status != 200:
        doing = "change customers" if asked.verb is Verb.UPDATE_CUSTOMER else "change subscriptions"
        return lemonsqueezy_api.trouble(returned.answer, doing)
    try:
        told = lemonsqueezy_api.object_in(returned.answer)
        match asked.verb:
            case Verb.CARD_PAGE:
                return Page(required(told["data"]["attributes"]["urls"]["update_payment_method"], Pick.page))
            case Verb.UPDATE_CUSTOMER:
                return _details(account, asked, returned, told)
            case _:
                return _stands(account, asked, returned, told)
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what Lemon Squeezy answered can't be read ({error})")


def _stands(account: Account, asked: Asked, returned: Returned, told: Pick) -> Replied:
    known = told["data"]["attributes"]
    if _is_as_asked(asked.verb, known):
        return Done((lemonsqueezy_subscription.stands(told, returned.at),))
    if known["status"].value == "expired":
        return Trouble(Cause.LOST, "this subscription has ended at Lemon Squeezy")
    if asked.verb is Verb.CANCEL_NOW:
        return Trouble(Cause.FAILED, "Lemon Squeezy ends a subscription with its period, never at once")
    if returned.step == _CHANGED:
        return Trouble(Cause.FAILED, "Lemon Squeezy left the subscription as it was")
    return Then(_change(account, asked), _CHANGED)


def _is_as_asked(verb: Verb, known: Pick) -> bool:
    status, ends = known["status"].value, known["cancelled"].is_true() or known["ends_at"].value is not None
    match verb:
        case Verb.CANCEL_AT_PERIOD_END:
            return ends or status in ("cancelled", "expired")
        case Verb.CANCEL_NOW:
            return status == "expired"
        case Verb.UNDO_CANCEL:
            return not ends and status not in ("cancelled", "expired")
        case Verb.PAUSE:
            return known["pause"].value is not None
        case _:
            return known["pause"].value is None and status not in ("paused", "expired")


def _change(account: Account, asked: Asked) -> Call:
    if asked.verb is Verb.CANCEL_AT_PERIOD_END:
        return lemonsqueezy_api.call(account, _path(asked), method="DELETE")
    name = asked.subscription or "unknown"
    return lemonsqueezy_api.change(account, "subscriptions", name, _path(asked), _ATTRIBUTES[asked.verb])


def _path(asked: Asked) -> str:
    return f"subscriptions/{quote(asked.subscription or 'unknown', safe='')}"


def _details(account: Account, asked: Asked, returned: Returned, told: Pick) -> Replied:
    if returned.step == 0 and asked.customer is None:
        customer = required(told["data"]["attributes"]["customer_id"], Pick.reference)
        return Then(_customer_change(account, customer, asked.details or Customer()), _CHANGED)
    return Done((lemonsqueezy_customer.stands(told, returned.at),))


def _customer_change(account: Account, customer: str, details: Customer) -> Call:
    """What is known; what isn't stays as it is there. Of an address, Lemon Squeezy keeps no street."""
    path, address = f"customers/{quote(customer, safe='')}", details.address
    said = {key: text for key in ("name", "email") if (text := getattr(details, key))}
    said |= {key: text for key in ("city", "region", "country") if (text := getattr(address, key, None))}
    if not said:
        return lemonsqueezy_api.call(account, path)
    return lemonsqueezy_api.change(account, "customers", customer, path, said)


ACTING = Acting(source="lemonsqueezy", able=able, ask=ask, read=read)
