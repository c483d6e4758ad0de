"""Ask for an access link without typing an address: by a receipt's foot link, or by an access link that is spent.

Either proves nothing but that somebody holds an old mail, so the new one goes to the customer's stored address only,
within the limits that strangers have.
"""

from dataclasses import replace

from worker.actions.request_link import Asked, Requested, request_link
from worker.core.access import AccessPolicy
from worker.core.fresh import Fresh
from worker.store import access, customers, invoices
from worker.store.engine import Tx
from worker.store.invoices import Purpose


async def foot_address(tx: Tx, link_id: str, now: int) -> str | None:
    """The stored address behind a receipt's foot link; None for one that is too old, withdrawn or none at all."""
    link = await invoices.link(tx, link_id)
    if link is None or link.purpose is not Purpose.FOOT or link.revoked_at is not None or link.expires_at <= now:
        return None
    customer = await customers.by_id(tx, link.customer_id)
    return customer.email if customer else None


async def request_by_foot(
    tx: Tx, link_id: str, asked: Asked, policy: AccessPolicy, fresh: Fresh
) -> tuple[Requested, str] | None:
    """Mail a link to the address behind a foot link; also says to which."""
    address = await foot_address(tx, link_id, fresh.now)
    if address is None:
        return None
    return await request_link(tx, replace(asked, address=address), policy, fresh), address


async def request_new(tx: Tx, link_id: str, asked: Asked, policy: AccessPolicy, fresh: Fresh) -> Requested | None:
    """Mail a new link to whom an access link belongs to, with the same intent."""
    link = await access.link(tx, link_id)
    customer = await customers.by_id(tx, link.customer_id) if link else None
    if link is None or customer is None or customer.email is None:
        return None
    return await request_link(tx, replace(asked, address=customer.email, intent=link.intent), policy, fresh)
