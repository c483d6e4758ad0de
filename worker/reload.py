"""Reloading: what is in force changes while the program runs, by a signal or by what a merchant set in the console.

Rules: it is swapped as a whole; file and environment with mistakes leave all as it was, and the journal tells each
mistake; connections stand, and what is in hand goes on with what it began with.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from worker import journal
from worker.actions.use_key import use_key
from worker.hub_server import HubServer
from worker.in_force import Ground, InForce, build
from worker.render.stationery import Stationery
from worker.settings import Settings, SettingsError, changed_in_vain
from worker.settings.key_rotation import fingerprint
from worker.store import made_settings
from worker.store.changes import Topic

LOOK_AGAIN_SECONDS = 5.0
"""How often the settings' revision is looked at, should every wake-up have been lost."""


async def _nobody(_: HubServer) -> None:
    return None


@dataclass(slots=True)
class Holder:
    """Holds what is in force. `reread` reads file and environment anew, `turn` has the web go on with another value."""

    ground: Ground
    now: InForce
    reread: Callable[[], Settings]
    turn: Callable[[HubServer], Awaitable[None]] = _nobody
    _asked: bool = False
    _tried: int = 0
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    def ask(self) -> None:
        """Have file and environment read anew, soon."""
        self._asked = True
        self.ground.store.changes.tell([Topic.SETTINGS])

    async def follow(self) -> None:
        """Until the program stops: take up what was asked for, and what any process has set in the database."""
        changes, stopping = self.ground.store.changes, self.ground.stopping
        while not stopping.is_set():
            seen = changes.count(Topic.SETTINGS)
            try:
                await self.settle()
            except Exception as error:  # the store, or what nobody thought of: the old settings stay, the program runs
                journal.unexpected("settings", error)
            await changes.wait(Topic.SETTINGS, seen, LOOK_AGAIN_SECONDS)

    async def settle(self) -> None:
        """Return once all that is set now is in force, or refused. Raises StoreUnavailable."""
        async with self._one:
            asked, self._asked = self._asked, False
            try:
                await self._settle(asked)
            except BaseException:
                self._asked = asked
                raise

    async def _settle(self, asked: bool) -> None:
        revision = await self.ground.store.read(made_settings.revision)
        taken = await self._read_anew() if asked else False
        if not taken and revision != self._tried:
            await self._swap(self.now.beneath, self.now.stationery)
        self._tried = max(revision, self.now.revision)

    async def _read_anew(self) -> bool:
        supervisor = self.ground.supervisor
        supervisor.reloading()
        try:
            beneath = await asyncio.to_thread(self.reread)
            taken = await self._swap(beneath, None)
            for name in changed_in_vain(beneath, self.now.settings) if taken else ():
                journal.setting_needs_restart(setting=name)
        except SettingsError as error:
            _refuse(error)
            taken = False
        supervisor.ready(f"runs {', '.join(sorted(self.ground.faces))}")
        return taken

    async def _swap(self, beneath: Settings, stationery: Stationery | None) -> bool:
        try:
            new = await build(self.ground, beneath, stationery, self.now)
        except SettingsError as error:
            _refuse(error)
            return False
        new = replace(new, hub=replace(new.hub, settle=self.settle))
        await self.turn(new.hub)
        self.now = new
        await _note_key(new.hub)
        journal.settings_in_force(revision=new.revision)
        return True


async def hold(ground: Ground, settings: Settings, reread: Callable[[], Settings]) -> Holder:
    """What is in force at the start. Raises SettingsError, and StoreUnavailable."""
    now = await build(ground, settings, None, None)
    holder = Holder(ground, now, reread, _tried=now.revision)
    holder.now = replace(now, hub=replace(now.hub, settle=holder.settle))
    await _note_key(now.hub)
    return holder


async def _note_key(hub: HubServer) -> None:
    """When a newer key began to sign decides when an older one may go."""
    if len(hub.keys.secret_keys) > 1:
        newest, fresh = fingerprint(hub.keys.secret_keys[-1]), hub.fresh()
        if await hub.store.write(lambda tx: use_key(tx, newest, fresh)):
            journal.key_in_use(key=newest)


def _refuse(error: SettingsError) -> None:
    for problem in error.problems:
        journal.settings_refused(problem=problem)
