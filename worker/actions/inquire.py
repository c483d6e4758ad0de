"""Ask a provider for a customer's address, and take what its answer says.

Rules: the beginning is committed before the question, so that of several processes one asks, and one that dies leaves
it to be asked again; what the answer says goes the way of all that is said of a customer, so it fills what is empty and
overwrites nothing.
"""

from dataclasses import replace

from worker.actions.raise_alert import raise_alert
from worker.actions.recognise_customer import recognise_customer
from worker.core.alert import AlertKind
from worker.core.fresh import Fresh
from worker.core.inquiry import Standing, next_at, pause_after
from worker.core.policy import Policy
from worker.core.transaction import Customer
from worker.sources.account import Cause, Trouble
from worker.store import inquiries
from worker.store.engine import Tx
from worker.store.inquiries import Wanted

_STANDINGS = {
    Cause.LATER: Standing.ASKING,
    Cause.DENIED: Standing.DENIED,
    Cause.LOST: Standing.LOST,
    Cause.FAILED: Standing.FAILED,
}
_NO_ADDRESS = "it has no email address"


async def begin_inquiry(tx: Tx, wanted: Wanted, fresh: Fresh) -> bool:
    """Take it in hand; False where another process has it."""
    return await inquiries.begin(tx, wanted, fresh.now, fresh.now + pause_after(wanted.tries + 1))


async def take_answer(
    tx: Tx, wanted: Wanted, found: Customer | Trouble, policy: Policy, fresh: Fresh
) -> Standing | None:
    """Take what came; None where it was the address, else how the inquiry stands now."""
    if isinstance(found, Customer) and found.email is not None:
        await recognise_customer(tx, wanted.source, replace(found, ref=wanted.ref), fresh)
        await inquiries.end(tx, wanted)
        return None
    standing = standing_of(found) if isinstance(found, Trouble) else Standing.NO_ADDRESS
    reason, seconds = (found.reason, found.seconds) if isinstance(found, Trouble) else (_NO_ADDRESS, None)
    await inquiries.settle(tx, wanted, standing, reason, next_at(standing, wanted.tries + 1, fresh.now, seconds))
    if standing is Standing.DENIED:
        await raise_alert(tx, AlertKind.KEY_REFUSED, policy, fresh)
    return standing


def standing_of(trouble: Trouble) -> Standing:
    """How an inquiry stands after it."""
    return _STANDINGS[trouble.cause]
