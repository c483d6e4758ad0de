"""Ask to have a subscription paused, resumed, or its cancellation taken back: recorded once, set on its way, confirmed.

Rules: as with cancelling, nobody says here that it is done: its customer hears that by the provider's word, or the
merchant's. What the provider does within a minute is told by one mail, which says that it is done.
"""

from worker.actions.ask_provider import Answer, Asking, Wish, ask_provider
from worker.actions.cancel_subscription import CancelPolicy, owner_of, under_way
from worker.actions.queue_mail import NewMail, queue_mail
from worker.actions.settle_action import received_key, tell_done
from worker.core.fresh import Fresh
from worker.core.instant import MINUTE
from worker.core.provider_action import Verb
from worker.core.rights import Act
from worker.sources.offers import verb_offered
from worker.store import customers, provider_actions, subscriptions
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.store.outbox import MailKind

REFUSED = Asking(Answer.REFUSED)


async def change_subscription(
    tx: Tx, customer_id: str, subscription: tuple[str, str], wish: tuple[Act, CancelPolicy], fresh: Fresh
) -> Asking:
    """Record what the customer wants for the subscription (source, reference). `wish`: what, and what is allowed."""
    act, policy = wish
    row = await subscriptions.take(tx, *subscription, customer_id)
    customer = await customers.by_id(tx, customer_id)
    if row is None or customer is None:
        return REFUSED
    earlier = await provider_actions.open_of(tx, row.source, row.ref)
    verb = verb_offered(act, row, under_way(earlier), owner_of(customer, policy), fresh.now)
    if verb is None:
        return REFUSED
    asking = await ask_provider(tx, Wish(customer_id, row, verb, fresh.now), policy.asking, fresh)
    await _confirm(tx, asking, verb, customer, fresh)
    return asking


async def _confirm(tx: Tx, asking: Asking, verb: Verb, customer: CustomerRow, fresh: Fresh) -> None:
    """Taken back is done at once; what is on its way is said to be received, if it isn't done within a minute."""
    action = asking.action
    if action is None or customer.email is None:
        return
    if asking.answer is Answer.TAKEN_BACK:
        await tell_done(tx, action, verb, fresh)
    elif asking.answer is Answer.ASKED:
        about, domain, once = {"action": action.id}, action.message_domain, received_key(action.id)
        kind, to = MailKind.ACTION_RECEIVED, customer.email
        mail = NewMail(kind, to, domain, about, customer_id=customer.id, once_key=once, wait=MINUTE)
        await queue_mail(tx, mail, fresh)
