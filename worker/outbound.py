"""The exit: due → claimed → composed → sent → recorded.

It reads only the outbox. Rows are leased in batches and stay in the hands of this process while it renews the leases;
the courier carries them over a few kept connections; the ledger writes down what happened. What a dead process left
`sending` is rescued within seconds.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from worker import journal
from worker.clock import Clock
from worker.core.fresh import Fresh
from worker.core.instant import SECOND
from worker.core.policy import Policy
from worker.exit.claiming import Hand, claim
from worker.exit.courier import REFILL_BELOW, Courier, Parcel
from worker.exit.health import Health
from worker.exit.ledger import Ledger
from worker.exit.letters import Material, Writer, gather, write
from worker.metrics import Metrics
from worker.net.relay_address import RelayAddress, Timeouts
from worker.store import outbox
from worker.store.changes import Topic
from worker.store.engine import Store, StoreUnavailable
from worker.store.outbox import LEASE_SECONDS, OutboxItem

LOOK_AGAIN_SECONDS = 2.0
"""How often a quiet exit looks for abandoned and overdue rows, should every wake-up have been lost."""
GATHER_SECONDS = 0.02
"""After a claim that found something, so that what is issued meanwhile is claimed together; the first never waits."""
FINISH_SECONDS = 30.0
"""How long a stopping exit waits for the relay's answer to what is in hand; later answers count as ambiguous."""


@dataclass(frozen=True, slots=True)
class Exit:
    """What the exit works with. `alone`: no other process can hold leases (SQLite), so all of them are dead."""

    store: Store
    clock: Clock
    policy: Policy
    writer: Writer
    relay: RelayAddress
    metrics: Metrics
    alone: bool
    timeouts: Timeouts = field(default_factory=Timeouts)


Current = Callable[[], Exit]
"""What is in force at this moment: asked for anew for each round, and for each letter."""


async def run_outbound(current: Current, stopping: asyncio.Event) -> None:
    """Send what is due until `stopping` is set (and all topics are told of it), then finish what is in hand."""
    exit_ = current()
    owner = exit_.clock.new_id()
    health = Health(exit_.store, exit_.clock, exit_.policy)
    ledger = Ledger(exit_.store, exit_.clock, exit_.policy, owner)
    courier = Courier(exit_.relay, exit_.timeouts, ledger, health, exit_.clock, exit_.metrics)
    if exit_.alone:
        await exit_.store.write(outbox.end_leases)
    renewing = asyncio.create_task(_renew_leases(exit_, courier, owner))
    try:
        while not stopping.is_set():
            try:
                await _round(current, courier, owner, stopping)
            except StoreUnavailable as error:
                journal.unexpected("outbound", error)
                await exit_.clock.sleep(1.0)
    finally:
        await courier.stop(FINISH_SECONDS)
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        with suppress(StoreUnavailable):
            await exit_.store.write(lambda tx: outbox.release(tx, owner, courier.untouched))


async def _round(current: Current, courier: Courier, owner: str, stopping: asyncio.Event) -> None:
    """Claim what may go now, or wait for something to change."""
    exit_ = current()
    courier.go_by(exit_.relay, exit_.policy)
    seen = exit_.store.changes.count(Topic.OUTBOX)
    courier.freed.clear()
    untouched = tuple(courier.untouched)
    fresh = Fresh(exit_.clock.now(), exit_.clock.new_id, exit_.clock.secret_id)
    items = await claim(exit_.store, courier, Hand(owner, untouched), exit_.policy, fresh)
    del courier.untouched[: len(untouched)]
    if items:
        material = await exit_.store.read(lambda tx: gather(tx, items, exit_.writer.locale))
        courier.hand_over([_parcel(current, item, material) for item in items if material.has(item)])
        courier.untouched += [item.id for item in items if not material.has(item)]
    if len(courier.in_hand) >= REFILL_BELOW:
        await _until_free(courier, stopping)
    elif items:
        await exit_.clock.sleep(GATHER_SECONDS)
    else:
        await _quiet(exit_, courier, seen)


def _parcel(current: Current, item: OutboxItem, material: Material) -> Parcel:
    return Parcel(item, lambda: write(current().writer, item, material, current().clock.now()))


async def _until_free(courier: Courier, stopping: asyncio.Event) -> None:
    """Wait until there is room for the next batch."""
    while len(courier.in_hand) >= REFILL_BELOW and not stopping.is_set():
        courier.freed.clear()
        await _until_freed(courier)


async def _until_freed(courier: Courier) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOK_AGAIN_SECONDS):
            await courier.freed.wait()


async def _quiet(exit_: Exit, courier: Courier, seen: int) -> None:
    """Nothing can go now: wait for a wake-up, the next due row, or the relay's next turn."""
    await courier.close_idle()
    if courier.in_hand and not courier.room:  # one mail tries the relay: others are due, but nothing is to be done
        await _until_freed(courier)
        return
    seconds = courier.health.seconds_closed()
    if not seconds:
        due_at = await exit_.store.read(outbox.next_due)
        seconds = LOOK_AGAIN_SECONDS if due_at is None else (due_at - exit_.clock.now()) / SECOND
    await exit_.store.changes.wait(Topic.OUTBOX, seen, min(max(seconds, 0.01), LOOK_AGAIN_SECONDS))


async def _renew_leases(exit_: Exit, courier: Courier, owner: str) -> None:
    while True:
        await exit_.clock.sleep(LEASE_SECONDS / 3)
        with suppress(StoreUnavailable):
            if courier.in_hand:
                await exit_.store.write(lambda tx: outbox.renew(tx, owner, list(courier.in_hand)))
