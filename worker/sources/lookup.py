"""How a provider is asked who a customer is, for money events that name a customer and no address."""

from collections.abc import Callable
from dataclasses import dataclass

from worker.core.transaction import Customer
from worker.core.web_call import Answer, Call
from worker.sources.account import Account, Login, Trouble


@dataclass(frozen=True, slots=True)
class Lookup:
    """`ask` takes the provider's id of the customer, `read` gives what its answer says: LOST where there is none."""

    source: str
    ask: Callable[[Account, str], Call]
    read: Callable[[Answer], Customer | Trouble]
    login: Login | None = None
