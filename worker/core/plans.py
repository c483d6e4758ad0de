"""A subscription as it is shown, and what was told of one."""

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
