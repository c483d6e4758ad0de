"""Find a lost address: who knows a purchase has the link mailed to the address on file, and learns nothing here.

Rules: only what fits exactly one customer counts; limits are those for requests; whatever was found, a request is
written down, so that neither the answer nor the time it takes tells.
"""

from dataclasses import replace

from worker.actions.request_link import Asked, Requested, request_link
from worker.core.access import AccessPolicy
from worker.core.fresh import Fresh
from worker.core.lost_address import Clue
from worker.store import customers, lost
from worker.store.engine import Tx

_NOBODY = "lost.invalid"
"""No mail goes to a domain of this ending (RFC 2606)."""


async def find_lost_address(tx: Tx, clue: Clue, asked: Asked, policy: AccessPolicy, fresh: Fresh) -> Requested:
    """Mail the link to whom the purchase belongs to; `asked` says who asks."""
    found = await lost.customers_of(tx, clue)
    customer = await customers.by_id(tx, found.pop() if len(found) == 1 else "nobody")
    address = (customer.email if customer else None) or f"{fresh.secret_id()}@{_NOBODY}"
    return await request_link(tx, replace(asked, address=address), policy, fresh)
