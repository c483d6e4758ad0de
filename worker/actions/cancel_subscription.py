"""Ask to have a subscription cancelled: recorded once, confirmed as received, and set on its way to the provider.

Rules: nobody says "cancelled" here. That is said once the merchant pressed the link in the mail or the provider's word
came; until then the merchant is reminded after a day.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from worker.actions.ask_provider import ActionPolicy, Answer, Wish, ask_provider
from worker.actions.queue_mail import NewMail, queue_mail
from worker.actions.settle_action import tell_done
from worker.core.cancelling import ends_at
from worker.core.fresh import Fresh
from worker.core.open_action import CANCELS
from worker.core.provider_action import Verb
from worker.core.rights import Act, Allowed
from worker.sources.offers import Owner, UnderWay, as_it_will_be, may_end_at_once, verb_offered
from worker.sources.ways import Ways
from worker.store import customers, provider_actions, subscriptions
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.store.outbox import MailKind
from worker.store.provider_actions import ActionRow

LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class CancelPolicy:
    """What the merchant allows, who can do it at each source, and whom at the merchant's it is handed to."""

    rules: Allowed = field(default_factory=Allowed)
    merchant: tuple[str, ...] = ()
    message_domain: str = "localhost"
    ways: Ways = field(default_factory=Ways)

    @property
    def asking(self) -> ActionPolicy:
        """How anything is asked of a provider."""
        return ActionPolicy(self.ways, self.merchant, self.message_domain)


class CancelAnswer(StrEnum):
    """What became of the wish."""

    RECEIVED = "received"
    OPEN = "open"  # it was asked for before, and waits to be confirmed
    REFUSED = "refused"  # not this customer's, not running any more, or not allowed here


@dataclass(frozen=True, slots=True)
class Cancelling:
    """`cancel` is the cancellation that is open now; None where it is done already."""

    answer: CancelAnswer
    cancel: ActionRow | None = None


async def cancel_subscription(
    tx: Tx, customer_id: str, subscription: tuple[str, str], policy: CancelPolicy, fresh: Fresh
) -> Cancelling:
    """Record that the customer wants it cancelled once what is paid for is used up; `subscription`: (source, ref)."""
    return await _cancel(tx, _Wanted(customer_id, subscription, at_once=False), policy, fresh)


async def cancel_at_once(
    tx: Tx, customer_id: str, subscription: tuple[str, str], policy: CancelPolicy, fresh: Fresh
) -> Cancelling:
    """The same, where it can be, even if more of it is paid for."""
    return await _cancel(tx, _Wanted(customer_id, subscription, at_once=True), policy, fresh)


async def give_reason(tx: Tx, customer_id: str, cancel_id: str, reason: str) -> bool:
    """Keep why, where the customer likes to say it."""
    said = " ".join(reason.replace("\0", " ").split())[:LONGEST_REASON]
    return await provider_actions.give_reason(tx, cancel_id, customer_id, said or None)


def under_way(action: ActionRow | None) -> UnderWay | None:
    """What is open, as far as it decides on offers."""
    return UnderWay(action.verb, action.told) if action is not None else None


def owner_of(customer: CustomerRow, policy: CancelPolicy) -> Owner:
    """Who asks, and what the merchant leaves them."""
    return Owner(country_of(customer), policy.rules, policy.ways)


def country_of(customer: CustomerRow) -> str | None:
    """The billing country, which decides what the law allows."""
    return customer.address.country if customer.address is not None else None


@dataclass(frozen=True, slots=True)
class _Wanted:
    customer_id: str
    subscription: tuple[str, str]
    at_once: bool


async def _cancel(tx: Tx, wish: _Wanted, policy: CancelPolicy, fresh: Fresh) -> Cancelling:
    row = await subscriptions.take(tx, *wish.subscription, wish.customer_id)
    customer = await customers.by_id(tx, wish.customer_id)
    if row is None or customer is None:
        return Cancelling(CancelAnswer.REFUSED)
    before = await provider_actions.open_of(tx, row.source, row.ref)
    if before is not None and before.verb in CANCELS:
        return Cancelling(CancelAnswer.OPEN, before)
    verb = verb_offered(Act.CANCEL, row, under_way(before), owner_of(customer, policy), fresh.now)
    if verb is None:
        return Cancelling(CancelAnswer.REFUSED)
    kept = as_it_will_be(row, before.verb if before is not None else None)
    ends = ends_at(kept.term, fresh.now)
    if wish.at_once and may_end_at_once(kept, policy.ways, fresh.now):
        verb, ends = Verb.CANCEL_NOW, fresh.now
    return await _record(tx, Wish(customer.id, row, verb, ends), customer, policy, fresh)


async def _record(tx: Tx, wish: Wish, customer: CustomerRow, policy: CancelPolicy, fresh: Fresh) -> Cancelling:
    """To the provider; and to the customer that it is received."""
    asking = await ask_provider(tx, wish, policy.asking, fresh)
    if asking.action is None:
        return Cancelling(CancelAnswer.REFUSED)
    if asking.answer is Answer.TAKEN_BACK:  # nobody heard that it was to be kept: it ends as it was to before
        await tell_done(tx, asking.action, wish.verb, fresh)
        return Cancelling(CancelAnswer.RECEIVED)
    if asking.answer is Answer.ASKED and customer.email is not None:
        about, domain = {"action": asking.action.id}, policy.message_domain
        received = NewMail(MailKind.CANCEL_RECEIVED, customer.email, domain, about, customer_id=customer.id)
        await queue_mail(tx, received, fresh)
    return Cancelling(CancelAnswer.RECEIVED, asking.action)
