"""How Stripe is asked who a customer is."""

from urllib.parse import quote

from worker.core.transaction import Customer
from worker.core.web_call import Answer, Call
from worker.sources import stripe_api
from worker.sources.account import Account, Cause, Trouble
from worker.sources.lookup import Lookup
from worker.sources.picking import UnpickableError, from_json
from worker.sources.stripe_shapes import customer


def ask(account: Account, ref: str) -> Call:
    """The customer `ref`."""
    return stripe_api.question(account, f"customers/{quote(ref, safe='')}")


def read(answer: Answer) -> Customer | Trouble:
    """Who it is; a customer who was deleted is gone."""
    if answer.status != 200:
        return stripe_api.refusal(answer, "read customers")
    try:
        told = from_json(answer.body)
        if told["deleted"].is_true():
            return Trouble(Cause.LOST, "this customer was deleted at Stripe")
        return customer(told, told["id"])
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what came is no customer of Stripe's ({error})")


LOOKUP = Lookup(source="stripe", ask=ask, read=read)
