"""Decide what an announcement brings, once: a mail to its customer, an alert to the merchant, or nothing."""

from dataclasses import dataclass

from worker.actions.queue_mail import NewMail, queue_mail
from worker.actions.raise_alert import raise_alert
from worker.core.alert import AlertKind
from worker.core.announcement import Matter
from worker.core.dunning import Case, Outcome, lasts_until, outcome_of
from worker.core.following import Followed
from worker.core.fresh import Fresh
from worker.core.instant import DAY
from worker.core.open_action import CANCELS
from worker.core.policy import Policy
from worker.store import announcements, customers, invoices, provider_actions
from worker.store.announcements import Kept
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.store.invoices import LinkRow, Purpose
from worker.store.outbox import MailKind

LINK_LASTS = 60 * DAY
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


async def dun(tx: Tx, announcement_id: str, policy: Policy, fresh: Fresh) -> Decided | None:
    """Decide it; None where another process did."""
    kept = await announcements.by_id(tx, announcement_id)
    assert kept is not None, "announcements are looked up before they are decided, and forgotten long after"
    if kept.told.matter in _ALERTS:
        if not await announcements.settle(tx, kept.id, Outcome.MERCHANT_TOLD, None, fresh.now):
            return None
        await raise_alert(tx, _ALERTS[kept.told.matter], policy, fresh)
        return Decided(kept, Outcome.MERCHANT_TOLD)
    plans = await announcements.plans_about(tx, kept)
    customer = await _customer(tx, kept, plans)
    outcome = outcome_of(await _case(tx, kept, customer, plans, policy), fresh.now)
    mailed = customer if outcome is Outcome.MAILED else None
    if not await announcements.settle(tx, kept.id, outcome, mailed.id if mailed else None, fresh.now):
        return None
    if mailed is not None:
        await _mail(tx, kept, mailed, policy, fresh)
    return Decided(kept, outcome)


async def leave_announcement(tx: Tx, announcement_id: str, fresh: Fresh) -> None:
    """Deciding it failed: it brings nothing, and holds up nothing."""
    await announcements.settle(tx, announcement_id, Outcome.SET_ASIDE, None, fresh.now)


async def _customer(tx: Tx, kept: Kept, plans: tuple[Followed, ...]) -> CustomerRow | None:
    """Whose it is, among those that are known: an announcement makes no customer."""
    owner, told = next((plan.customer_id for plan in plans), None), kept.told.customer
    if owner is not None:
        return await customers.by_id(tx, owner)
    known = await customers.by_ref(tx, kept.source, told.ref) if told.ref is not None else None
    return known if known is not None or told.email is None else await customers.by_email(tx, told.email)


async def _case(tx: Tx, kept: Kept, customer: CustomerRow | None, plans: tuple[Followed, ...], policy: Policy) -> Case:
    told = kept.told
    return Case(
        told=told,
        wanted=policy.dunning.wants(kept.source, told.matter),
        email=customer.email if customer else None,
        plans=plans,
        paid=told.matter is Matter.PAYMENT_FAILED and await _paid(tx, kept),
        cancelling=await _cancelling(tx, kept),
        mailed_at=await announcements.mailed_at(tx, customer.id, kept.source, told) if customer else None,
    )


async def _paid(tx: Tx, kept: Kept) -> bool:
    ref = kept.told.subscription
    return ref is not None and await announcements.paid_since(tx, kept.source, ref, kept.told.occurred_at)


async def _cancelling(tx: Tx, kept: Kept) -> bool:
    ref = kept.told.subscription
    action = await provider_actions.open_of(tx, kept.source, ref) if ref is not None else None
    return action is not None and action.verb in CANCELS


async def _mail(tx: Tx, kept: Kept, customer: CustomerRow, policy: Policy, fresh: Fresh) -> None:
    """Mail it, with a way to the customer's purchases at its foot, as receipts have."""
    assert customer.email is not None, "without an address no mail is decided on"
    foot = LinkRow(fresh.secret_id(), Purpose.FOOT, customer.id, None, fresh.now, fresh.now + LINK_LASTS)
    await invoices.add_links(tx, [foot])
    mail = NewMail(
        _MAILS[kept.told.matter],
        customer.email,
        policy.message_domain,
        {"announcement": kept.id, "foot": foot.id},
        customer_id=customer.id,
        once_key=f"announcement:{kept.id}",
        lasts=max(0, lasts_until(kept.told) - fresh.now),
    )
    await queue_mail(tx, mail, fresh)
