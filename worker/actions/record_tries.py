"""Record how tries at the relay ended, and rescue the mails whose process died in the middle of one.

Rules: what becomes of a mail is decided by the table in `core.delivery` alone; every try leaves a record with the
relay's words; mails that failed or were parked raise an alert to the merchant. Where the relay refuses a recipient with
a code that says the address is gone, that is a bounce as any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.actions.raise_alert import raise_alert
from worker.actions.record_bounce import Told, record_bounce
from worker.core.alert import AlertKind
from worker.core.bounce import Delivery, Happening, Reported, Returned, cleaned, refused
from worker.core.delivery import Decision, History, MailState, crashed, decide
from worker.core.fresh import Fresh
from worker.core.outcome import Outcome, Phase
from worker.core.policy import Policy
from worker.store import outbox
from worker.store.engine import Tx
from worker.store.outbox import Attempt, MailKind, OutboxItem, Settled

RESCUE_MOST = 200
_ALERTS = {MailState.FAILED: AlertKind.MAILS_FAILED, MailState.PARKED: AlertKind.MAILS_PARKED}


@dataclass(frozen=True, slots=True)
class Try:
    """One mail, how its try ended and when (UTC microseconds). `jitter` (0 to 1) spreads the next ones."""

    id: str
    item: OutboxItem
    outcome: Outcome
    ended_at: int
    jitter: float

    @property
    def decision(self) -> Decision:
        """What becomes of the mail."""
        history = History(
            now=self.ended_at,
            created_at=self.item.created_at,
            expires_at=self.item.expires_at,
            attempts=self.item.attempts,
            ambiguous_attempts=self.item.ambiguous,
            jitter=self.jitter,
        )
        return decide(self.outcome, history)


async def record_tries(tx: Tx, owner: str, tries: Sequence[Try], policy: Policy, fresh: Fresh) -> None:
    """Write down how these tries ended, and what becomes of their mails."""
    settled = [_settled(each, owner) for each in tries]
    await outbox.settle(tx, settled, [_attempt(each) for each in tries])
    for each in tries:
        await _bounce(tx, each, fresh)
    await _alert(tx, tries, policy, fresh)


async def rescue_abandoned(tx: Tx, jitter: float, policy: Policy, fresh: Fresh) -> int:
    """Settle the mails that a dead process left `sending`: nobody knows whether they went. Returns how many."""
    tries = [
        Try(fresh.new_id(), item, crashed(), fresh.now, jitter) for item in await outbox.abandoned(tx, RESCUE_MOST)
    ]
    rescued = [each for each in tries if await outbox.rescue(tx, _settled(each, ""), _attempt(each))]
    await _alert(tx, rescued, policy, fresh)
    return len(rescued)


async def _bounce(tx: Tx, each: Try, fresh: Fresh) -> None:
    """The alert of failed mails tells of it, so none of bounces."""
    outcome = each.outcome
    failed = each.decision.state is MailState.FAILED and outcome.phase is Phase.RCPT
    hard = failed and refused(outcome.enhanced) is Happening.HARD
    if not hard or not await _is_now(tx, each.item.id, MailState.FAILED):
        return
    report = Reported(Happening.HARD, each.item.recipient, outcome.enhanced, cleaned(outcome.text))
    delivery = Delivery(each.item.id, each.item.attempts + 1)
    await record_bounce(tx, Told(each.id, Returned("relay", (report,)), delivery), None, fresh)


def _settled(each: Try, owner: str) -> Settled:
    decision = each.decision
    return Settled(
        id=each.item.id,
        owner=owner,
        state=decision.state.value,
        reason=decision.reason,
        reply=_words(each.outcome),
        attempts=decision.attempts,
        ambiguous=decision.ambiguous_attempts,
        due_at=each.item.due_at if decision.due_at is None else decision.due_at,
        settled_at=each.ended_at if decision.due_at is None else None,
    )


def _attempt(each: Try) -> Attempt:
    outcome = each.outcome
    return Attempt(
        id=each.id,
        outbox_id=each.item.id,
        recipient=each.item.recipient,
        ended_at=each.ended_at,
        phase=outcome.phase.value,
        result=outcome.result.value,
        code=outcome.code,
        reply=outcome.text,
        state=each.decision.state.value,
        number=each.item.attempts + 1,
    )


def _words(outcome: Outcome) -> str:
    return f"{outcome.code} {outcome.text}".strip() if outcome.code is not None else outcome.text


async def _alert(tx: Tx, tries: Sequence[Try], policy: Policy, fresh: Fresh) -> None:
    """Alerts themselves raise none: a merchant's full mailbox must not fill the outbox."""
    for state, alert in _ALERTS.items():
        ended_so = (each for each in tries if each.decision.state is state and each.item.kind is not MailKind.ALERT)
        if any([await _is_now(tx, each.item.id, state) for each in ended_so]):
            await raise_alert(tx, alert, policy, fresh)


async def _is_now(tx: Tx, item_id: str, state: MailState) -> bool:
    """Not so where the lease was lost: another process has the mail, and it may go out yet."""
    item = await outbox.by_id(tx, item_id)
    return item is not None and item.state is state
