"""How Paddle is asked who a customer is: its money events name a customer by an id alone."""

from urllib.parse import quote

from worker.core.transaction import Customer
from worker.core.web_call import Answer, Call
from worker.sources import paddle_api
from worker.sources.account import Account, Cause, Trouble
from worker.sources.lookup import Lookup
from worker.sources.paddle_customer import customer_of
from worker.sources.picking import UnpickableError


def ask(account: Account, ref: str) -> Call:
    """The customer `ref`."""
    return paddle_api.call(account, f"/customers/{quote(ref, safe='')}")


def read(answer: Answer) -> Customer | Trouble:
    """Who it is."""
    if answer.status != 200:
        return paddle_api.trouble(answer, "read customers")
    told = paddle_api.entity(answer)
    try:
        return Trouble(Cause.FAILED, "what came is no customer of Paddle's") if told is None else customer_of(told)
    except UnpickableError as error:
        return Trouble(Cause.FAILED, f"what came is no customer of Paddle's ({error})")


LOOKUP = Lookup(source="paddle", ask=ask, read=read)
