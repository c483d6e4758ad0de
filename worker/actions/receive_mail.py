"""Take in a mail: keep it, then in one transaction settle what it is, mail the link it asks for, forward its words.

Rules: links go to stored addresses alone; robots, bounces, complaints and lists are never answered; nothing that a
person wrote is lost, so what is in doubt goes to a person, with the mail as it came.
"""

from dataclasses import dataclass, replace

from worker.actions.answer_stranger import answer_stranger
from worker.actions.forward_mail import NOTICE, Forward, forward_mail
from worker.actions.lift_suppression import OWN_MAIL, lift_suppression
from worker.actions.receive_notice import is_notice, receive_notice
from worker.actions.record_bounce import Told, record_bounce
from worker.actions.request_link import Asked, RequestOutcome, request_link
from worker.core.access import Way, asks_again
from worker.core.email_address import identity
from worker.core.fresh import Fresh
from worker.core.instant import DAY
from worker.core.mail_policy import MailPolicy
from worker.mail.authentication import UNKNOWN, Authentication
from worker.mail.classify import Class, Outcome
from worker.mail.intent import intent_of
from worker.mail.own_words import answers
from worker.mail.read import InboundMail
from worker.mail.returned import Notice
from worker.store import access, customers, inbox, outbox
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.store.inbox import MAILBOX_PEER, KeptMail, MailEnd, MailState, NewMail
from worker.store.outbox import MailKind, OutboxItem

MOST_TRIES = 3
_LONGEST_REASON = 300
_OUTCOMES = {
    RequestOutcome.MAILED: Outcome.LINK_REQUEST,
    RequestOutcome.STRANGER: Outcome.STRANGER,
    RequestOutcome.LIMITED: Outcome.OVER_LIMIT,
}


@dataclass(frozen=True, slots=True)
class Understood:
    """A kept mail, what it says, what it is and who really sent it; `for_people`: also to postmaster or abuse.

    Of a bounce or complaint, `notice` is what it tells, None where its word doesn't count.
    """

    kept: KeptMail
    mail: InboundMail
    what: Class
    for_people: bool
    origin: Authentication = UNKNOWN
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a mail."""

    outcome: Outcome
    reason: str | None
    forwarded: bool


async def keep_mail(tx: Tx, mail: NewMail) -> bool:
    """Keep a mail as it came; False where it is here already: what came by another way is recorded as such."""
    kept = await inbox.keep_mail(tx, mail)
    if kept:
        tx.wake(Topic.INBOX)
    elif (earlier := await inbox.like(tx, mail)) is not None:
        await inbox.keep_settled(tx, mail, Outcome.DUPLICATE, f"the same mail as {earlier}")
    return kept


async def begin_mail(tx: Tx, mail_id: str, policy: MailPolicy, fresh: Fresh) -> KeptMail | None:
    """Begin a try at understanding; None where another process has it.

    After its tries it is quarantined, and a person gets to see it.
    """
    kept = await inbox.begin(tx, mail_id)
    if kept is None or kept.attempts <= MOST_TRIES:
        return kept
    reason = f"reading it failed {MOST_TRIES} times"
    await inbox.settle(tx, mail_id, MailEnd(MailState.QUARANTINED, Outcome.UNREADABLE, reason), fresh.now)
    _tell_mailbox(tx, kept)
    await forward_mail(tx, kept, Forward("unreadable"), policy, fresh)
    return None


async def receive_mail(tx: Tx, understood: Understood, policy: MailPolicy, fresh: Fresh) -> Received | None:
    """Act on what a mail is; None where another process was first."""
    understood = await _with_its_person(tx, understood)
    kept, what = understood.kept, understood.what
    state = MailState.QUARANTINED if what.outcome is Outcome.MALFORMED else MailState.SETTLED
    end = MailEnd(state, what.outcome, what.reason, understood.origin.told)
    if not await inbox.settle(tx, kept.id, end, fresh.now):
        return None
    _tell_mailbox(tx, kept)
    answered, notice = await _answered(tx, understood.mail), is_notice(understood.mail, what)
    sent = (understood.origin, answered)
    customers_own = notice and await receive_notice(tx, kept, understood.mail, sent, fresh)
    received = Received(what.outcome, what.reason, forwarded=False)
    if what.outcome in (Outcome.BOUNCE, Outcome.COMPLAINT):
        received = await _record(tx, understood, policy, fresh)
        await inbox.refine(tx, kept.id, received.outcome, received.reason)
    if what.outcome is Outcome.LINK_REQUEST:
        if understood.origin.authentic and understood.mail.sender is not None:
            await lift_suppression(tx, understood.mail.sender, OWN_MAIL, fresh)
        received = await _request(tx, understood, answered, policy, fresh)
        await inbox.refine(tx, kept.id, received.outcome, received.reason)
    why = NOTICE if notice else _why_forward(understood, received.outcome, answered)
    if why is None:
        return received
    case = Forward(why, understood.origin.standing, customers_own)
    return replace(received, forwarded=await forward_mail(tx, kept, case, policy, fresh))


async def _with_its_person(tx: Tx, understood: Understood) -> Understood:
    """Who is called like a robot, but bought something and is proven to write, from that very address, is a person."""
    sender = understood.mail.sender
    if not understood.what.by_name or not understood.origin.authentic or sender is None:
        return understood
    itself = identity(understood.kept.sender) == identity(sender)  # lists and services send for others
    if not itself or await customers.by_email(tx, sender) is None:
        return understood
    return replace(understood, what=Class(Outcome.LINK_REQUEST, by_name=True))


async def _record(tx: Tx, understood: Understood, policy: MailPolicy, fresh: Fresh) -> Received:
    what, notice = understood.what, understood.notice
    if notice is None:
        return Received(what.outcome, "to a bounce address, but not from the null sender", forwarded=False)
    told = Told(understood.kept.id, notice.returned, notice.delivery, doubted=notice.doubted)
    recorded = await record_bounce(tx, told, policy.alerts, fresh)
    said = "; ".join(f"{each.happening} of {each.mail or 'no mail of ours'}: {each.effect}" for each in recorded)
    return Received(what.outcome, said[:_LONGEST_REASON] or "told before", forwarded=False)


async def _answered(tx: Tx, mail: InboundMail) -> OutboxItem | None:
    """The mail of ours to a customer that this one answers, the nearest in its thread."""
    named = [each for each in (mail.in_reply_to, *reversed(mail.references)) if each]
    found = {item.message_id: item for item in await outbox.by_message_ids(tx, named) if item.customer_id}
    return next((found[each] for each in named if each in found), None)


async def _request(
    tx: Tx, understood: Understood, answered: OutboxItem | None, policy: MailPolicy, fresh: Fresh
) -> Received:
    mail, origin = understood.mail, understood.origin
    assert mail.sender is not None, "a mail without a sender is malformed"
    if origin.forged or (policy.require_auth and not origin.authentic):
        return Received(Outcome.UNAUTHENTICATED, origin.standing.value, forwarded=False)
    address = await _customers_address(tx, mail.sender, answered)
    if await _answers_young_link(tx, understood, answered, fresh.now):
        return Received(Outcome.OVER_LIMIT, "its link is younger than a day", forwarded=False)
    own = origin.authentic and identity(address) == identity(mail.sender)
    asked = Asked(
        way=Way.REPLY if answered else Way.MAIL,
        address=address,
        intent=intent_of(mail.subject, mail.text) if own else None,
        in_reply_to=mail.message_id,
        references=mail.thread,
        own=own,
    )
    requested = await request_link(tx, asked, policy.access, fresh)
    if requested.outcome is RequestOutcome.STRANGER and own:
        await answer_stranger(tx, mail, policy.access.message_domain, fresh)
    return Received(_OUTCOMES[requested.outcome], "reply" if answered else None, forwarded=False)


async def _answers_young_link(tx: Tx, understood: Understood, answered: OutboxItem | None, now: int) -> bool:
    """Whether the mail answers one of ours with a link that still opens: who does so has a link, or is a machine.

    Machines that say nothing of themselves may also leave out what they answer, and keep its subject alone; of who is
    called like one each mail is taken for such.
    """
    mail = understood.mail
    if answered is not None and answered.kind is MailKind.ACCESS:
        return not asks_again(answered.created_at, now)
    if mail.sender is None:
        return False
    silent = answered is None and not (mail.in_reply_to or mail.references) and answers(mail.subject)
    if not silent and not understood.what.by_name:
        return False
    since = [await access.granted_since(tx, identity(mail.sender), now - DAY, own=own) for own in (False, True)]
    return any(since)


async def _customers_address(tx: Tx, sender: str, answered: OutboxItem | None) -> str:
    """Whom the request is for: who answers from another address than they bought with gets the link where they did."""
    if answered is None or answered.customer_id is None or await customers.by_email(tx, sender):
        return sender
    customer = await customers.by_id(tx, answered.customer_id)
    return customer.email if customer and customer.email else sender


def _why_forward(understood: Understood, outcome: Outcome, answered: OutboxItem | None) -> str | None:
    """Why a person must see this mail, None where nobody must."""
    mail, what = understood.mail, understood.what
    if what.loop:
        return None
    if understood.for_people:
        return "address"
    if outcome in (Outcome.MALFORMED, Outcome.UNAUTHENTICATED):
        return outcome.value if mail.own_words else None
    if what.doubtful:
        return "doubt" if mail.own_words or what.by_name else None
    if what.outcome is Outcome.LINK_REQUEST and answered is not None:
        return "reply"
    return "words" if what.outcome is Outcome.LINK_REQUEST and mail.own_words else None


def _tell_mailbox(tx: Tx, kept: KeptMail) -> None:
    """Whoever watches the mailbox that it came from may put it away."""
    if kept.peer == MAILBOX_PEER:
        tx.wake(Topic.MAILBOX)
