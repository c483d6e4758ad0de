"""Restore a backup: unpacked and looked through, settled so that nothing of it goes on by itself, then put in place.

Rules: until all of it is good, nothing that is there is touched; a kill between any two steps is made good by running
it again; whatever the backup doesn't bring stays as it is.
"""

import itertools
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from worker.actions.settle_restored import CantRelease, Settled, release_numbers, settle_restored
from worker.clock import Clock
from worker.core.fresh import Fresh
from worker.core.instant import SECOND, iso
from worker.keeping import swap
from worker.keeping.archive import read_manifest, unpack
from worker.keeping.manifest import DATABASES, KEYS, Manifest, Refused
from worker.keeping.places import must_fit, stamp
from worker.keeping.swap import Move
from worker.store.copying import Content, look_through
from worker.store.dumping import bring_back, finish
from worker.store.engine import Store, Tx
from worker.store.migrate import migrations
from worker.store.opening import open_and_migrate
from worker.store.ownership import owned

_COMPANIONS = ("-wal", "-shm")
_SPARE = 2
"""Old archives are migrated, which copies the database once more."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to restore; whether what is there may be put aside; the next invoice number, where that is known now."""

    archive: Path
    replace: bool
    next_number: int | None


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a SQLite installation."""

    file: Path
    state_dir: Path
    logo: Path | None


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done. `aside` is where lies what was there before, None where nothing was."""

    made_at: str
    parked: int
    sessions: int
    mails_in: int
    last_number: int
    numbers_held: bool
    aside: str | None


def finish_earlier(where: Where) -> Restored | None:
    """Finish a restore that was killed while it put its files in place. Raises StoreRefused beside a `run`."""
    with owned(where.file.parent):
        report = swap.finish(where.file.parent)
    return None if report is None else Restored(**report)


async def restore_sqlite(wish: Wish, where: Where, clock: Clock) -> Restored:
    """Restore to SQLite. Raises Refused, StoreRefused, OSError; then nothing was changed."""
    folder = where.file.parent
    manifest = _fitting(read_manifest(wish.archive), "sqlite")
    with owned(folder):
        there = [file for file in (where.file, where.state_dir / KEYS) if file.exists()]
        if there and not wish.replace:
            raise Refused(f"{there[0]} is there already: add --replace, and it is put aside")
        swap.clear(folder)
        staging = folder / swap.STAGING
        staging.mkdir(mode=0o700)
        try:
            must_fit(folder, _SPARE * manifest.files[DATABASES["sqlite"]].size)
            restored = await _stage(wish, staging, clock)
            aside = _unused(folder / f"before-restore-{stamp(iso(clock.now()))}")
            restored["aside"] = str(aside) if there else None
            swap.begin(folder, aside, _moves(where, staging), restored)
        except BaseException:
            swap.clear(folder)
            raise
        swap.finish(folder)
    return Restored(**restored)


def _unused(path: Path) -> Path:
    """What is aside already is never mixed with more."""
    others = (path.with_name(f"{path.name}-{number}") for number in itertools.count(2))
    return path if not path.exists() else next(other for other in others if not other.exists())


async def _stage(wish: Wish, staging: Path, clock: Clock) -> dict[str, Any]:
    manifest = _fitting(unpack(wish.archive, staging), "sqlite")
    database = staging / DATABASES["sqlite"]
    _must_be_as_said(look_through(database), manifest)
    store, _ = await open_and_migrate(f"sqlite:///{database}", clock.now)
    try:
        return await _settle(store, wish, manifest, clock)
    finally:
        await store.close()


def _moves(where: Where, staging: Path) -> list[Move]:
    database = [Move(where.file.with_name(where.file.name + end), None) for end in _COMPANIONS]
    database.append(Move(where.file, staging / DATABASES["sqlite"]))
    beside = [Move(where.state_dir / name, staging / name) for name in (KEYS, "templates") if (staging / name).exists()]
    logos = sorted((staging / "logo").glob("*"))
    if logos and where.logo is not None and not where.logo.exists():
        beside.append(Move(where.logo, logos[0]))
    return [*database, *beside]


async def restore_postgres(wish: Wish, url: str, clock: Clock) -> Restored:
    """Restore to PostgreSQL. Raises Refused, StoreRefused, OSError; nothing runs on what is half restored."""
    now = clock.now()
    aside = f"before_restore_{stamp(iso(now)).lower()}_{now % SECOND:06}"
    with tempfile.TemporaryDirectory(prefix="letterkey-restore-") as room:
        manifest = _fitting(unpack(wish.archive, Path(room)), "postgresql")
        content = await bring_back(url, Path(room) / DATABASES["postgresql"], aside, replace=wish.replace)
        _must_be_as_said(content, manifest)
        store, _ = await open_and_migrate(url, clock.now, restoring=True)
        try:
            restored = await _settle(store, wish, manifest, clock)
        finally:
            await store.close()
        await finish(url)
    return Restored(**restored, aside=f"the schema {aside}" if wish.replace else None)


async def _settle(store: Store, wish: Wish, manifest: Manifest, clock: Clock) -> dict[str, Any]:
    fresh = Fresh(clock.now(), clock.new_id, clock.secret_id)
    settled = await store.write(partial(_settle_and_release, wish=wish, made_at=manifest.made_at, fresh=fresh))
    return {
        "made_at": manifest.made_at,
        "parked": settled.parked,
        "sessions": settled.sessions,
        "mails_in": settled.mails_in,
        "last_number": settled.series.next_number - 1,
        "numbers_held": wish.next_number is None,
    }


async def _settle_and_release(tx: Tx, *, wish: Wish, made_at: str, fresh: Fresh) -> Settled:
    settled = await settle_restored(tx, {"made_at": made_at}, fresh)
    if wish.next_number is not None:
        end = await release_numbers(tx, wish.next_number, fresh)
        if isinstance(end, CantRelease):
            raise Refused(too_low(end.least))
    return settled


def too_low(least: int) -> str:
    """Why a number can't be the next."""
    return f"numbers go upwards only: the backup itself has numbers up to {least - 1}, so the next is {least} or higher"


def _fitting(manifest: Manifest, kind: str) -> Manifest:
    names: Mapping[str, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    if manifest.database != kind:
        raise Refused(f"the backup is of {names[manifest.database]}, and the settings name {names[kind]}")
    known = migrations("sqlite")[-1].number
    if manifest.migration > known:
        raise Refused(f"the backup was made by a newer Letterkey ({manifest.version}): upgrade this one, then restore")
    return manifest


def _must_be_as_said(found: Content, manifest: Manifest) -> None:
    if found != Content(manifest.migration, manifest.counts):
        raise Refused("the backup is damaged: its database has not the rows that its manifest says")
