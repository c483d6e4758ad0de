"""Ask for something at a provider: recorded once, and set on its way to whoever carries it out.

Rules: nobody says that it is done here; that is said once the provider's own word or the merchant confirmed it. Until
then the merchant is reminded after a day, whoever was asked. What a person must do is mailed to the merchant.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from worker.actions.queue_mail import NewMail, queue_mail
from worker.actions.settle_action import MOST_MERCHANTS, call_off, note, reminder_key
from worker.core.following import Followed
from worker.core.fresh import Fresh
from worker.core.instant import DAY
from worker.core.open_action import CANCELS, ActionState, Meeting, Way, is_so, meeting
from worker.core.provider_action import Verb
from worker.core.transaction import CUSTOMER, Customer
from worker.sources.offers import as_it_will_be
from worker.sources.ways import Ways, way_of, way_of_details
from worker.store import customers, provider_actions
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.store.outbox import MailKind
from worker.store.provider_actions import ActionRow

REMIND_AFTER = DAY


@dataclass(frozen=True, slots=True)
class ActionPolicy:
    """The ways to act, and whom at the merchant's a person's part is handed to."""

    ways: Ways = field(default_factory=Ways)
    merchant: tuple[str, ...] = ()
    message_domain: str = "localhost"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer wants for a subscription of theirs. `ends_at`: when it takes effect, as they are told."""

    customer_id: str
    row: Followed
    verb: Verb
    ends_at: int


class Answer(StrEnum):
    """What became of a wish."""

    ASKED = "asked"
    OPEN = "open"  # it was asked for before, and waits to be confirmed
    TAKEN_BACK = "taken_back"  # the earlier wish that it undoes had reached nobody: nothing need be asked
    REFUSED = "refused"  # nobody can do it, or what is under way makes it pointless


@dataclass(frozen=True, slots=True)
class Asking:
    """`action` is the one that is open now, or was taken back."""

    answer: Answer
    action: ActionRow | None = None


async def ask_provider(tx: Tx, wish: Wish, policy: ActionPolicy, fresh: Fresh) -> Asking:
    """Record what is wanted and set it on its way. The subscription's row must have been taken in this transaction."""
    earlier = await provider_actions.open_of(tx, wish.row.source, wish.row.ref)
    way = way_of(wish.verb, as_it_will_be(wish.row, earlier.verb if earlier is not None else None), policy.ways)
    met = _met(earlier, wish) if earlier is not None else Meeting.INSTEAD
    if met is Meeting.SAME:
        return Asking(Answer.OPEN, earlier)
    if met is Meeting.REFUSED or (way is None and met is not Meeting.TAKEN_BACK):
        return Asking(Answer.REFUSED)
    if earlier is not None:
        await call_off(tx, earlier, fresh)
        if met is Meeting.TAKEN_BACK:
            await note(tx, replace(earlier, verb=wish.verb), "asked", "customer", fresh)
            return Asking(Answer.TAKEN_BACK, earlier)
    assert way is not None, "else it was refused or taken back"
    new = _new(wish.customer_id, (wish.row.source, wish.verb, way), policy, fresh)
    return await _keep(tx, replace(new, ref=wish.row.ref, ends_at=wish.ends_at), policy, fresh)


def _met(earlier: ActionRow, wish: Wish) -> Meeting:
    """What it took the place of may have been heard, and isn't as it was wished until the provider says so."""
    return meeting(earlier.verb, wish.verb, told=earlier.told or not is_so(wish.verb, wish.row.term))


@dataclass(frozen=True, slots=True)
class NewDetails:
    """What a customer's details shall be at a source; `ref` is what the source calls them."""

    customer_id: str
    source: str
    ref: str
    details: Customer


async def ask_for_details(tx: Tx, wish: NewDetails, policy: ActionPolicy, fresh: Fresh) -> Asking:
    """Have the customer's details changed at a source that can; what is newer takes the place of what is open."""
    way = way_of_details(wish.source, policy.ways)
    if way is None:
        return Asking(Answer.REFUSED)
    await customers.lock(tx, wish.customer_id)
    earlier = await provider_actions.open_of_details(tx, wish.source, wish.ref)
    if earlier is not None:
        await call_off(tx, earlier, fresh)
    new = _new(wish.customer_id, (wish.source, Verb.UPDATE_CUSTOMER, way), policy, fresh)
    said = CUSTOMER.dump_json(wish.details, exclude_none=True).decode()
    return await _keep(tx, replace(new, customer_ref=wish.ref, details=said), policy, fresh)


async def hand_to_merchant(tx: Tx, action: ActionRow, policy: ActionPolicy, fresh: Fresh) -> None:
    """Tell the merchant what to do."""
    kind = MailKind.CANCEL_TODO if action.verb in CANCELS else MailKind.ACTION_TODO
    for address in policy.merchant[:MOST_MERCHANTS]:
        await queue_mail(tx, NewMail(kind, address, policy.message_domain, {"action": action.id}), fresh)


def _new(customer_id: str, asked: tuple[str, Verb, Way], policy: ActionPolicy, fresh: Fresh) -> ActionRow:
    source, verb, way = asked
    return ActionRow(
        id=fresh.new_id(),
        verb=verb,
        source=source,
        ref=None,
        customer_ref=None,
        customer_id=customer_id,
        way=way,
        state=ActionState.MANUAL if way is Way.MANUAL else ActionState.DUE,
        key=fresh.new_id(),
        details=None,
        requested_at=fresh.now,
        ends_at=fresh.now,
        due_at=fresh.now,
        link_id=fresh.secret_id(),
        message_domain=policy.message_domain,
    )


async def _keep(tx: Tx, action: ActionRow, policy: ActionPolicy, fresh: Fresh) -> Asking:
    kept = await provider_actions.add(tx, action)
    assert kept, "what was open is called off, and nobody else asks before this transaction ends"
    if action.state is ActionState.MANUAL:
        await hand_to_merchant(tx, action, policy, fresh)
    if action.verb is not Verb.UPDATE_CUSTOMER:
        await _remind_later(tx, action, policy, fresh)
    await note(tx, action, "asked", "customer", fresh)
    tx.wake(Topic.ACTIONS)
    return Asking(Answer.ASKED, action)


async def _remind_later(tx: Tx, action: ActionRow, policy: ActionPolicy, fresh: Fresh) -> None:
    """Tomorrow the merchant hears that it is still open, whoever was to do it."""
    kind = MailKind.CANCEL_REMINDER if action.verb in CANCELS else MailKind.ACTION_REMINDER
    for number, address in enumerate(policy.merchant[:MOST_MERCHANTS]):
        key = reminder_key(action.id, number)
        mail = NewMail(kind, address, policy.message_domain, {"action": action.id}, once_key=key, wait=REMIND_AFTER)
        await queue_mail(tx, mail, fresh)
