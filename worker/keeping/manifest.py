"""The manifest of a backup: what made it, when, and what must be found in it.

It stands first in the archive, and whatever isn't named in it isn't unpacked.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1
"""Raised where an older program could not read the archive."""
MANIFEST, KEYS, SETTINGS = "manifest.json", "keys.json", "settings.toml"
DATABASES = {"sqlite": "letterkey.db", "postgresql": "letterkey.dump"}
"""What the database is called in an archive, by its kind."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*){0,5}")
_PLAIN = (*DATABASES.values(), KEYS, SETTINGS)
_FOLDERS = ("templates/", "logo/")


class Refused(Exception):
    """It was not done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A file of the archive: bytes, and SHA-256 (hex) of them."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`made_at` is ISO 8601, `version` the program's, `migration` the database's last; `counts` are rows by table."""

    made_at: str
    version: str
    database: str
    migration: int
    counts: Mapping[str, int]
    files: Mapping[str, Packed]


def is_ours(name: str) -> bool:
    """Whether a file of this name can be in a backup: none leads out of the folder it is unpacked to."""
    return _NAME.fullmatch(name) is not None and (name in _PLAIN or name.startswith(_FOLDERS))


def to_json(manifest: Manifest) -> bytes:
    """As it stands in the archive."""
    return json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1).encode()


def from_json(text: bytes) -> Manifest:
    """What stands in an archive. Raises Refused."""
    try:
        said = json.loads(text)
        if int(said["format"]) > FORMAT:
            raise Refused("the backup was made by a newer Letterkey: upgrade this one, then restore")
        manifest = _manifest(said)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused("that is no backup of Letterkey's: its manifest can't be read") from None
    odd = [name for name in manifest.files if not is_ours(name)]
    if odd or DATABASES.get(manifest.database) not in manifest.files:
        raise Refused(f"that is no backup of Letterkey's: it lists {', '.join(odd) or 'no database'}")
    return manifest


def _manifest(said: Mapping[str, Any]) -> Manifest:
    return Manifest(
        made_at=str(said["made_at"]),
        version=str(said["version"]),
        database=str(said["database"]),
        migration=int(said["migration"]),
        counts={str(table): int(rows) for table, rows in said["counts"].items()},
        files={str(name): Packed(int(each["size"]), str(each["sha256"])) for name, each in said["files"].items()},
    )
