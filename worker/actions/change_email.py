"""Change the purchase email: asked for in the hub, proved at the new address, undone from the old one.

Rules: asking needs a link that was redeemed minutes ago, so that nobody changes it in a browser left open; whether the
new address is another customer's is told only to whoever proved to read its mail; who changed it keeps the one browser
in which they asked, and everything else that opened these purchases is closed.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from worker.actions.queue_mail import NewMail, queue_mail
from worker.core.access import Limits, next_allowed
from worker.core.email_address import identity
from worker.core.fresh import Fresh
from worker.core.instant import DAY, HOUR, MINUTE
from worker.store import access, audit, customers, email_changes, outbox, suppressions
from worker.store.access import SessionRow
from worker.store.audit import Entry
from worker.store.email_changes import NewEmailChange
from worker.store.engine import Tx
from worker.store.outbox import MailKind

LINK_IS_FRESH = 15 * MINUTE
PROOF_LASTS = 24 * HOUR
UNDO_LASTS = 72 * HOUR


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    """What the merchant allows, and how often a customer may have mails sent to addresses not yet theirs."""

    allow: bool = True
    message_domain: str = "localhost"
    limits: Limits = field(default_factory=Limits)


class AskAnswer(StrEnum):
    """What became of asking."""

    ASKED = "asked"
    NOT_ALLOWED = "not_allowed"
    STALE = "stale"  # the link was redeemed too long ago: a fresh one first
    SAME = "same"
    LIMITED = "limited"


class ProofAnswer(StrEnum):
    """What became of the proof."""

    CONFIRMED = "confirmed"
    TAKEN = "taken"
    OVER = "over"  # too late, replaced by a newer one, or settled


def is_fresh(session: SessionRow, now: int) -> bool:
    """Whether this browser was let in just now."""
    return now < session.created_at + LINK_IS_FRESH


async def ask_email_change(
    tx: Tx, session: SessionRow, new_address: str, policy: ChangePolicy, fresh: Fresh
) -> AskAnswer:
    """Mail a proof to `new_address` (normalised), unless something is in the way."""
    if not policy.allow:
        return AskAnswer.NOT_ALLOWED
    if not is_fresh(session, fresh.now):
        return AskAnswer.STALE
    await customers.lock(tx, session.customer_id)
    customer = await customers.by_id(tx, session.customer_id)
    if customer is None or customer.email is None or identity(customer.email) == identity(new_address):
        return AskAnswer.SAME
    before = await email_changes.asked_since(tx, customer.id, new_address, fresh.now - DAY)
    if next_allowed(fresh.now, before, policy.limits) > fresh.now:
        return AskAnswer.LIMITED
    await _ask(tx, session, (customer.email, new_address), policy, fresh)
    return AskAnswer.ASKED


async def confirm_email_change(tx: Tx, proof_link: str, policy: ChangePolicy, fresh: Fresh) -> ProofAnswer:
    """Whoever has the link reads the new address's mail: mails go there from now on."""
    asked = await email_changes.by_proof(tx, proof_link)
    if asked is None:
        return ProofAnswer.OVER
    await customers.lock(tx, asked.customer_id)
    customer = await customers.by_id(tx, asked.customer_id)
    if customer is None or identity(customer.email or "") != identity(asked.old_address):
        return ProofAnswer.OVER
    change = await email_changes.confirm(tx, asked.id, fresh.now, fresh.now - PROOF_LASTS)
    if change is None:
        return ProofAnswer.OVER
    if await customers.claim_email(tx, change.new_address, customer.id, fresh.now) != customer.id:
        await email_changes.refuse(tx, change.id)
        return ProofAnswer.TAKEN
    await _move(tx, customer.id, change.old_address, change.new_address, fresh)
    await access.end_other_sessions(tx, customer.id, change.session_hash, fresh.now)
    notice = NewMail(
        MailKind.EMAIL_NOTICE,
        change.old_address,
        policy.message_domain,
        {"change": change.id},
        customer_id=customer.id,
        once_key=f"email notice:{change.id}",
    )
    await queue_mail(tx, notice, fresh)
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, "customer", "email_changed", customer.id, change.id))
    return ProofAnswer.CONFIRMED


async def undo_email_change(tx: Tx, undo_link: str, fresh: Fresh) -> bool:
    """Back to the old address, and out with everybody: only who reads its mail gets in again."""
    known = await email_changes.by_undo(tx, undo_link)
    if known is None:
        return False
    await customers.lock(tx, known.customer_id)
    change = await email_changes.undo(tx, known.id, fresh.now, fresh.now - UNDO_LASTS)
    customer = await customers.by_id(tx, known.customer_id)
    if change is None or customer is None:
        return False
    later = await email_changes.end_all(tx, customer.id, fresh.now)
    await _move(tx, customer.id, customer.email or change.new_address, change.old_address, fresh)
    for undone in (change, *later):
        if undone.confirmed_at is not None and identity(undone.new_address) != identity(change.old_address):
            await customers.drop_email(tx, customer.id, undone.new_address, undone.confirmed_at)
    await access.end_sessions(tx, customer.id, fresh.now)
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, "customer", "email_change_undone", customer.id, change.id))
    return True


async def _ask(tx: Tx, session: SessionRow, addresses: tuple[str, str], policy: ChangePolicy, fresh: Fresh) -> None:
    old_address, new_address = addresses
    new = NewEmailChange(
        id=fresh.new_id(),
        customer_id=session.customer_id,
        session_hash=session.id_hash,
        old_address=old_address,
        new_address=new_address,
        proof_link=fresh.secret_id(),
        undo_link=fresh.secret_id(),
        asked_at=fresh.now,
    )
    await email_changes.ask(tx, new)
    proof = NewMail(
        MailKind.EMAIL_PROOF,
        new_address,
        policy.message_domain,
        {"change": new.id},
        session.customer_id,
        lasts=PROOF_LASTS,
    )
    await queue_mail(tx, proof, fresh)
    await audit.note(
        tx, Entry(fresh.new_id(), fresh.now, "customer", "email_change_asked", session.customer_id, new.id)
    )


async def _move(tx: Tx, customer_id: str, old_address: str, new_address: str, fresh: Fresh) -> None:
    await customers.retire_email(tx, old_address, fresh.now)
    await customers.set_email(tx, customer_id, new_address)
    await outbox.redirect(tx, customer_id, old_address, new_address)
    await suppressions.redirect_withheld(tx, customer_id, (old_address, new_address), fresh.now)
    await access.revoke_links(tx, customer_id, fresh.now)
