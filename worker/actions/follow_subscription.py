"""Keep a subscription as its source tells of it, and take what it tells as the word that an open action waited for."""

from worker.actions.settle_action import call_off, settle_action
from worker.core.cancelling import PROVIDER
from worker.core.following import Followed
from worker.core.fresh import Fresh
from worker.core.open_action import CANCELS, Heard, heard
from worker.core.transaction import Transaction
from worker.core.twins import twins_of
from worker.store import provider_actions, purchases, subscriptions
from worker.store.engine import Tx
from worker.store.provider_actions import ActionRow


async def follow_subscription(tx: Tx, source: str, told: Transaction, customer_id: str | None, fresh: Fresh) -> None:
    """Take over what `told` says of its subscription; what happened later wins, in whatever order it is told."""
    before, row = await subscriptions.tell(tx, source, told, customer_id)
    for action in await _answered(tx, row):
        ran = before.term.runs or action.name != (row.source, row.ref)
        match heard(action.verb, action.state, row.term, ran=ran):
            case Heard.CONFIRMED:
                await settle_action(tx, action, PROVIDER, fresh)
            case Heard.POINTLESS:
                await call_off(tx, action, fresh)
            case Heard.NOTHING:
                pass


async def _answered(tx: Tx, row: Followed) -> list[ActionRow]:
    """The open actions that it may answer: its own, and where it ended, cancellations of the same thing under another
    source's name."""
    action = await provider_actions.open_of(tx, row.source, row.ref)
    if action is not None or row.customer_id is None or row.term.runs:
        return [action] if action is not None else []
    others = [each for each in await provider_actions.of_customer(tx, row.customer_id) if _may_be_same(each)]
    groups = twins_of(await purchases.tellings(tx, row.customer_id)) if others else []
    same = {name for group in groups if (row.source, row.ref) in group for name in group}
    return [each for each in others if each.name in same]


def _may_be_same(action: ActionRow) -> bool:
    return action.open and action.verb in CANCELS
