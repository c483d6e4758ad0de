"""Make a backup: the database as it is at one moment, and what lies beside it, in one file.

Rules: a living `run` goes on; nothing is said to be good that was not looked through; what can't be finished leaves
nothing behind.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from worker import __version__
from worker.keeping.archive import pack, packed
from worker.keeping.manifest import DATABASES, KEYS, SETTINGS, Manifest, is_ours
from worker.keeping.places import drop_older, must_fit, put_in_place, target_of, workroom
from worker.store.copying import Content

_SPARE = 1.3
"""The copy, and the archive of it, which is a third of it at most."""

Copy = Callable[[Path], Awaitable[Content]]
"""Writes a copy of the database to a new file."""


@dataclass(frozen=True, slots=True)
class Original:
    """What is backed up: the kind of database, the folders that hold it, and its bytes as far as they are known."""

    database: str
    state_dir: Path
    folders: tuple[Path, ...]
    size: int
    copy: Copy
    settings: Path | None = None
    logo: Path | None = None


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup, and the older ones that went for it."""

    file: Path
    manifest: Manifest
    dropped: tuple[Path, ...]


async def back_up(original: Original, to: Path, made_at: str, keep: int | None) -> Backup:
    """Make it. Raises Refused, StoreRefused, or OSError with the file that could not be written."""
    target = target_of(to, made_at, original.folders)
    must_fit(target.parent, int(original.size * _SPARE))
    with workroom(target.parent) as room:
        database = room / DATABASES[original.database]
        content = await original.copy(database)
        files = {database.name: database, **_beside(original)}
        manifest = Manifest(
            made_at=made_at,
            version=__version__,
            database=original.database,
            migration=content.migration,
            counts=content.counts,
            files={name: packed(file) for name, file in files.items()},
        )
        made = room / target.name
        pack(made, manifest, files)
        put_in_place(made, target)
    dropped = drop_older(target.parent, keep) if keep is not None else []
    return Backup(target, manifest, tuple(dropped))


def _beside(original: Original) -> Mapping[str, Path]:
    """What else belongs to the installation, by its name in the archive."""
    found = {KEYS: original.state_dir / KEYS, **dict(_templates(original.state_dir / "templates"))}
    if original.settings is not None:
        found[SETTINGS] = original.settings
    if original.logo is not None:
        found[f"logo/logo{original.logo.suffix.lower()}"] = original.logo
    return {name: file for name, file in found.items() if file.is_file() and is_ours(name)}


def _templates(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield f"templates/{file.relative_to(folder).as_posix()}", file
