"""Record how a call about an action ended: what it told is taken in, and the table says what becomes of the action.

Rules: what becomes of it is decided by `core.provider_call` alone; every call leaves a record with the provider's
words, cut; what the answer tells counts even where the lease was lost, for it is true; what no program does is mailed
to the merchant.
"""

from dataclasses import dataclass

from worker.actions.accept_transaction import Telling, accept_transaction
from worker.actions.ask_provider import ActionPolicy, hand_to_merchant
from worker.actions.raise_alert import raise_alert
from worker.actions.settle_action import settle_action
from worker.core.alert import AlertKind
from worker.core.cancelling import PROVIDER
from worker.core.fresh import Fresh
from worker.core.open_action import ActionState
from worker.core.policy import Policy
from worker.core.provider_call import Alert, Decision, History, Result, decide
from worker.core.transaction import Transaction
from worker.store import provider_actions
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.store.provider_actions import ActionAttempt, ActionRow, Called

LONGEST_WORDS = 500
_ALERTS = {Alert.KEY: AlertKind.ACTIONS_DENIED, Alert.ENDPOINT: AlertKind.ENDPOINT_GONE}


@dataclass(frozen=True, slots=True)
class Call:
    """One action, how the call about it ended and what it told. `chance` (0 to 1) spreads the next ones.

    `seconds` is how long the provider asks to wait; `url` is the endpoint's, where one was asked.
    """

    action: ActionRow
    result: Result
    words: str
    status: int | None = None
    told: tuple[Transaction, ...] = ()
    seconds: float | None = None
    chance: float = 0.5
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Hearing:
    """Whom the merchant's part is handed to, and who hears of trouble."""

    asking: ActionPolicy
    alerts: Policy


async def record_call(tx: Tx, owner: str, call: Call, hearing: Hearing, fresh: Fresh) -> Decision | None:
    """Write it down; None where the action was settled meanwhile, or is in other hands."""
    action, words = call.action, cut(call.words)
    attempt = ActionAttempt(
        fresh.new_id(), action.id, fresh.now, action.way.value, call.result.value, call.status, words
    )
    await provider_actions.add_attempt(tx, attempt)
    history = History(
        now=fresh.now, verb=action.verb, attempts=action.attempts, seconds=call.seconds, chance=call.chance
    )
    decision = decide(action.way, call.result, history)
    settled = await _settle(tx, owner, action, (decision, words), fresh)
    for told in call.told:  # after it is known as asked: before, a word that it goes on would confirm nothing
        await accept_transaction(tx, Telling(action.source, told), fresh)
    await provider_actions.release(tx, owner, action.id)
    tx.wake(Topic.ACTIONS)
    if settled is None:
        return None
    await _tell(tx, settled, (call, decision), hearing, fresh)
    return decision


def cut(words: str) -> str:
    """A stranger's words, on one line and no longer than is useful."""
    line = " ".join(words.replace("\0", " ").split())
    return line if len(line) <= LONGEST_WORDS else line[: LONGEST_WORDS - 1] + "…"


async def _settle(tx: Tx, owner: str, action: ActionRow, ruled: tuple[Decision, str], fresh: Fresh) -> ActionRow | None:
    decision, words = ruled
    # What is done with its answer is first accepted: the row has one way to be done.
    state = ActionState.ACCEPTED if decision.state is ActionState.DONE else decision.state
    called = Called(
        id=action.id,
        state=state.value,
        attempts=decision.attempts,
        due_at=decision.due_at or action.due_at,
        accepted_at=fresh.now if state is ActionState.ACCEPTED else None,
        words=None if state is ActionState.ACCEPTED else words,
    )
    return await provider_actions.settle(tx, owner, called)


async def _tell(tx: Tx, action: ActionRow, ended: tuple[Call, Decision], hearing: Hearing, fresh: Fresh) -> None:
    call, decision = ended
    if decision.state is ActionState.DONE:
        await settle_action(tx, action, PROVIDER, fresh)
    if decision.state is ActionState.MANUAL:
        await hand_to_merchant(tx, action, hearing.asking, fresh)
    if decision.alert is Alert.ENDPOINT and call.url is not None:
        await provider_actions.close_endpoint(tx, action.source, call.url, fresh.now)
    if decision.alert is not Alert.NONE:
        await raise_alert(tx, _ALERTS[decision.alert], hearing.alerts, fresh)
