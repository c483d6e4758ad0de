"""The composition root: settings → store → faces in one TaskGroup → orderly stop.

The faces don't know each other: they meet in the database. A face that fails unexpectedly ends the program, so that
whoever supervises it starts it anew; what was in hand is durable.
"""

import asyncio
import signal
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext, suppress
from dataclasses import dataclass

from worker import __version__, hub_server, inbound, journal, metrics, wiring
from worker.clock import Clock, system_clock
from worker.hub_server import HubServer
from worker.net.fetch import fetch
from worker.net.supervisor import Supervisor
from worker.outbound import Exit, run_outbound
from worker.render.brand import Brand
from worker.render.stationery import Stationery
from worker.settings import Keys, Settings, SettingsError, load_or_make_keys
from worker.sources import SOURCES
from worker.store.changes import Topic
from worker.store.engine import Store, StoreRefused
from worker.store.opening import open_store
from worker.store.ownership import owned
from worker.store.pulse import answers
from worker.transactions import run_transactions

FACES = ("hub", "inbound", "transactions", "outbound")
NOBODY = Supervisor()


@dataclass(frozen=True, slots=True)
class Means:
    """What the faces are made from. `awaited` are those that aren't up yet."""

    settings: Settings
    keys: Keys
    clock: Clock
    store: Store
    metrics: metrics.Metrics
    brand: Brand
    stationery: Stationery
    ended_well: bool
    awaited: set[str]


async def run(
    settings: Settings,
    faces: Collection[str] = FACES,
    ready: Callable[[], None] = lambda: None,
    supervisor: Supervisor = NOBODY,
) -> None:
    """Run the faces until SIGTERM, SIGINT or SIGHUP; `ready` is called, and `supervisor` told, once all are up.

    Raises SettingsError or StoreRefused where it must not start, saying what to do.
    """
    if problems := settings.problems_for_run(faces):
        raise SettingsError(problems)
    clock, began = system_clock(), time.monotonic()
    with _ownership(settings) as ended_well:
        store = await open_store(settings.database.url.get_secret_value(), clock.now)
        try:
            means = _means(settings, clock, store, (ended_well, faces))
            journal.started(version=__version__, faces=sorted(faces), database=settings.database.kind)
            await _run_faces(means, faces, (ready, supervisor))
            journal.stopped(reason="asked to", seconds=time.monotonic() - began)
        finally:
            await store.close()


def _means(settings: Settings, clock: Clock, store: Store, start: tuple[bool, Collection[str]]) -> Means:
    keys, brand = load_or_make_keys(settings), wiring.brand_of(settings)
    stationery, (ended_well, faces) = wiring.stationery_of(settings, brand), start
    return Means(settings, keys, clock, store, metrics.new_metrics(), brand, stationery, ended_well, set(faces))


async def _run_faces(means: Means, faces: Collection[str], told: tuple[Callable[[], None], Supervisor]) -> None:
    stopping, store, clock, (ready, supervisor) = asyncio.Event(), means.store, means.clock, told

    def stop() -> None:
        supervisor.stopping()
        stopping.set()
        store.changes.tell(Topic)

    _on_signals(stop)
    async with AsyncExitStack() as doors:
        if "hub" in faces:
            await doors.enter_async_context(hub_server.running(_hub(means, stopping)))
        if "inbound" in faces:
            mail = wiring.inbound_of(means.settings, means.keys, (store, clock, means.metrics))
            await doors.enter_async_context(inbound.running(mail, stopping))
        async with asyncio.TaskGroup() as group:
            watches = [
                group.create_task(store.watch()),
                group.create_task(supervisor.hear(lambda seconds: answers(store, seconds))),
            ]
            if "transactions" in faces:
                queue = wiring.queue_of(means.settings, means.keys, (store, clock, means.metrics))
                group.create_task(run_transactions(queue, stopping))
            if "outbound" in faces:
                group.create_task(_run_checked(means, _exit(means), stopping))
            means.awaited.clear()
            supervisor.ready(f"runs {', '.join(sorted(faces))}")
            ready()
            await stopping.wait()
            for watch in watches:
                watch.cancel()


def _hub(means: Means, stopping: asyncio.Event) -> HubServer:
    return HubServer(
        store=means.store,
        clock=means.clock,
        settings=means.settings,
        keys=means.keys,
        stationery=means.stationery,
        brand=means.brand,
        sources=SOURCES,
        metrics=means.metrics,
        access=wiring.access_policy_of(means.settings),
        fetch=fetch,
        awaited=means.awaited,
        stopping=stopping,
    )


def _exit(means: Means) -> Exit:
    settings = means.settings
    assert settings.mail.smtp_url is not None, "run refuses to start without mail.smtp_url"
    return Exit(
        store=means.store,
        clock=means.clock,
        policy=wiring.policy_of(settings),
        writer=wiring.writer_of(settings, means.keys, means.stationery, means.brand),
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


def _ownership(settings: Settings) -> AbstractContextManager[bool]:
    file = settings.database.path
    return owned(file.parent) if file is not None else nullcontext(True)


def _on_signals(stop: Callable[[], None]) -> None:
    loop, numbers = asyncio.get_running_loop(), {signal.SIGTERM, signal.SIGINT}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup: run on when the terminal is closed
        numbers.add(signal.SIGHUP)
    for number in numbers:
        with suppress(NotImplementedError, RuntimeError):  # not in the main thread: whoever runs us stops us
            loop.add_signal_handler(number, stop)
