"""Have an open action asked once more, by the way that the settings give it now: a merchant mended what was wrong."""

from worker.core.fresh import Fresh
from worker.core.open_action import Way
from worker.sources.ways import Ways, way_of, way_of_details
from worker.store import audit, provider_actions, subscriptions
from worker.store.audit import Entry
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.store.provider_actions import ActionRow


async def try_again(tx: Tx, action_id: str, who: str, ways: Ways, fresh: Fresh) -> ActionRow | None:
    """None where it isn't open, is being asked just now, or only a person can do it."""
    action = await provider_actions.by_id(tx, action_id)
    way = await _way(tx, action, ways) if action is not None else None
    if action is None or way is None:
        return None
    # A provider may remember its refusal by the key; an endpoint knows what it had before by the message's id.
    key = fresh.new_id() if way is Way.PROVIDER else action.key
    again = await provider_actions.again(tx, action.id, key, way, fresh.now)
    if again is None:
        return None
    await provider_actions.open_endpoint(tx, action.source)
    subject = f"{action.source} {action.ref or action.customer_ref}"
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, who, "action_again", action.customer_id, subject))
    tx.wake(Topic.ACTIONS)
    return again


async def _way(tx: Tx, action: ActionRow, ways: Ways) -> Way | None:
    """A program that can, else the one that was asked before if it is still there."""
    if action.ref is None:
        way = way_of_details(action.source, ways)
    else:
        row = await subscriptions.by_name(tx, action.source, action.ref)
        assert row is not None, "an action refers to its subscription"
        way = way_of(action.verb, row, ways)
    if way in (Way.PROVIDER, Way.ENDPOINT):
        return way
    reach = ways.reach(action.source)
    there = {Way.PROVIDER: reach.acting and reach.account, Way.ENDPOINT: reach.endpoint}.get(action.way)
    return action.way if there is not None else None
