"""The composition root: settings → store → faces in one TaskGroup → orderly stop.

The faces don't know each other: they meet in the database. A face that fails unexpectedly ends the program, so that
whoever supervises it starts it anew; what was in hand is durable.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass

from worker import __version__, hub_server, journal, metrics, wiring
from worker.clock import Clock, system_clock
from worker.core.fresh import Fresh
from worker.hub_server import HubServer
from worker.outbound import Exit, run_outbound
from worker.settings import Keys, Settings, SettingsError, load_or_make_keys
from worker.store.changes import Topic
from worker.store.engine import Store, StoreRefused
from worker.store.opening import open_store
from worker.store.ownership import owned
from worker.transactions import TransactionQueue, run_transactions

FACES = ("hub", "transactions", "outbound")


@dataclass(frozen=True, slots=True)
class Means:
    """What the faces are made from."""

    settings: Settings
    keys: Keys
    clock: Clock
    store: Store
    metrics: metrics.Metrics
    ended_well: bool


async def run(settings: Settings, faces: Collection[str] = FACES, ready: Callable[[], None] = lambda: None) -> None:
    """Run the faces until SIGTERM or SIGINT; `ready` is called once all are up.

    Raises SettingsError or StoreRefused where it must not start, saying what to do.
    """
    problems = settings.problems_for_run(faces)
    if problems:
        raise SettingsError(problems)
    clock, began = system_clock(), time.monotonic()
    with _ownership(settings) as ended_well:
        async with opened(settings, clock) as store:
            means = Means(settings, load_or_make_keys(settings), clock, store, metrics.new_metrics(), ended_well)
            journal.started(version=__version__, faces=sorted(faces), database=settings.database.kind)
            await _run_faces(means, faces, ready)
            journal.stopped(reason="asked to", seconds=time.monotonic() - began)


async def _run_faces(means: Means, faces: Collection[str], ready: Callable[[], None]) -> None:
    stopping = asyncio.Event()
    _on_signals(lambda: _stop(means.store, stopping))
    async with AsyncExitStack() as doors:
        if "hub" in faces:
            await doors.enter_async_context(hub_server.running(_hub(means)))
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(means.store.watch())
            if "transactions" in faces:
                group.create_task(run_transactions(_queue(means), stopping))
            if "outbound" in faces:
                group.create_task(_run_checked(means, _exit(means), stopping))
            ready()
            await stopping.wait()
            watching.cancel()


def _hub(means: Means) -> HubServer:
    return HubServer(
        store=means.store,
        clock=means.clock,
        settings=means.settings,
        keys=means.keys,
        stationery=wiring.stationery_of(means.settings),
        brand=wiring.brand_of(means.settings),
        sources=wiring.sources_of(means.settings),
        metrics=means.metrics,
    )


def _queue(means: Means) -> TransactionQueue:
    policy, sources = wiring.policy_of(means.settings), wiring.sources_of(means.settings)
    return TransactionQueue(means.store, means.clock, policy, sources, means.metrics)


def _exit(means: Means) -> Exit:
    settings = means.settings
    assert settings.mail.smtp_url is not None, "run refuses to start without mail.smtp_url"
    return Exit(
        store=means.store,
        clock=means.clock,
        policy=wiring.policy_of(settings),
        writer=wiring.writer_of(settings, means.keys, wiring.stationery_of(settings), wiring.brand_of(settings)),
        relay=wiring.relay_of(settings.mail.smtp_url),
        metrics=means.metrics,
        alone=settings.database.kind == "sqlite",
    )


async def _run_checked(means: Means, exit_: Exit, stopping: asyncio.Event) -> None:
    """After an unclean end the file is checked first, while the doors are open: a damaged one must not send."""
    damage = None if means.ended_well else await means.store.damage()
    if damage is not None:
        raise StoreRefused(f"the database is damaged ({damage}): restore a backup before anything is sent")
    await run_outbound(exit_, stopping)


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[Store]:
    """The database of the settings, for as long as the context lasts. Raises StoreRefused."""
    store = await open_store(settings.database.url.get_secret_value(), clock.now)
    try:
        yield store
    finally:
        await store.close()


def fresh(clock: Clock) -> Fresh:
    """The moment and the ids that an action needs."""
    return Fresh(clock.now(), clock.new_id, clock.secret_id)


def _ownership(settings: Settings) -> AbstractContextManager[bool]:
    file = settings.database.path
    return owned(file.parent) if file is not None else nullcontext(True)


def _stop(store: Store, stopping: asyncio.Event) -> None:
    stopping.set()
    store.changes.tell(Topic)


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError, RuntimeError):  # not in the main thread: whoever runs us stops us
            loop.add_signal_handler(number, stop)
