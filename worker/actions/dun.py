"""Decide what an announcement brings, once: a mail to its customer, an alert to the merchant, or nothing.

A mail is looked at once more when it is about to go: it may have waited for the relay for days.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from worker.actions.queue_mail import NewMail, queue_mail
from worker.actions.raise_alert import raise_alert
from worker.core.alert import AlertKind
from worker.core.announcement import Matter
from worker.core.dunning import LONGEST_QUIET, Case, Outcome, lasts_until, outcome_of
from worker.core.following import Followed
from worker.core.fresh import Fresh
from worker.core.instant import DAY
from worker.core.open_action import CANCELS
from worker.core.policy import Policy
from worker.core.twins import Name, group_of, one_each, twins_of
from worker.store import announcements, customers, invoices, outbox, provider_actions, purchases, subscriptions
from worker.store.announcements import Kept
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.store.invoices import LinkRow, Purpose
from worker.store.outbox import MailKind, OutboxItem

LINK_LASTS = 60 * DAY
_SAME_WITHIN = DAY
"""What a source told of a subscription longer ago was about another payment, or another try."""
_ALERTS = {Matter.DISPUTE: AlertKind.DISPUTES, Matter.REFUND_FAILED: AlertKind.REFUNDS_FAILED}
_MAILS = {
    Matter.UPCOMING_PAYMENT: MailKind.UPCOMING_PAYMENT,
    Matter.PAYMENT_FAILED: MailKind.PAYMENT_FAILED,
    Matter.CARD_EXPIRING: MailKind.CARD_EXPIRING,
}


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of which announcement."""

    kept: Kept
    outcome: Outcome

    @property
    def said(self) -> dict[str, str]:
        """In the words that the journal and the metrics have for it."""
        return {"source": self.kept.source, "matter": self.kept.told.matter.value, "outcome": self.outcome.value}


async def dun(tx: Tx, announcement_id: str, policy: Policy, fresh: Fresh) -> Decided | None:
    """Decide it; None where another process did."""
    kept = await announcements.by_id(tx, announcement_id)
    assert kept is not None, "announcements are never deleted"
    if kept.told.matter in _ALERTS:
        if not await announcements.settle(tx, kept.id, Outcome.MERCHANT_TOLD, None, fresh.now):
            return None
        await raise_alert(tx, _ALERTS[kept.told.matter], policy, fresh)
        return Decided(kept, Outcome.MERCHANT_TOLD)
    customer = await _customer(tx, kept)
    if customer is not None:
        await customers.lock(tx, customer.id)  # of two tellings of one payment, the second sees the first's mail
    outcome = outcome_of(await _case(tx, kept, customer, policy, fresh.now), fresh.now)
    mailed = customer if outcome is Outcome.MAILED else None
    if not await announcements.settle(tx, kept.id, outcome, mailed.id if mailed else None, fresh.now):
        return None
    if mailed is not None:
        await _mail(tx, kept, mailed, policy, fresh)
    return Decided(kept, outcome)


async def call_off_pointless(tx: Tx, claimed: Sequence[OutboxItem], policy: Policy, fresh: Fresh) -> dict[str, Decided]:
    """Of mails that are about to go, call off those that are pointless by now; returns them by their ids."""
    found = {
        item.id: await _call_off_pointless(tx, item, policy, fresh) for item in claimed if item.kind in _MAILS.values()
    }
    return {item_id: decided for item_id, decided in found.items() if decided is not None}


async def leave_announcement(tx: Tx, announcement_id: str, fresh: Fresh) -> None:
    """Deciding it failed: it brings nothing, and holds up nothing."""
    await announcements.settle(tx, announcement_id, Outcome.SET_ASIDE, None, fresh.now)


async def _call_off_pointless(tx: Tx, item: OutboxItem, policy: Policy, fresh: Fresh) -> Decided | None:
    kept = await announcements.by_id(tx, str(item.params["announcement"]))
    assert kept is not None, "announcements are never deleted"
    case = await _case(tx, kept, await _customer(tx, kept), policy, fresh.now)
    outcome = outcome_of(replace(case, email=item.recipient, mailed=()), fresh.now)  # it is one of those mailed
    if outcome is Outcome.MAILED or not await outbox.call_off_claimed(tx, item.id, fresh.now):
        return None
    await announcements.take_back(tx, kept.id, outcome)
    return Decided(kept, outcome)


async def _customer(tx: Tx, kept: Kept) -> CustomerRow | None:
    """Whose it is, among those that are known: an announcement makes no customer."""
    plans = await announcements.plans_about(tx, kept)
    owner, told = next((plan.customer_id for plan in plans), None), kept.told.customer
    if owner is not None:
        return await customers.by_id(tx, owner)
    known = await customers.by_ref(tx, kept.source, told.ref) if told.ref is not None else None
    return known if known is not None or told.email is None else await customers.by_email(tx, told.email)


async def _case(tx: Tx, kept: Kept, customer: CustomerRow | None, policy: Policy, now: int) -> Case:
    told = kept.told
    group = await _group(tx, kept, customer)
    same = group if one_each(group) else _own(kept)
    return Case(
        source=kept.source,
        told=told,
        wanted=policy.dunning.wants(kept.source, told.matter),
        email=customer.email if customer else None,
        plans=await _plans(tx, kept, same),
        group=group,
        paid=told.matter is Matter.PAYMENT_FAILED and await _paid(tx, same, told.occurred_at),
        cancelling=await _cancelling(tx, same),
        mailed=await announcements.mailed(tx, customer.id, told.matter, now - LONGEST_QUIET) if customer else (),
    )


async def _group(tx: Tx, kept: Kept, customer: CustomerRow | None) -> frozenset[Name]:
    """What all sources call the subscription that it is about; nothing where it is about none."""
    ref = kept.told.subscription
    if customer is None or ref is None:
        return _own(kept)
    return group_of((kept.source, ref), twins_of(await purchases.tellings(tx, customer.id)))


def _own(kept: Kept) -> frozenset[Name]:
    ref = kept.told.subscription
    return frozenset() if ref is None else frozenset(((kept.source, ref),))


async def _plans(tx: Tx, kept: Kept, names: frozenset[Name]) -> tuple[Followed, ...]:
    others = [await subscriptions.by_name(tx, *name) for name in sorted(names - _own(kept))]
    return (*await announcements.plans_about(tx, kept), *(plan for plan in others if plan is not None))


async def _paid(tx: Tx, names: frozenset[Name], since: int) -> bool:
    return any([await announcements.paid_since(tx, *name, since) for name in names])


async def _cancelling(tx: Tx, names: frozenset[Name]) -> bool:
    actions = [await provider_actions.open_of(tx, *name) for name in names]
    return any(action is not None and action.verb in CANCELS for action in actions)


async def _beside(tx: Tx, kept: Kept, customer: CustomerRow) -> list[str]:
    """What other sources told of the same payment lately, the newest of each: settled now, so that every try says the
    same.
    """
    group, matter, since = await _group(tx, kept, customer), kept.told.matter, kept.told_at - _SAME_WITHIN
    names = sorted(group - _own(kept)) if one_each(group) else []
    told = [await announcements.of_subscription(tx, name, matter, since) for name in names]
    return [found[0].id for found in told if found]


async def _mail(tx: Tx, kept: Kept, customer: CustomerRow, policy: Policy, fresh: Fresh) -> None:
    """Mail it, with a way to the customer's purchases at its foot, as receipts have."""
    assert customer.email is not None, "without an address no mail is decided on"
    foot = LinkRow(fresh.secret_id(), Purpose.FOOT, customer.id, None, fresh.now, fresh.now + LINK_LASTS)
    await invoices.add_links(tx, [foot])
    mail = NewMail(
        _MAILS[kept.told.matter],
        customer.email,
        policy.message_domain,
        {"announcement": kept.id, "foot": foot.id, "beside": await _beside(tx, kept, customer)},
        customer_id=customer.id,
        once_key=f"announcement:{kept.id}",
        lasts=max(0, lasts_until(kept.told) - fresh.now),
    )
    await queue_mail(tx, mail, fresh)
