"""The composition root: settings → store → faces in one TaskGroup → orderly stop.

The faces don't know each other: they meet in the database. A face that fails unexpectedly ends the program, so that
whoever supervises it starts it anew; what was in hand is durable. What they work with is held in one place, and may
change while they run.
"""

import asyncio
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass, field

from worker import __version__, hub_server, inbound, journal, metrics
from worker.asking.logins import Logins
from worker.clock import system_clock
from worker.exit.provider_calls import Calls, run_provider_calls
from worker.in_force import Ground
from worker.inbound import Inbound
from worker.keeping.forgetting import run_forgetting
from worker.net.supervisor import Supervisor
from worker.net.web_call import calling
from worker.outbound import Exit, run_outbound
from worker.reload import Holder, hold
from worker.settings import Settings
from worker.signals import on_signals
from worker.store.changes import Topic
from worker.store.engine import StoreRefused
from worker.store.forgetting import Retention
from worker.store.opening import open_store
from worker.store.ownership import owned
from worker.store.pulse import answers
from worker.transactions import TransactionQueue, run_transactions
from worker.wiring.policy import retention_of

FACES = ("hub", "inbound", "transactions", "outbound")


@dataclass(frozen=True, slots=True)
class Around:
    """Who hears of the start, and where settings come from when they are read anew.

    `ready` is called, and `supervisor` told, once all faces are up; without `reread` the settings stay.
    """

    ready: Callable[[], None] = lambda: None
    supervisor: Supervisor = field(default_factory=Supervisor)
    reread: Callable[[], Settings] | None = None


NOBODY = Around()


async def run(settings: Settings, faces: Collection[str] = FACES, around: Around = NOBODY) -> None:
    """Run the faces until SIGTERM, SIGINT or the end of their terminal; at any other SIGHUP settings are read anew.

    Raises SettingsError or StoreRefused where it must not start, saying what to do.
    """
    clock, began = system_clock(), time.monotonic()
    with _ownership(settings) as ended_well:
        store = await open_store(settings.database.url.get_secret_value(), clock.now)
        try:
            async with calling() as call:
                logins = Logins(call)
                ground = Ground(store, clock, metrics.new_metrics(), faces, around.supervisor, set(faces), logins)
                holder = await hold(ground, settings, around.reread or (lambda: settings))
                journal.started(version=__version__, faces=sorted(faces), database=settings.database.kind)
                await _run_faces(holder, around.ready, ended_well)
            journal.stopped(reason="asked to", seconds=time.monotonic() - began)
        finally:
            await store.close()


async def _run_faces(holder: Holder, ready: Callable[[], None], ended_well: bool) -> None:
    ground = holder.ground
    faces, store, stopping = ground.faces, ground.store, ground.stopping

    def stop() -> None:
        ground.supervisor.stopping()
        stopping.set()
        store.changes.tell(Topic)

    on_signals(stop, holder.ask)
    async with AsyncExitStack() as doors:
        if "hub" in faces:
            holder.turn = (await doors.enter_async_context(hub_server.running(holder.now.hub))).turn_to
        if "inbound" in faces:
            await doors.enter_async_context(inbound.running(lambda: _inbound(holder), stopping))
        async with asyncio.TaskGroup() as group:
            watches = [
                group.create_task(store.watch()),
                group.create_task(ground.supervisor.hear(lambda seconds: answers(store, seconds))),
            ]
            if "transactions" in faces:
                group.create_task(run_transactions(lambda: _queue(holder), stopping))
                group.create_task(run_forgetting(store, ground.clock, lambda: _retention(holder), stopping))
            if "outbound" in faces:
                group.create_task(_run_checked(holder, ended_well))
            group.create_task(holder.follow())
            ground.awaited.clear()
            ground.supervisor.ready(f"runs {', '.join(sorted(faces))}")
            ready()
            await stopping.wait()
            for watch in watches:
                watch.cancel()


async def _run_checked(holder: Holder, ended_well: bool) -> None:
    """After an unclean end the file is checked first, while the doors are open: a damaged one must not send."""
    damage = None if ended_well else await holder.ground.store.damage()
    if damage is not None:
        raise StoreRefused(f"the database is damaged ({damage}): restore a backup before anything is sent")
    async with asyncio.TaskGroup() as group:
        group.create_task(run_outbound(lambda: _exit(holder), holder.ground.stopping))
        group.create_task(run_provider_calls(lambda: _calls(holder), holder.ground.stopping))


def _inbound(holder: Holder) -> Inbound:
    assert holder.now.inbound is not None, "what runs here was made"
    return holder.now.inbound


def _retention(holder: Holder) -> Retention:
    return retention_of(holder.now.settings)


def _queue(holder: Holder) -> TransactionQueue:
    assert holder.now.queue is not None, "what runs here was made"
    return holder.now.queue


def _exit(holder: Holder) -> Exit:
    assert holder.now.exit is not None, "what runs here was made"
    return holder.now.exit


def _calls(holder: Holder) -> Calls:
    assert holder.now.calls is not None, "what runs here was made"
    return holder.now.calls


def _ownership(settings: Settings) -> AbstractContextManager[bool]:
    file = settings.database.path
    return owned(file.parent) if file is not None else nullcontext(True)
