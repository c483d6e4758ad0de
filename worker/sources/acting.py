"""What a provider is asked to do, as a request value, and what its answer means.

Rules: `ask` and `read` are pure; whoever acts sends, waits and keeps. A question may be asked twice (after a crash
nobody knows), so each is idempotent: by the provider's idempotency key where it has one, else by what it asks for. An
answer is taken for what the provider's own object in it says, read as its events are; an answer that only says that it
was heard confirms nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from worker.core.cancelling import RUNNING
from worker.core.following import Followed
from worker.core.provider_action import Capabilities, Verb
from worker.core.transaction import Customer, Transaction
from worker.core.web_call import Answer, Call
from worker.sources.account import Account, Login, Trouble


@dataclass(frozen=True, slots=True)
class Asked:
    """One verb, asked of a provider. `key` is one for all tries of it, of at most 64 letters, digits and hyphens.

    `subscription` and `customer` are the provider's own ids; `details` is what an UPDATE_CUSTOMER shall say;
    `return_url` is where a provider's page leads back to.
    """

    verb: Verb
    key: str
    subscription: str | None = None
    customer: str | None = None
    details: Customer | None = None
    return_url: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The provider took it. `told` is how things stand by its answer; empty: its events will tell."""

    told: tuple[Transaction, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the provider's own, for the customer who waits."""

    url: str


@dataclass(frozen=True, slots=True)
class Then:
    """One more question comes before the answer."""

    call: Call
    step: int
    """The number of that question, from 1; `read` gets it with its answer."""


@dataclass(frozen=True, slots=True)
class Returned:
    """An answer to the question of number `step` (0: the first), and when it came (UTC microseconds)."""

    answer: Answer
    step: int
    at: int


Replied = Done | Page | Then | Trouble
MOST_STEPS = 4
"""More questions than any action needs: a provider that leads us in a circle is left."""


def as_it_stands(can: Capabilities, plan: Followed) -> Capabilities:
    """What of all that a provider can do there is to do for a subscription now; of one that has ended only its customer
    is left."""
    if plan.status not in RUNNING:
        return Capabilities(update_customer=can.update_customer)
    ends = plan.cancel_at is not None
    return replace(
        can,
        cancel_at_period_end=can.cancel_at_period_end and not ends,
        undo_cancel=can.undo_cancel and ends,
        pause=can.pause and plan.status == "active" and not ends,
        resume=can.resume and plan.status == "paused",
    )


@dataclass(frozen=True, slots=True)
class Acting:
    """How `source` is asked. `able` is what it can do for this subscription as it stands now."""

    source: str
    able: Callable[[Followed], Capabilities]
    ask: Callable[[Account, Asked], Call]
    read: Callable[[Account, Asked, Returned], Replied]
    login: Login | None = None
    links: Callable[[Followed], str | None] = lambda _: None
    """The provider's card page, where its address is known without asking (then no key is needed for it)."""
