"""What ThriveCart is asked to do: cancel a subscription, pause it, resume it; and its page for a card.

Rules:
- Its events know a subscription by the order and what was bought, its API by a number of its own. So each change takes
  three questions: the order's transactions tell whose it is, the customer's history tells number and state, and only
  then it is changed; what stands as asked already is left alone, for ThriveCart knows no idempotency keys.
- Cancelling ends the payments at once and can't be taken back. "Successfully cancelled" is ThriveCart's own word for
  it, and the state is told from that; the event that follows tells the same.
- The card is changed in ThriveCart's own customer hub, which mails the customer a link.
"""

import re
from collections.abc import Mapping

from worker.core.following import Followed
from worker.core.provider_action import NOTHING, Capabilities, Verb
from worker.core.transaction import Kind, Subscription, Transaction
from worker.core.web_call import Call
from worker.sources import thrivecart_api
from worker.sources.account import Account, Cause, Trouble
from worker.sources.acting import Acting, Asked, Done, Page, Replied, Returned, Then, as_it_stands
from worker.sources.picking import Pick, UnpickableError, from_json, made, required
from worker.sources.thrivecart_charges import item_of

_CAN = Capabilities(cancel_now=True, pause=True, resume=True, card_page=True)
_CUSTOMER, _CHANGE = 1, 2
_REF = re.compile(r"([0-9]+):((?:product|upsell|downsell)-[0-9]+)", re.ASCII)
_PATHS: Mapping[Verb, tuple[str, str]] = {
    Verb.CANCEL_NOW: ("cancelSubscription", "cancelled"),
    Verb.PAUSE: ("pauseSubscription", "paused"),
    Verb.RESUME: ("resumeSubscription", "active"),
}
_MOST_ROWS = "100"
_OVER = ("cancelled", "completed")


def able(plan: Followed) -> Capabilities:
    """What ThriveCart can do for it: its API speaks of subscriptions by order and thing bought.

    Nothing for tests: no answer says of which mode it is, and a test must not touch what is live.
    """
    return as_it_stands(_CAN, plan) if not plan.test and _REF.fullmatch(plan.ref) else NOTHING


def ask(account: Account, asked: Asked) -> Call:
    """The first question: where the account's pages are, or the transactions of the subscription's order."""
    if asked.verb is Verb.CARD_PAGE:
        return thrivecart_api.question(account, "ping")
    order, _ = _named(asked)
    query = {"page": "1", "perPage": _MOST_ROWS, "query": order, "transactionType": "any"}
    return thrivecart_api.question(account, "transactions", query)


def read(account: Account, asked: Asked, returned: Returned) -> Replied:
    """What the answer means."""
    if returned.answer.status != 200:
        return thrivecart_api.refusal(returned.answer, asked.verb.value.replace("_", " "))
    try:
        told = from_json(returned.answer.body)
        if asked.verb is Verb.CARD_PAGE:
            return Page(f"{required(told['account_url'], Pick.page).rstrip('/')}/updateinfo/")
        if returned.step == 0:
            return _whose(account, asked, told)
        return _found(account, asked, returned, told) if returned.step == _CUSTOMER else _changed(asked, returned, told)
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what ThriveCart answered can't be read ({error})")


def _named(asked: Asked) -> tuple[str, str]:
    order, _, item = (asked.subscription or "").partition(":")
    return order, item


def _whose(account: Account, asked: Asked, told: Pick) -> Replied:
    order, _ = _named(asked)
    rows = (row for row in told["transactions"].each() if row["order_id"].reference() == order)
    emails = (row["customer"]["email"].text() for row in rows)
    email = next((email for email in emails if email), None)
    if email is None:
        return Trouble(Cause.LOST, f"ThriveCart knows no order {order}")
    return Then(thrivecart_api.form(account, "customer", {"email": email}), _CUSTOMER)


def _found(account: Account, asked: Asked, returned: Returned, told: Pick) -> Replied:
    order, item = _named(asked)
    rows = (row for row in told["subscriptions"].each() if row["order_id"].reference() == order)
    row = next((row for row in rows if item_of(row) == item), None)
    if row is None:
        return Trouble(Cause.LOST, f"ThriveCart knows no subscription {item} in order {order}")
    path, state = _PATHS[asked.verb]
    now = required(row["status"], Pick.text).lower()
    if now == state or (asked.verb is Verb.CANCEL_NOW and now in _OVER):
        return Done((_told(asked, returned, now),))
    if now in _OVER:
        return Trouble(Cause.LOST, f"this subscription is {now} at ThriveCart")
    fields = {"order_id": order, "subscription_id": required(row["subscription_id"], Pick.reference)}
    return Then(thrivecart_api.form(account, path, fields), _CHANGE)


def _changed(asked: Asked, returned: Returned, told: Pick) -> Replied:
    if not told["success"].is_true():
        words = told["message"].text() or told["error"].text() or "no reason told"
        return Trouble(Cause.FAILED, f"ThriveCart left the subscription as it was: {words}")
    return Done((_told(asked, returned, _PATHS[asked.verb][1]),))


def _told(asked: Asked, returned: Returned, status: str) -> Transaction:
    return made(
        Pick(None),
        Transaction,
        id=f"{asked.subscription}:{status}:{asked.key}",
        kind=Kind.SUBSCRIPTION_CHANGED,
        occurred_at=returned.at,
        subscription=made(Pick(None), Subscription, ref=asked.subscription, status=status),
    )


ACTING = Acting(source="thrivecart", able=able, ask=ask, read=read)
