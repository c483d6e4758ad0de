"""What a merchant does for a customer: have a link mailed that the merchant never sees, and end what is open.

Rules: `by` is the merchant's address, and each writes an audit entry; a link goes where the customer's mails go, within
an allowance of the merchants' own that strangers can't use up.
"""

from dataclasses import dataclass

from worker.actions.request_link import Asked, RequestOutcome, request_link
from worker.core.access import AccessPolicy, Way
from worker.core.fresh import Fresh
from worker.store import access, audit, customers
from worker.store.audit import Entry
from worker.store.engine import Tx


@dataclass(frozen=True, slots=True)
class LinkSent:
    """`recipient` is None where it is too early: the next may go at `next_at` (UTC microseconds)."""

    recipient: str | None
    next_at: int


async def send_link(tx: Tx, customer_id: str, by: str, policy: AccessPolicy, fresh: Fresh) -> LinkSent | None:
    """Mail the customer a link; None where nobody is known by that id, or no address of theirs."""
    customer = await customers.by_id(tx, customer_id)
    if customer is None or customer.email is None:
        return None
    asked = await request_link(tx, Asked(Way.MERCHANT, customer.email), policy, fresh)
    if asked.outcome is not RequestOutcome.MAILED:
        return LinkSent(None, asked.next_at)
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, by, "send_link", customer_id))
    return LinkSent(customer.email, asked.next_at)


async def sign_customer_out(tx: Tx, customer_id: str, by: str, fresh: Fresh) -> bool:
    """End all of a customer's sessions and every link mailed so far; False where nobody is known by that id."""
    if await customers.by_id(tx, customer_id) is None:
        return False
    await access.end_sessions(tx, customer_id, fresh.now)
    await access.revoke_links(tx, customer_id, fresh.now)
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, by, "end_sessions", customer_id))
    return True
