"""A customer's subscriptions with their cancellations, and which may be cancelled here."""

from dataclasses import dataclass, replace

from worker.actions.cancel_subscription import CancelPolicy, country_of
from worker.core.access import hashed
from worker.core.cancelling import Standing, ends_at, may_cancel, standing
from worker.core.following import Followed
from worker.core.plans import Plan
from worker.core.twins import hidden, twins_of
from worker.render.own_subscriptions import Own
from worker.store import provider_actions, purchases, subscriptions
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.store.provider_actions import ActionRow

SUBSCRIPTIONS = "/hub/subscriptions"
_KEY_LENGTH = 24
_OVER = (Standing.CANCELLED, Standing.COMPLETED)


@dataclass(frozen=True, slots=True)
class OwnPlan:
    """A subscription of the customer who asks. `key` stands for it in addresses: sources' names may hold anything."""

    key: str
    row: Followed
    cancel: ActionRow | None
    own: Own


async def own_plans(tx: Tx, customer: CustomerRow, policy: CancelPolicy, now: int) -> list[OwnPlan]:
    """All subscriptions of a customer, those that go on first; what two sources tell of stands once."""
    rows = await subscriptions.of_customer(tx, customer.id)
    cancels = await provider_actions.cancels_of(tx, customer.id)
    groups = twins_of(await purchases.tellings(tx, customer.id)) if len({row.source for row in rows}) > 1 else []
    names = sorted(((row.source, row.ref) for row in rows), key=lambda name: name not in cancels)
    gone = hidden(names, groups)
    found = [
        _own_plan(row, cancels.get((row.source, row.ref)), customer, policy, now)
        for row in rows
        if (row.source, row.ref) not in gone
    ]
    return sorted(found, key=lambda each: each.own.standing in _OVER)


def _own_plan(
    row: Followed, cancel: ActionRow | None, customer: CustomerRow, policy: CancelPolicy, now: int
) -> OwnPlan:
    key = hashed(f"{row.source} {row.ref}")[:_KEY_LENGTH]
    stands = standing(row.plan, cancel.cancel if cancel else None)
    own = Own(Plan(row.as_told, row.name, row.amount, row.currency, row.test), stands, url=None)
    open_ = cancel is not None and stands in (Standing.CANCELLING, Standing.CANCELLED)
    if open_ and cancel is not None:
        own = replace(own, ends_at=cancel.ends_at, asked_at=cancel.requested_at)
    elif may_cancel(row.plan, country_of(customer), policy.rules):
        own = replace(own, ends_at=ends_at(row.plan, now), url=f"{SUBSCRIPTIONS}/{key}/cancel")
    return OwnPlan(key, row, cancel, own)
