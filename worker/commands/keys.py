"""`keys`: which keys sign, a new one, and an old one put out of use. Fingerprints are shown, keys never."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from worker import journal
from worker.actions.use_key import RETIRED, ROTATED, change_keys, key_use
from worker.commands.opening import Config, Desk, open_desk
from worker.commands.terminal import clock_time, complain, say
from worker.core.key_use import CantRetire, KeyUse, cant_retire, needed_until
from worker.settings import Settings, load_or_make_keys
from worker.settings.key_rotation import add_secret_key, drop_oldest_secret_key, fingerprint, keys_file

_IN_SETTINGS = (
    "The secret keys stand in the settings (secret_keys, LETTERKEY_SECRET_KEYS); change them there, alike on each"
    " machine: {what}, then reload each worker: systemctl reload letterkey (SIGHUP)."
)
_ALSO_DOCUMENTS = "document_keys are not set and so the same: set document_keys to the present list first, for good."


def show(*, config: Config = None) -> int:
    """Show the keys by their fingerprints, which of them signs, and until when older ones are needed.

    For example:

        letterkey keys show
    """
    return asyncio.run(_show(config))


async def _show(config: Config) -> int:
    async with open_desk(config) as desk:
        own, use = await _known(desk)
        file = keys_file(desk.settings)
        say(f"Secret keys, for links, codes and bounce addresses, in {file or 'the settings'}:")
        for place, each in enumerate(own, 1):
            say(f"  {each}  {_words(use, desk) if place == len(own) else 'opens what it signed'}")
        if use.since is not None and len(own) > 1:
            until = needed_until(use.since, desk.settings.links.hours)
            say(f"The oldest is needed until {clock_time(until, desk.timezone).strip()}.")
        say("Document keys, for the links to invoices, kept for good:")
        for key in load_or_make_keys(desk.settings).document_keys:
            say(f"  {fingerprint(key)}")
    return 0


def _words(use: KeyUse, desk: Desk) -> str:
    if use.keys == 1:
        return "signs"
    return f"signs since {clock_time(use.since, desk.timezone).strip()}" if use.since else "signs after the next reload"


def rotate(*, config: Config = None) -> int:
    """Make a new secret key. It signs from the worker's next reload on; what older ones signed still opens.

    For example:

        letterkey keys rotate
    """
    return asyncio.run(_rotate(config))


async def _rotate(config: Config) -> int:
    async with open_desk(config) as desk:
        if keys_file(desk.settings) is None:
            complain(_IN_SETTINGS.format(what="add a new key at the end (openssl rand -hex 32)"))
            return 1
        new = fingerprint(add_secret_key(desk.settings).secret_keys[-1])
        fresh = desk.fresh()
        await desk.store.write(lambda tx: change_keys(tx, ROTATED, new, fresh))
    journal.key_rotated(key=new)
    say(f"{new} is made. It signs once the running worker has read it: systemctl reload letterkey (SIGHUP).")
    say("Take a backup: without this key, what it signs opens no more.")
    return 0


def retire(
    *,
    now: Annotated[
        bool, Parameter(help="Also what it signed and is still good shall end: somebody may have the key")
    ] = False,
    config: Config = None,
) -> int:
    """Put the oldest secret key out of use, once nothing that it signed is needed any more.

    For example:

        letterkey keys retire
        letterkey keys retire --now
    """
    return asyncio.run(_retire(config, at_once=now))


async def _retire(config: Config, *, at_once: bool) -> int:
    async with open_desk(config) as desk:
        own, use = await _known(desk)
        hours, fresh = desk.settings.links.hours, desk.fresh()
        if (why := cant_retire(use, hours, fresh.now, at_once=at_once)) is not None:
            until = clock_time(needed_until(use.since or 0, hours), desk.timezone).strip()
            complain(f"Nothing was changed: {why}{f' until {until}' if why is CantRetire.NEEDED else ''}.")
            return 1
        if keys_file(desk.settings) is None:
            complain(_IN_SETTINGS.format(what=f"remove the first, {own[0]}"))
            if _shared(desk.settings):
                complain(_ALSO_DOCUMENTS)
            return 1
        drop_oldest_secret_key(desk.settings)
        await desk.store.write(lambda tx: change_keys(tx, RETIRED, own[0], fresh))
    journal.key_retired(key=own[0])
    say(f"{own[0]} is retired. The running worker drops it at its next reload: systemctl reload letterkey (SIGHUP).")
    say("Links at the foot of receipts that it signed open the empty form from then on.")
    return 0


async def _known(desk: Desk) -> tuple[list[str], KeyUse]:
    """The fingerprints of the secret keys, the newest last, and how they are used."""
    own = [fingerprint(key) for key in load_or_make_keys(desk.settings).secret_keys]
    return own, await desk.store.read(lambda tx: key_use(tx, own))


def _shared(settings: Settings) -> bool:
    return settings.database.kind == "postgresql" and not settings.document_keys
