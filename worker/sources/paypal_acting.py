"""What PayPal is asked to do: end a subscription, suspend it, and take it up again.

Rules:
- PayPal ends a subscription at once; it knows no end with the period, and nothing takes an end back.
- Its answer to a change is empty, so each is followed by a look at the subscription, and only what that shows is told.
  A change that it refuses because of how the subscription stands may have been made before: the look tells.
- Card and bank are the payer's own affair: the page for it is at PayPal, and needs no asking.
"""

from collections.abc import Mapping

from worker.core.following import Followed
from worker.core.provider_action import NOTHING, Capabilities, Verb
from worker.core.web_call import Call
from worker.sources import paypal_api, paypal_subscription
from worker.sources.account import Account, Cause, Trouble
from worker.sources.acting import Acting, Asked, Done, Replied, Returned, Then, as_it_stands
from worker.sources.picking import Pick, UnpickableError, from_json

_CAN = Capabilities(cancel_now=True, pause=True, resume=True, card_page=True)
_LOOK = 1
_CHANGES: Mapping[Verb, tuple[str, str]] = {
    Verb.CANCEL_NOW: ("cancel", "Asked for by the customer"),
    Verb.PAUSE: ("suspend", "Asked for by the customer"),
    Verb.RESUME: ("activate", "Asked for by the customer"),
}
_COMES_TO: Mapping[Verb, tuple[str, ...]] = {
    Verb.CANCEL_NOW: ("CANCELLED", "EXPIRED"),
    Verb.PAUSE: ("SUSPENDED",),
    Verb.RESUME: ("ACTIVE",),
}
_ENDED = ("CANCELLED", "EXPIRED")


def able(plan: Followed) -> Capabilities:
    """What PayPal can do for it: nothing for what only its source calls a subscription."""
    return as_it_stands(_CAN, plan) if plan.ref.startswith("I-") else NOTHING


def ask(account: Account, asked: Asked) -> Call:
    """The change; what PayPal has no word for is only looked at."""
    if asked.verb not in _CHANGES:
        return _look(account, asked)
    word, reason = _CHANGES[asked.verb]
    return paypal_api.change(account, f"{_path(asked)}/{word}", {"reason": reason}, asked.key)


def read(account: Account, asked: Asked, returned: Returned) -> Replied:
    """What the answer means."""
    answer = returned.answer
    if asked.verb not in _CHANGES:
        return Trouble(Cause.FAILED, "PayPal can't do this")
    if returned.step != _LOOK and answer.status in (200, 204, 422):
        return Then(_look(account, asked), _LOOK)
    if answer.status != 200:
        return paypal_api.refusal(answer, "change subscriptions")
    try:
        return _stands(asked, returned, from_json(answer.body))
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what PayPal answered can't be read ({error})")


def links(plan: Followed) -> str | None:
    """The payer's own page, where card and bank are changed."""
    return paypal_subscription.autopay(plan.ref, test=plan.test) if plan.ref.startswith("I-") else None


def _look(account: Account, asked: Asked) -> Call:
    return paypal_api.question(account, _path(asked))


def _path(asked: Asked) -> str:
    return paypal_api.named("v1/billing/subscriptions", asked.subscription or "unknown")


def _stands(asked: Asked, returned: Returned, told: Pick) -> Replied:
    status = (told["status"].text() or "").upper()
    if status in _COMES_TO[asked.verb]:
        return Done((paypal_subscription.as_it_stands(told, returned.at, by=f":{asked.key}"),))
    if status in _ENDED:
        return Trouble(Cause.LOST, "this subscription has ended at PayPal")
    return Trouble(Cause.FAILED, "PayPal left the subscription as it was")


ACTING = Acting(source="paypal", able=able, ask=ask, read=read, login=paypal_api.LOGIN, links=links)
