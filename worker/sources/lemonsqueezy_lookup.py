"""How Lemon Squeezy is asked who a customer is; its older events name none."""

from urllib.parse import quote

from worker.core.transaction import Customer
from worker.core.web_call import Answer, Call
from worker.sources import lemonsqueezy_api
from worker.sources.account import Account, Cause, Trouble
from worker.sources.lemonsqueezy_customer import customer_of
from worker.sources.lookup import Lookup
from worker.sources.picking import UnpickableError


def ask(account: Account, ref: str) -> Call:
    """The customer `ref`."""
    return lemonsqueezy_api.call(account, f"customers/{quote(ref, safe='')}")


def read(answer: Answer) -> Customer | Trouble:
    """Who it is."""
    if answer.status != 200:
        return lemonsqueezy_api.trouble(answer, "read customers")
    try:
        return customer_of(lemonsqueezy_api.object_in(answer)["data"])
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what came is no customer of Lemon Squeezy's ({error})")


LOOKUP = Lookup(source="lemonsqueezy", ask=ask, read=read)
