"""The courier: hands letters to the relay over a few kept connections, one mail at a time each.

Rules: a letter is marked `sending` only once its connection stands and is about to issue MAIL; a kept connection that
turns out to be gone is replaced once for the same letter; trouble in opening a connection is the relay's, so its letter
goes back untouched.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from worker import journal
from worker.actions.record_tries import Try
from worker.clock import Clock
from worker.core.delivery import MailState
from worker.core.instant import SECOND
from worker.core.outcome import Outcome, Phase, Result
from worker.core.policy import Policy
from worker.core.relay import Allowance
from worker.exit.health import Health
from worker.exit.ledger import Ledger
from worker.exit.letters import Letter
from worker.metrics import Metrics
from worker.net.relay_address import RelayAddress, Timeouts
from worker.net.smtp import Connection, open_connection
from worker.store.outbox import OutboxItem

CONNECTIONS = 8
"""Enough that neither round trips nor commits are waited for one after another; more would annoy small relays."""
BATCH = 100
"""Rows a claim: large enough that its cost is nothing for each mail, small enough for several processes to share."""
REFILL_BELOW = 4 * CONNECTIONS
IDLE_SECONDS = 20.0
"""Kept connections are closed after this, before relays (which wait 30 s to 5 minutes) do it unasked."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A leased row, and how to compose its letter when its turn comes."""

    item: OutboxItem
    write: Callable[[], Letter]


@dataclass(slots=True)
class Courier:
    """The connections, and the parcels in hand."""

    relay: RelayAddress
    timeouts: Timeouts
    ledger: Ledger
    health: Health
    clock: Clock
    metrics: Metrics
    in_hand: dict[str, Parcel] = field(default_factory=dict)
    untouched: list[str] = field(default_factory=list)
    """Ids of letters that go back to the queue: nothing was said of them to the relay."""
    freed: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: deque[Parcel] = field(default_factory=deque)
    _kept: list[tuple[Connection, float]] = field(default_factory=list)
    _carriers: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def room(self) -> int:
        """How many more rows may be taken into hand."""
        match self.health.allowance():
            case Allowance.NONE:
                return 0
            case Allowance.ONE:
                return 0 if self.in_hand else 1
            case Allowance.ALL:
                return BATCH if len(self.in_hand) < REFILL_BELOW else 0

    def go_by(self, relay: RelayAddress, policy: Policy) -> None:
        """From now on: connections that stand are used up."""
        self.relay = relay
        self.ledger.policy = self.health.policy = policy

    def hand_over(self, parcels: list[Parcel]) -> None:
        """Take parcels into hand and send them as connections come free."""
        for parcel in parcels:
            self.in_hand[parcel.item.id] = parcel
        self._waiting.extend(parcels)
        for _ in range(min(CONNECTIONS - len(self._carriers), len(parcels))):
            carrier = asyncio.create_task(self._carry())
            self._carriers.add(carrier)
            carrier.add_done_callback(self._carriers.discard)

    async def stop(self, seconds: float) -> None:
        """Finish the mails in hand, give the others back, close the connections."""
        while self._waiting:
            self._put_back(self._waiting.popleft())
        if self._carriers:
            _, late = await asyncio.wait(self._carriers, timeout=seconds)
            for carrier in late:
                carrier.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self.ledger.settled()
        await self.close_idle(0.0)

    async def close_idle(self, seconds: float = IDLE_SECONDS) -> None:
        """Close the connections that nobody has used for `seconds`."""
        now = self.clock.monotonic()
        old = [connection for connection, since in self._kept if now - since >= seconds]
        self._kept = [(connection, since) for connection, since in self._kept if now - since < seconds]
        await asyncio.gather(*(connection.close() for connection in old))

    async def _carry(self) -> None:
        connection: Connection | None = None
        try:
            while self._waiting:
                parcel = self._waiting.popleft()
                try:
                    connection = await self._deliver(parcel, connection)
                except Exception as error:  # one odd mail never stops the others
                    journal.unexpected("courier", error, item=parcel.item.id)
                    self._put_back(parcel)
        finally:
            if connection is not None and connection.usable:
                self._kept.append((connection, self.clock.monotonic()))

    async def _deliver(self, parcel: Parcel, connection: Connection | None) -> Connection | None:
        """Try one letter; returns the connection for the next."""
        letter = self._compose(parcel)
        if letter is None:
            return connection
        connection = await self._connection(parcel, connection)
        if connection is None:
            return None
        began = self.clock.monotonic()
        if not await self.ledger.begin(parcel.item.id):
            self._out_of_hand(parcel)
            return connection
        outcome = await connection.send(letter.sender, letter.recipient, letter.raw)
        if outcome.result is Result.STALE:
            fresh = await open_connection(self.relay, self.timeouts)
            if isinstance(fresh, Connection):
                connection = fresh
                outcome = await connection.send(letter.sender, letter.recipient, letter.raw)
        self.metrics.attempt_seconds.observe(self.clock.monotonic() - began)
        await self._ended(parcel, outcome)
        return connection if connection.usable else None

    async def _connection(self, parcel: Parcel, connection: Connection | None) -> Connection | None:
        """An open connection, or None where the letter went back because the relay can't be used now."""
        allowance = self.health.allowance()
        if allowance is Allowance.NONE:
            self._put_back(parcel)
            return None
        if allowance is Allowance.ONE:
            await self.health.probing()
        if connection is not None and connection.usable:
            return connection
        while self._kept:
            connection, _ = self._kept.pop()
            if connection.usable:
                return connection
        opened = await open_connection(self.relay, self.timeouts)
        if isinstance(opened, Connection):
            return opened
        self._put_back(parcel)
        await self.health.learnt(opened, "")
        return None

    def _compose(self, parcel: Parcel) -> Letter | None:
        """The letter, or None where it can't be composed: then it is tried again later, when the fault is mended."""
        try:
            return parcel.write()
        except Exception as error:
            journal.unexpected("composing", error, item=parcel.item.id)
            text = f"Letterkey could not compose this mail ({type(error).__name__})"
            self._record(parcel, Outcome(Phase.MAIL, Result.REFUSED, code=451, text=text))
            return None

    async def _ended(self, parcel: Parcel, outcome: Outcome) -> None:
        self._record(parcel, outcome)
        await self.health.learnt(outcome, parcel.item.id)

    def _record(self, parcel: Parcel, outcome: Outcome) -> None:
        tried = Try(self.clock.new_id(), parcel.item, outcome, self.clock.now(), random.random())
        self.ledger.record(tried)
        self._out_of_hand(parcel)
        self._tell(tried)

    def _tell(self, tried: Try) -> None:
        item, decision, code = tried.item, tried.decision, tried.outcome.code
        self.metrics.mails.labels(item.kind.value, decision.state.value).inc()
        match decision.state:
            case MailState.SENT:
                seconds = (tried.ended_at - item.due_at) / SECOND
                self.metrics.queue_seconds.observe(max(0.0, (tried.ended_at - item.created_at) / SECOND))
                journal.mail_sent(item.id, kind=item.kind.value, attempt=decision.attempts, seconds=seconds)
            case MailState.FAILED:
                journal.mail_failed(item.id, kind=item.kind.value, reason=decision.reason, reply=code)
            case MailState.PARKED:
                journal.mail_parked(item.id, kind=item.kind.value, attempt=decision.attempts)
            case _:
                wait = ((decision.due_at or tried.ended_at) - tried.ended_at) / SECOND
                journal.mail_deferred(item.id, kind=item.kind.value, reason=decision.reason, reply=code, seconds=wait)

    def _put_back(self, parcel: Parcel) -> None:
        self.untouched.append(parcel.item.id)
        self._out_of_hand(parcel)

    def _out_of_hand(self, parcel: Parcel) -> None:
        self.in_hand.pop(parcel.item.id, None)
        self.freed.set()
