"""An action is confirmed, by the merchant or by the provider's own word: its customer is told, once."""

from worker.actions.queue_mail import NewMail, queue_mail
from worker.core.cancelling import MERCHANT
from worker.core.fresh import Fresh
from worker.core.open_action import CANCELS
from worker.core.provider_action import Verb
from worker.store import audit, customers, declarations, outbox, provider_actions
from worker.store.audit import Entry
from worker.store.engine import Tx
from worker.store.outbox import MailKind
from worker.store.provider_actions import ActionRow

MOST_MERCHANTS = 5
"""Addresses of the merchant's that are told of one action."""
_TOLD = dict.fromkeys(CANCELS, MailKind.CANCEL_DONE) | dict.fromkeys(
    (Verb.UNDO_CANCEL, Verb.PAUSE, Verb.RESUME), MailKind.ACTION_DONE
)
"""The mail that tells its customer."""
DEEDS = {
    Verb.CANCEL_AT_PERIOD_END: "cancel",
    Verb.CANCEL_NOW: "cancel",
    Verb.UNDO_CANCEL: "undo_cancel",
    Verb.PAUSE: "pause",
    Verb.RESUME: "resume",
    Verb.UPDATE_CUSTOMER: "details",
}
"""What the audit calls it, before `_asked` and `_done`."""


async def settle_action(tx: Tx, action: ActionRow, by: str, fresh: Fresh, who: str | None = None) -> bool:
    """Say that it is done, by the merchant or the provider; False where that was said before. `who`: for the audit."""
    if await provider_actions.done(tx, action.id, fresh.now, by) is None:
        return False
    await tell_done(tx, action, action.verb, fresh)
    await remind_no_more(tx, action, fresh)
    await declarations.settle_cancelled(tx, action.id, fresh.now, who or by)
    await note(tx, action, "done", who or by, fresh)
    return True


async def tell_done(tx: Tx, action: ActionRow, verb: Verb, fresh: Fresh) -> None:
    """Tell its customer, once, that `verb` is done; where it was only taken back, it isn't the action's own."""
    customer, kind = await customers.by_id(tx, action.customer_id), _TOLD.get(verb)
    await outbox.call_off(tx, received_key(action.id), fresh.now)
    if customer is not None and customer.email is not None and kind is not None:
        mail = NewMail(
            kind,
            customer.email,
            action.message_domain,
            {"action": action.id, "verb": verb.value},
            customer_id=customer.id,
            once_key=f"cancel done:{action.id}",
        )
        await queue_mail(tx, mail, fresh)


async def confirm_by_link(tx: Tx, link_id: str, fresh: Fresh) -> ActionRow | None:
    """The merchant did it at the provider; None where the link names nothing. Twice is the same as once."""
    action = await provider_actions.by_link(tx, link_id)
    if action is not None:
        await settle_action(tx, action, MERCHANT, fresh)
    return action


async def carry_out(tx: Tx, action_id: str, who: str, fresh: Fresh) -> bool:
    """A merchant who is in did it at the provider; False where that was said before, or there is none."""
    action = await provider_actions.by_id(tx, action_id)
    return action is not None and await settle_action(tx, action, MERCHANT, fresh, who)


async def call_off(tx: Tx, action: ActionRow, fresh: Fresh) -> bool:
    """It isn't wanted any more, or is pointless; False where it isn't open."""
    if await provider_actions.call_off(tx, action.id, fresh.now) is None:
        return False
    await outbox.call_off(tx, received_key(action.id), fresh.now)
    await remind_no_more(tx, action, fresh)
    return True


async def remind_no_more(tx: Tx, action: ActionRow, fresh: Fresh) -> None:
    """Nobody at the merchant's need be reminded of it."""
    for number in range(MOST_MERCHANTS):
        await outbox.call_off(tx, reminder_key(action.id, number), fresh.now)


def received_key(action_id: str) -> str:
    """That it is received need not be said once it is done."""
    return f"action received:{action_id}"


def reminder_key(action_id: str, number: int) -> str:
    """The reminder to the merchant's address of that number is one intent."""
    return f"cancel reminder:{action_id}:{number}"


async def note(tx: Tx, action: ActionRow, what: str, who: str, fresh: Fresh) -> None:
    """Put it into the audit."""
    deed, subject = f"{DEEDS[action.verb]}_{what}", f"{action.source} {action.ref or action.customer_ref}"
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, who, deed, action.customer_id, subject))
