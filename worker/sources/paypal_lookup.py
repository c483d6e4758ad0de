"""How PayPal is asked whose a payment is: by its subscription, its order, or in the older interface its payment."""

from worker.core.transaction import Customer
from worker.core.web_call import Answer, Call
from worker.sources import paypal_api, paypal_order, paypal_subscription
from worker.sources.account import Account, Cause, Trouble
from worker.sources.lookup import Lookup
from worker.sources.paypal_shapes import payer
from worker.sources.picking import Pick, UnpickableError, from_json, required

_KINDS = {"I-": "v1/billing/subscriptions", "PAY": "v1/payments/payment"}
"""By how their ids begin; all others are orders."""


def ask(account: Account, ref: str) -> Call:
    """What the payment belongs to."""
    kind = next((kind for begins, kind in _KINDS.items() if ref.startswith(begins)), "v2/checkout/orders")
    return paypal_api.question(account, paypal_api.named(kind, ref))


def read(answer: Answer) -> Customer | Trouble:
    """Who it says pays."""
    if answer.status != 200:
        return paypal_api.refusal(answer, "read orders and subscriptions")
    try:
        return _payer(from_json(answer.body))
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what came is nothing of PayPal's ({error})")


def _payer(told: Pick) -> Customer:
    if told["subscriber"].value:
        return paypal_subscription.customer_of(told)
    older = told["payer"]["payer_info"]
    return payer(older, required(told["id"], Pick.reference)) if older.value else paypal_order.customer_of(told)


LOOKUP = Lookup(source="paypal", ask=ask, read=read, login=paypal_api.LOGIN)
