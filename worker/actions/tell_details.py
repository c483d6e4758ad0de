"""Have the sources that can keep a customer's details as the customer changed them here."""

from worker.actions.ask_provider import ActionPolicy, NewDetails, ask_for_details
from worker.core.fresh import Fresh
from worker.store import customers
from worker.store.engine import Tx


async def tell_details(tx: Tx, customer_id: str, policy: ActionPolicy, fresh: Fresh) -> None:
    """To each account that knows the customer: what is newer takes the place of what is on its way there."""
    customer = await customers.by_id(tx, customer_id)
    if customer is None:
        return
    for source, ref in await customers.refs(tx, customer_id):
        wish = NewDetails(customer_id, source, ref, customers.as_told(customer))
        await ask_for_details(tx, wish, policy, fresh)
