"""A provider asked as the program asks it, for tests of what each of its answers means."""

from worker.asking.conversation import converse
from worker.asking.logins import Logins
from worker.core.instant import SECOND
from worker.core.transaction import Kind, Subscription, Transaction
from worker.net.web_call import calling
from worker.sources.account import Account
from worker.sources.acting import Acting, Asked, Done, Replied

AT = 1_795_400_000 * SECOND
"""When answers come."""


async def end_of(acting: Acting, account: Account, asked: Asked) -> Replied:
    """What comes of it, after as many questions as it takes."""
    async with calling() as call:
        return (await converse(Logins(call), acting, account, asked, lambda: AT)).end


def told(replied: Replied) -> Transaction:
    """The one thing that the provider's answer tells."""
    assert isinstance(replied, Done), replied
    (transaction,) = replied.told
    return transaction


def change_of(replied: Replied, ref: str) -> Subscription:
    """How that subscription stands by the provider's answer."""
    change = told(replied)
    assert change.kind is Kind.SUBSCRIPTION_CHANGED
    assert change.subscription is not None
    assert change.subscription.ref == ref
    return change.subscription
