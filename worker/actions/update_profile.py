"""Let a customer correct their own details. Documents that were issued before keep what they said."""

from worker.core.fresh import Fresh
from worker.core.profile import changed
from worker.core.transaction import Customer
from worker.store import audit, customers
from worker.store.audit import Entry
from worker.store.engine import Tx


async def update_profile(tx: Tx, customer_id: str, profile: Customer, fresh: Fresh) -> tuple[str, ...]:
    """Replace the profile; returns the names of the fields that changed, which the audit keeps without their values."""
    await customers.lock(tx, customer_id)
    row = await customers.by_id(tx, customer_id)
    if row is None:
        return ()
    fields = changed(customers.as_told(row), profile)
    if fields:
        await customers.update_profile(tx, customer_id, profile)
        details = {"fields": list(fields)}
        await audit.note(
            tx, Entry(fresh.new_id(), fresh.now, "customer", "profile_changed", customer_id, details=details)
        )
    return fields
