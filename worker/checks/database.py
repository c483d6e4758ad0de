"""The database and its folder: reachable, up to date, sound, writable, with room, and closed to others."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from worker.checks.finding import Area, Finding
from worker.checks.scene import Scene
from worker.clock import Clock
from worker.settings import Overlaid, Settings, is_loopback, overlay
from worker.store import made_settings
from worker.store.condition import Condition, Unusable
from worker.store.engine import StoreRefused, StoreUnavailable
from worker.store.opening import open_store

AREA = Area("database")
NO_ROOM, LITTLE_ROOM = 200_000_000, 1_000_000_000
"""Bytes free: below the first a day's mails may fill the disk, below the second a month's."""

_REMEDIES = {
    Unusable.UNREACHABLE: "look at database_url: is it running there, and may Letterkey's user go there?",
    Unusable.LOGIN: "put user and password in database_url right (write / : @ # % in them as %2F %3A %40 %23 %25)",
    Unusable.NO_DATABASE: "CREATE DATABASE letterkey TEMPLATE template0 LC_COLLATE 'C' ENCODING 'UTF8'",
    Unusable.UNSUITABLE: "make a new one as it says, and set database_url to it",
    Unusable.DAMAGED: "stop letterkey run, keep a copy of the file, and restore the last backup (docs/operating.md)",
    Unusable.READ_ONLY: "give Letterkey's user the right to write there, and make room on the disk",
    Unusable.BUSY: "something has locked it; stop what else works in the file, then check again",
    Unusable.NO_DRIVER: "install the package",
}


async def with_made(settings: Settings, condition: Condition, clock: Clock) -> Overlaid:
    """The settings that are in force: with those made in the console, where the database can be asked for them."""
    if not condition.ready:
        return Overlaid(settings)
    try:
        store = await open_store(settings.database.url.get_secret_value(), clock.now)
    except StoreRefused:  # it was well a moment ago; the next look says why it isn't
        return Overlaid(settings)
    try:
        made = await store.read(made_settings.made_settings)
        return overlay(settings, made.values)
    except StoreUnavailable:
        return Overlaid(settings)
    finally:
        await store.close()


async def check_database(scene: Scene) -> list[Finding]:
    """It, and for SQLite the folder that it lies in."""
    database, condition = scene.settings.database, scene.condition
    if condition.now is not None:
        host = urlsplit(database.url.get_secret_value()).hostname or "localhost"
        scene.note_time("PostgreSQL", condition.now, others=not is_loopback(host))
    found = [*_standing(condition, database.kind)]
    if database.kind == "sqlite":
        folder = scene.settings.state_dir
        found += [*_folder(folder), *_closed(folder, database.path), *_asker(folder)]
    return found


def _standing(condition: Condition, kind: str) -> Iterator[Finding]:
    if condition.unusable is not None:
        yield AREA.wrong(kind, f"{condition.unusable}: {condition.words}", _REMEDIES[condition.unusable])
    elif not condition.made:
        yield AREA.works(kind, "is made by the first letterkey run")
    elif condition.unknown is not None:
        text = f"was made by a newer Letterkey (migration {condition.unknown:04})"
        yield AREA.wrong(kind, text, "install that one again, or a newer one")
    elif condition.missing:
        step = f"migration {condition.newest:04}, {condition.missing} to come"
        yield AREA.works(kind, f"sound and writable; {step}: the next letterkey run brings them")
    else:
        yield AREA.works(kind, f"sound, writable and up to date (migration {condition.newest:04})")


def _folder(folder: Path) -> Iterator[Finding]:
    there = next(each for each in (folder, *folder.absolute().parents) if _there(each))
    if problem := _unwritable(there, folder):
        yield AREA.wrong("state_dir", problem, f"give Letterkey's user a folder of its own: {_make(folder)}")
        return
    free = shutil.disk_usage(there).free
    room = f"{free / 1e9:.1f} GB free"
    if free < NO_ROOM:
        yield AREA.wrong("state_dir", f"the disk is full: {room}", "make room: without it no sale can be taken in")
    elif free < LITTLE_ROOM:
        yield AREA.look("state_dir", f"the disk is filling up: {room}", "make room soon")
    else:
        yield AREA.works("state_dir", f"writable, {room}")


def _unwritable(there: Path, folder: Path) -> str | None:
    if not there.is_dir():
        return f"{folder} can't be made: {there} is a file"
    if there != folder:
        return None if os.access(there, os.W_OK | os.X_OK) else f"{folder} can't be made in {there}"
    try:
        with tempfile.TemporaryFile(dir=there):
            return None
    except OSError as error:
        return f"{folder} can't be written: {error.strerror}"


def _make(folder: Path) -> str:
    return f"mkdir -p {folder}; chown letterkey {folder}; chmod 700 {folder}"


def _closed(folder: Path, file: Path | None) -> Iterator[Finding]:
    """Whoever reads these can sign in as every customer."""
    there = [each for each in (folder / "keys.json", file) if each is not None and _there(each)]
    open_ = [each for each in there if _mode(each) & 0o077]
    if open_ and _mode(folder) & 0o077:
        names = " ".join(map(str, open_))
        yield AREA.wrong("permissions", f"others may read {names}", f"chmod 700 {folder}; chmod 600 {names}")
    elif there:
        yield AREA.works("permissions", "keys and customers' data are for their owner alone")


def _asker(folder: Path) -> Iterator[Finding]:
    """Root may do everything, so what root finds says nothing of the user who runs the worker."""
    owner = folder.stat().st_uid if _there(folder) else 0
    if os.geteuid() == 0 and owner != 0:
        text = f"tried as root, though {folder} is user {owner}'s: what that user may do was not tried"
        yield AREA.look("user", text, f"sudo -u '#{owner}' letterkey check")


def _there(path: Path) -> bool:
    """Whether it is there, as far as this user may know."""
    try:
        return path.exists()
    except OSError:
        return False


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
