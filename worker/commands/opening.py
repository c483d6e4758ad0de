"""What most commands begin with: the settings read, the database open."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from worker.clock import Clock, system_clock
from worker.core import email_address
from worker.core.fresh import Fresh
from worker.core.policy import Policy
from worker.settings import Settings, find_config, load_settings, overlay
from worker.store import made_settings
from worker.store.engine import Store
from worker.store.opening import open_store

Config = Annotated[Path | None, Parameter(help="The settings file, instead of ./letterkey.toml")]


class AskedWrongly(Exception):
    """What was typed makes no sense; the message says what to type instead."""


class CantGoOn(Exception):
    """A work that was begun can't come to its end now; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Desk:
    """All that a command works with."""

    settings: Settings
    store: Store
    clock: Clock

    @property
    def policy(self) -> Policy:
        """What the merchant decided about documents and receipts."""
        from worker.wiring.policy import policy_of  # here, for it brings every provider's reader

        return policy_of(self.settings)

    @property
    def timezone(self) -> str:
        """The merchant's."""
        return self.settings.business.timezone

    def fresh(self) -> Fresh:
        """This moment, and new ids."""
        return Fresh(self.clock.now(), self.clock.new_id, self.clock.secret_id)


def settings_of(config: Path | None) -> Settings:
    """The settings of `--config` or ./letterkey.toml, and the environment. Raises SettingsError."""
    return load_settings(find_config(config), os.environ)


@asynccontextmanager
async def open_desk(config: Path | None) -> AsyncIterator[Desk]:
    """The database of these settings, open until the command is done."""
    settings, clock = settings_of(config), system_clock()
    store = await open_store(settings.database.url.get_secret_value(), clock.now)
    try:
        made = await store.read(made_settings.made_settings)
        yield Desk(overlay(settings, made.values).settings, store, clock)
    finally:
        await store.close()


def an_address(text: str) -> str:
    """The address as it is stored. Raises AskedWrongly."""
    try:
        return email_address.normalise(text)
    except ValueError as error:
        raise AskedWrongly(f"{text} {error}") from None
