"""`backup`: everything in one file, beside a living `run`."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from worker.clock import system_clock
from worker.commands.opening import AskedWrongly, Config, open_desk, settings_of
from worker.commands.terminal import counted, say
from worker.core.instant import SECOND, iso
from worker.keeping.backing_up import Backup, Original, back_up
from worker.settings import Settings, find_config
from worker.store import milestones
from worker.store.copying import Content, copy_sqlite
from worker.store.dumping import copy_postgres, size_of
from worker.store.migrate import migrations
from worker.store.milestones import Milestone

_FOLDER = Path("backups")
_POLITE = 10
"""The worker beside goes first."""

Keep = Annotated[int | None, Parameter(help="Keep so many of the backups in that folder, and drop older ones")]


def backup(to: Path = _FOLDER, /, *, keep: Keep = None, config: Config = None) -> int:
    """Back everything up into one file, while letterkey run goes on.

    The database as it is at this moment, with the settings made in the console; the keys, your templates, the logo and
    the settings file. Whoever has the file has all of it: keep it where only you can read it, on another machine.

    For example:

        letterkey backup /mnt/backup --keep 14
        letterkey backup before-the-move.tar.gz

    Parameters
    ----------
    to
        A folder, or a new file whose name ends in .tar.gz
    """
    if keep is not None and keep < 1:
        raise AskedWrongly(f"--keep {keep}: at least the backup that is made now is kept")
    return asyncio.run(_backup(to, keep, config))


async def _backup(to: Path, keep: int | None, config: Path | None) -> int:
    os.nice(_POLITE)
    settings, clock = settings_of(config), system_clock()
    made_at = clock.now() // SECOND * SECOND
    made = await back_up(await _original(settings, find_config(config)), to, iso(made_at), keep)
    size = made.file.stat().st_size
    say(f"{made.file}: {size / 1_000_000:,.1f} MB, {counted(sum(made.manifest.counts.values()), 'row', 'rows')}.")
    for file in made.dropped:
        say(f"Dropped {file}.")
    if made.manifest.migration == migrations("sqlite")[-1].number:  # else noting it would bring the database up to date
        await _note(made, made_at, config)
    return 0


async def _original(settings: Settings, config: Path | None) -> Original:
    logo, file, url = settings.business.logo, settings.database.path, settings.database.url.get_secret_value()

    async def copy(target: Path) -> Content:
        return await copy_postgres(url, target) if file is None else await asyncio.to_thread(copy_sqlite, file, target)

    return Original(
        database=settings.database.kind,
        state_dir=settings.state_dir,
        folders=tuple(folder for folder in (settings.state_dir, file and file.parent) if folder is not None),
        size=await size_of(url) if file is None else file.stat().st_size if file.exists() else 0,
        copy=copy,
        settings=config,
        logo=logo if isinstance(logo, Path) else None,  # one made in the console lies in the database
    )


async def _note(made: Backup, made_at: int, config: Path | None) -> None:
    details = {"bytes": made.file.stat().st_size}
    async with open_desk(config) as desk:
        await desk.store.write(lambda tx: milestones.reach(tx, Milestone.BACKUP, made_at, details))
