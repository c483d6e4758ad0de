"""A customer's subscriptions with what is under way for them, and what can be asked for here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from worker.actions.cancel_subscription import CancelPolicy, owner_of, under_way
from worker.core.access import hashed
from worker.core.cancelling import Standing, ends_at, standing
from worker.core.following import Followed
from worker.core.open_action import CANCELS
from worker.core.plans import Plan
from worker.core.rights import Act
from worker.core.twins import hidden, twins_of
from worker.render.own_subscriptions import Own
from worker.sources.offers import Owner, as_it_will_be, may_change_card, may_end_at_once, offered
from worker.store import provider_actions, purchases, subscriptions
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.store.provider_actions import ActionRow, cancels_among

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


@dataclass(frozen=True, slots=True)
class _Actions:
    """What a customer asked for: the cancellations that stand, and what is open, by subscription."""

    cancels: Mapping[tuple[str, str], ActionRow]
    open: Mapping[tuple[str, str], ActionRow]


async def own_plans(tx: Tx, customer: CustomerRow, policy: CancelPolicy, now: int) -> list[OwnPlan]:
    """All subscriptions of a customer, those that go on first; what two sources tell of stands once."""
    rows = await subscriptions.of_customer(tx, customer.id)
    asked = await provider_actions.of_customer(tx, customer.id)
    actions = _Actions(cancels_among(asked), {each.name: each for each in asked if each.open and each.ref is not None})
    groups = twins_of(await purchases.tellings(tx, customer.id)) if len({row.source for row in rows}) > 1 else []
    names = sorted(((row.source, row.ref) for row in rows), key=lambda name: name not in actions.cancels)
    gone = hidden(names, groups)
    owner = owner_of(customer, policy)
    found = [_own_plan(row, actions, owner, now) for row in rows if (row.source, row.ref) not in gone]
    return sorted(found, key=lambda each: each.own.standing in _OVER)


def _own_plan(row: Followed, actions: _Actions, owner: Owner, now: int) -> OwnPlan:
    name = (row.source, row.ref)
    key, cancel, open_ = (
        hashed(f"{row.source} {row.ref}")[:_KEY_LENGTH],
        actions.cancels.get(name),
        actions.open.get(name),
    )
    stands = standing(row.term, cancel.cancel if cancel else None)
    own = Own(Plan(row.as_told, row.name, row.amount, row.currency, row.test), stands, f"{SUBSCRIPTIONS}/{key}")
    card = row.term.status not in _OVER and may_change_card(row, owner.ways)
    own = replace(own, card=card, pay_url=row.pay_url if stands is Standing.PAST_DUE else None)
    if cancel is not None and stands in (Standing.CANCELLING, Standing.CANCELLED):
        own = replace(own, ends_at=cancel.ends_at, asked_at=cancel.requested_at)
    if open_ is not None and open_.verb not in CANCELS:
        own = replace(own, under_way=open_.verb, asked_at=open_.requested_at)
    if stands is Standing.CANCELLED and row.term.runs:  # the merchant said so, and the provider's word is on its way
        return OwnPlan(key, row, cancel, own)
    acts = offered(row, under_way(open_), owner, now)
    if Act.CANCEL in acts:
        kept = as_it_will_be(row, own.under_way)
        own = replace(own, ends_at=ends_at(kept.term, now), at_once=may_end_at_once(kept, owner.ways, now))
    return OwnPlan(key, row, cancel, replace(own, acts=acts))
