"""What Stripe is asked to do: cancel, take a cancellation back, pause, resume, change a customer, open its card page.

Rules:
- Every change has an idempotency key, one for all its tries. Stripe keeps what it answered to a key for a day, a 5xx as
  well: an answer that says it was kept is asked for anew, under a key of its own.
- An answer is taken for what the object in it says: only a subscription that is cancelled, or will be, was cancelled.
- Stripe no longer knows a subscription that has ended, unless it is only looked at. So a refusal leads to that look.
- A pause voids the invoices of its time: nothing is charged, and nothing is owed for it later.
"""

from collections.abc import Mapping
from urllib.parse import quote

from worker.core.following import Followed
from worker.core.provider_action import EVERYTHING, NOTHING, Capabilities, Verb
from worker.core.transaction import Customer
from worker.core.web_call import Answer, Call
from worker.sources import stripe_api, stripe_object
from worker.sources.account import Account, Cause, Trouble
from worker.sources.acting import Acting, Asked, Done, Page, Replied, Returned, Then, as_it_stands
from worker.sources.event import Told
from worker.sources.picking import Pick, UnpickableError, from_json, required

_LOOK, _MORE, _ANEW = 1, 2, 3
"""The steps after the first question: how it stands, what else is needed, and the first one under another key."""
_FORMS: Mapping[Verb, Mapping[str, str]] = {
    Verb.CANCEL_AT_PERIOD_END: {"cancel_at_period_end": "true"},
    Verb.UNDO_CANCEL: {"cancel_at_period_end": "false"},
    Verb.PAUSE: {"pause_collection[behavior]": "void"},
    Verb.RESUME: {"pause_collection": ""},
}
_OF_CUSTOMERS = (Verb.UPDATE_CUSTOMER, Verb.CARD_PAGE)
_DOING = {Verb.UPDATE_CUSTOMER: "change customers", Verb.CARD_PAGE: "open the customer portal"}


def able(plan: Followed) -> Capabilities:
    """What Stripe can do for it: nothing for what only its source calls a subscription.

    Without a subscription (an empty `ref`) it is the customer alone that can be changed.
    """
    if not plan.ref:
        return Capabilities(update_customer=True)
    return as_it_stands(EVERYTHING, plan) if plan.ref.startswith("sub_") else NOTHING


def ask(account: Account, asked: Asked) -> Call:
    """The first question. Whose subscription it is, is asked first where that is needed and not known."""
    if asked.verb in _OF_CUSTOMERS and asked.customer is None:
        return _look(account, asked)
    if asked.verb in _OF_CUSTOMERS:
        return _of_customer(account, asked, asked.customer or "", asked.key)
    return _changed(account, asked, asked.key)


def read(account: Account, asked: Asked, returned: Returned) -> Replied:
    """What the answer means."""
    answer = returned.answer
    if answer.status >= 500 and answer.headers.get("idempotent-replayed") == "true" and returned.step != _ANEW:
        return Then(_anew(account, asked), _ANEW)
    if answer.status != 200:
        return _refused(account, asked, returned)
    understood = _of_whom if asked.verb in _OF_CUSTOMERS else _stands
    try:
        return understood(account, asked, returned, from_json(answer.body))
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what Stripe answered can't be read ({error})")


def _changed(account: Account, asked: Asked, key: str) -> Call:
    if asked.verb is Verb.CANCEL_NOW:
        return stripe_api.removal(account, _path(asked))
    return stripe_api.change(account, _path(asked), _FORMS[asked.verb], key)


def _of_customer(account: Account, asked: Asked, customer: str, key: str) -> Call:
    if asked.verb is Verb.CARD_PAGE:
        return stripe_api.change(account, "billing_portal/sessions", _portal(customer, asked.return_url), key)
    form = _details(asked.details or Customer())
    return stripe_api.change(account, f"customers/{quote(customer, safe='')}", form, key)


def _anew(account: Account, asked: Asked) -> Call:
    key = f"{asked.key}-anew"
    if asked.verb not in _OF_CUSTOMERS:
        return _changed(account, asked, key)
    return _of_customer(account, asked, asked.customer, key) if asked.customer else _look(account, asked)


def _look(account: Account, asked: Asked) -> Call:
    return stripe_api.question(account, _path(asked))


def _path(asked: Asked) -> str:
    return f"subscriptions/{quote(asked.subscription or 'unknown', safe='')}"


def _portal(customer: str, return_url: str | None) -> dict[str, str]:
    form = {"customer": customer, "flow_data[type]": "payment_method_update"}
    back = "flow_data[after_completion]"
    if return_url is None:
        return form
    return form | {
        "return_url": return_url,
        f"{back}[type]": "redirect",
        f"{back}[redirect][return_url]": return_url,
    }


def _details(told: Customer) -> dict[str, str]:
    """What is known; what isn't stays as it is there. An address is one whole, and replaces the one before."""
    form = {key: text for key in ("name", "email", "phone") if (text := getattr(told, key))}
    if told.address is not None:
        parts = ("line1", "line2", "city", "postal_code", "country")
        form |= {f"address[{part}]": getattr(told.address, part) or "" for part in parts}
        form["address[state]"] = told.address.region or ""
    return form


def _refused(account: Account, asked: Asked, returned: Returned) -> Replied:
    looked = returned.step == _LOOK or asked.verb in _OF_CUSTOMERS
    if not looked and _may_have_ended(returned.answer):
        return Then(_look(account, asked), _LOOK)
    return stripe_api.refusal(returned.answer, _DOING.get(asked.verb, "change subscriptions"))


def _may_have_ended(answer: Answer) -> bool:
    code, words = stripe_api.error_of(answer.body)
    return code == "resource_missing" or (answer.status == 400 and "canceled subscription" in words)


def _of_whom(account: Account, asked: Asked, returned: Returned, told: Pick) -> Replied:
    if returned.step == 0 and asked.customer is None:
        return Then(_of_customer(account, asked, required(told["customer"], Pick.reference), asked.key), _MORE)
    if asked.verb is Verb.CARD_PAGE:
        return Page(required(told["url"], Pick.page))
    if told["deleted"].is_true():
        return Trouble(Cause.LOST, "this customer was deleted at Stripe")
    reading = stripe_object.customer(told, returned.at, by=f":{asked.key}")
    return Done(reading.transactions) if isinstance(reading, Told) else Done()


def _stands(account: Account, asked: Asked, returned: Returned, told: Pick) -> Replied:
    reading = stripe_object.subscription(told, returned.at, by=f":{asked.key}")
    if not isinstance(reading, Told):
        return Trouble(Cause.FAILED, "what Stripe answered says nothing of how the subscription stands")
    ended = told["status"].value == "canceled"
    if ended and asked.verb not in (Verb.CANCEL_NOW, Verb.CANCEL_AT_PERIOD_END):
        return Trouble(Cause.LOST, "this subscription has ended at Stripe")
    if ended or _is_as_asked(asked.verb, told):
        return Done(reading.transactions)
    more = _more(account, asked, told) if returned.step in (0, _ANEW) else None
    return more or Trouble(Cause.FAILED, "Stripe left the subscription as it was")


def _is_as_asked(verb: Verb, told: Pick) -> bool:
    held, ends = told["pause_collection"].value is not None, told["cancel_at"].value is not None
    match verb:
        case Verb.CANCEL_AT_PERIOD_END:
            return ends or told["cancel_at_period_end"].is_true()
        case Verb.UNDO_CANCEL:
            return not ends and not told["cancel_at_period_end"].is_true()
        case Verb.PAUSE:
            return held or told["status"].value == "paused"
        case Verb.RESUME:
            return not held and told["status"].value != "paused"
        case _:
            return False


def _more(account: Account, asked: Asked, told: Pick) -> Then | None:
    """The second half of what has two: an end on a day of its own, and a trial that ended without a card."""
    key = f"{asked.key}-more"
    if asked.verb is Verb.UNDO_CANCEL:
        return Then(stripe_api.change(account, _path(asked), {"cancel_at": ""}, key), _MORE)
    if asked.verb is Verb.RESUME and told["status"].value == "paused":
        return Then(stripe_api.change(account, f"{_path(asked)}/resume", {}, key), _MORE)
    return None


ACTING = Acting(source="stripe", able=able, ask=ask, read=read)
