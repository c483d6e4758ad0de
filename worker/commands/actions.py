"""`actions`: what providers are asked to do for customers, how that goes, and to have it asked again."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from worker.actions.try_again import try_again
from worker.commands.opening import Config, Desk, open_desk
from worker.commands.terminal import clock_time, complain, say
from worker.core.open_action import ActionState, Way
from worker.store import action_lists, provider_actions
from worker.store.action_lists import Listed
from worker.store.provider_actions import ActionAttempt, ActionRow

ActionId = Annotated[str, Parameter(help="The action's id, as letterkey actions list shows it")]
_STATES = {
    ActionState.DUE: "due",
    ActionState.ACCEPTED: "taken, not confirmed yet",
    ActionState.MANUAL: "to be done by hand",
    ActionState.DONE: "done",
    ActionState.CALLED_OFF: "called off",
}
_WAYS = {Way.PROVIDER: "by the provider's API", Way.ENDPOINT: "by your endpoint", Way.MANUAL: "by hand"}


def list_(
    *,
    all: Annotated[bool, Parameter(help="Those that are done or called off, too, the newest first")] = False,
    most: Annotated[int, Parameter(help="How many at most")] = 50,
    config: Config = None,
) -> int:
    """List what providers are asked to do and that isn't done yet, the longest open first.

    For example:

        letterkey actions list
        letterkey actions list --all
    """
    return asyncio.run(_list(max(1, most), config, everything=all))


async def _list(most: int, config: Config, *, everything: bool) -> int:
    find = action_lists.newest if everything else action_lists.open_ones
    async with open_desk(config) as desk:
        found = await desk.store.read(lambda tx: find(tx, most))
        for each in found:
            say(_line(each, desk.timezone))
        if not found:
            say("No actions yet: customers' presses bring them." if everything else "Nothing is open.")
    return 0


def _line(listed: Listed, timezone: str) -> str:
    action = listed.action
    named = action.ref or action.customer_ref
    at = clock_time(action.requested_at, timezone)
    return f"{at}  {action.id}  {action.verb}  {action.source} {named}  {listed.customer}  {_stands(action)}"


def _stands(action: ActionRow) -> str:
    words = f": {action.words}" if action.words and action.open else ""
    return f"{_STATES[action.state]}{words}"


def show(action: ActionId, /, *, config: Config = None) -> int:
    """Show one action with each call about it.

    For example:

        letterkey actions show 01k9s0q0v5m5e8r2x6t4c3w7ya
    """
    return asyncio.run(_show(action, config))


async def _show(named: str, config: Config) -> int:
    async with open_desk(config) as desk:
        action = await _named(desk, named)
        if action is None:
            return 1
        tries = await desk.store.read(lambda tx: provider_actions.attempts_of(tx, named))
        for line in _details(action, tries, desk.timezone):
            say(line)
    return 0


def _details(action: ActionRow, tries: list[ActionAttempt], timezone: str) -> list[str]:
    waits = action.state is ActionState.DUE and action.attempts
    return [
        f"Action     {action.verb} of {action.ref or action.customer_ref} at {action.source}, {_WAYS[action.way]}",
        f"Asked for  {_at(action.requested_at, timezone)}",
        f"State      {_stands(action)}",
        *([f"Next try   {_at(action.due_at, timezone)}"] if waits else []),
        *([f"Done       {_at(action.done_at, timezone)} by the {action.done_by}"] if action.done_by else []),
        *([f"Reason     {action.reason}"] if action.reason else []),
        *(_try(each, timezone) for each in tries),
    ]


def _try(attempt: ActionAttempt, timezone: str) -> str:
    status = f", status {attempt.status}" if attempt.status is not None else ""
    words = f": {attempt.words}" if attempt.words else ""
    return f"Try        {_at(attempt.ended_at, timezone)}  {attempt.result}{status}{words}"


def _at(moment: int | None, timezone: str) -> str:
    return clock_time(moment, timezone).strip() if moment is not None else "–"


def again(action: ActionId, /, *, config: Config = None) -> int:
    """Have an open action asked once more, at once: after a change of the key, or once the endpoint is mended.

    For example:

        letterkey actions again 01k9s0q0v5m5e8r2x6t4c3w7ya
    """
    return asyncio.run(_again(action, config))


async def _again(named: str, config: Config) -> int:
    async with open_desk(config) as desk:
        action = await _named(desk, named)
        if action is None:
            return 1
        if await _tried(desk, named):
            say(f"Action {named} is asked again, as soon as letterkey run is running.")
            return 0
    complain(f"Action {named} {_not_again(action)}")
    return 1


async def _tried(desk: Desk, named: str) -> bool:
    from worker.wiring.provider_actions import ways_of  # here, for it brings every provider's reader

    ways, fresh = ways_of(desk.settings), desk.fresh()
    return await desk.store.write(lambda tx: try_again(tx, named, "command", ways, fresh)) is not None


def _not_again(action: ActionRow) -> str:
    if not action.open:
        return f"is {_STATES[action.state]}: only open ones can be asked again."
    if action.leased:
        return "is being asked just now."
    return f"can only be done by hand: sources.{action.source} has no api_key that can do it, and no endpoint."


async def _named(desk: Desk, named: str) -> ActionRow | None:
    action = await desk.store.read(lambda tx: provider_actions.by_id(tx, named))
    if action is None:
        complain(f"There is no action {named}. letterkey actions list shows those that are open.")
    return action
