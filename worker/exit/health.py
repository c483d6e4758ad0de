"""The relay's health, shared by all processes through one row: whether mails may go now, and what an outcome changes.

The rules stand in `core.relay`; here they are kept in step with the database, journalled, and told to the merchant.
"""

import random
from dataclasses import dataclass, field, replace

from worker import journal
from worker.actions.raise_alert import raise_alert
from worker.clock import Clock
from worker.core import relay
from worker.core.alert import AlertKind
from worker.core.delivery import RelayEffect, rule
from worker.core.fresh import Fresh
from worker.core.instant import SECOND
from worker.core.outcome import Outcome
from worker.core.policy import Policy
from worker.core.relay import Allowance, RelayState
from worker.store import relays
from worker.store.engine import Store, Tx
from worker.store.relays import RELAY


@dataclass(slots=True)
class Health:
    """What this process knows of the relay."""

    store: Store
    clock: Clock
    policy: Policy
    state: RelayState = field(default_factory=RelayState)
    _kept: RelayState = field(default_factory=RelayState)
    _told_failures: int = 0
    """The back-off step that the journal knows of: connections that break together are one line."""

    async def learn(self, tx: Tx) -> None:
        """Take over what another process wrote; inside the body that claims mails."""
        kept = await relays.by_name(tx, RELAY)
        if kept != self._kept:
            self.state = self._kept = kept

    def allowance(self) -> Allowance:
        """How many mails may be tried now."""
        return relay.allowance(self.state, self.clock.now())

    def seconds_closed(self) -> float:
        """How long no mail may be tried."""
        opens_at = relay.opens_at(self.state)
        return 0.0 if opens_at is None else max(0.0, (opens_at - self.clock.now()) / SECOND)

    async def probing(self) -> None:
        """One mail is about to be tried while the relay is in doubt."""
        await self._become(relay.probing(self.state, self.clock.now()), None)

    async def learnt(self, outcome: Outcome, mail_id: str) -> None:
        """An outcome came."""
        now = self.clock.now()
        state = relay.after(self.state, outcome, mail_id, now, random.random())
        ruling = rule(outcome)
        if ruling.effect is RelayEffect.BACK_OFF and state.failures != self._told_failures and not state.paused:
            seconds = max(0, (state.retry_at or now) - now) / SECOND
            journal.relay_unreachable(reason=ruling.reason, reply=outcome.code, seconds=seconds)
        self._told_failures = state.failures
        await self._become(state, outcome)

    async def _become(self, state: RelayState, outcome: Outcome | None) -> None:
        before, self.state = self.state, state
        if _told(state) == _told(self._kept):
            return
        self._kept = state
        now, fresh = self.clock.now(), Fresh(self.clock.now(), self.clock.new_id, self.clock.secret_id)
        pauses = state.paused and not before.paused

        async def save(tx: Tx) -> None:
            await relays.save(tx, RELAY, state, now)
            if pauses:
                await raise_alert(tx, AlertKind.RELAY_PAUSED, self.policy, fresh)

        await self.store.write(save)
        if pauses:
            journal.relay_paused(reason=state.reason or "", reply=outcome.code if outcome else None)
        elif before.paused_at is not None and not state.paused:
            journal.relay_resumed(seconds=(now - before.paused_at) / SECOND)


def _told(state: RelayState) -> RelayState:
    """What other processes need to know at once: not each single answer."""
    return replace(state, recent="")
