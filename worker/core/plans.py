"""A customer's subscriptions as they stand, from what was told of them.

Rules: the newest telling says how a subscription stands; two sources that tell of one payment (a cart and its
processor) tell of one subscription; what isn't told any more (a price, a name) stays as it was last told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.core.transaction import Subscription, Transaction

ENDED = ("cancelled", "completed")


@dataclass(frozen=True, slots=True)
class Telling:
    """A transaction that belongs to a subscription, and the payment it tells of."""

    source: str
    payment_id: str
    told: Transaction


@dataclass(frozen=True, slots=True)
class Plan:
    """One subscription. `amount` (minor units) is what each payment costs, `name` what is paid for, where known."""

    subscription: Subscription
    name: str | None
    amount: int | None
    currency: str | None
    test: bool = False

    @property
    def ended(self) -> bool:
        """Nothing more will be charged."""
        return self.subscription.status in ENDED


def plans_of(tellings: Sequence[Telling]) -> tuple[Plan, ...]:
    """The subscriptions that these tellings (newest first) are about: those that go on first, then the newest."""
    groups: dict[str, list[Telling]] = {}
    group_of: dict[tuple[str, str], str] = {}
    for each in tellings:
        assert each.told.subscription is not None, "only what belongs to a subscription comes here"
        names = (("payment", each.payment_id), (f"source {each.source}", each.told.subscription.ref))
        known = [group_of[name] for name in names if name in group_of]
        home = known[0] if known else each.told.id + each.source
        for other in {*known} - {home}:
            groups[home] += groups.pop(other)
            group_of = {name: home if group == other else group for name, group in group_of.items()}
        group_of |= dict.fromkeys(names, home)
        groups.setdefault(home, []).append(each)
    found = [_plan(sorted(group, key=lambda each: -each.told.occurred_at)) for group in groups.values()]
    return tuple(sorted(found, key=lambda plan: plan.ended))


def _plan(group: Sequence[Telling]) -> Plan:
    told = [each.told for each in group]
    newest = told[0].subscription
    assert newest is not None
    paid = next((each.total for each in told if each.total is not None), None)
    return Plan(
        subscription=newest,
        name=next((each.lines[0].description for each in told if each.lines), None),
        amount=newest.next_amount if newest.next_amount is not None else paid,
        currency=next((each.currency for each in told if each.currency is not None), None),
        test=told[0].test,
    )
