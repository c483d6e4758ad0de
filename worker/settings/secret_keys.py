"""The keys that sign links and documents: from the settings, else made at the first start and kept in `state_dir`.

Newest last. The file is readable by its owner alone, complete or not there at all, and made once: of two programs
that start together, one makes it and the other reads it. Only a rotation puts another in its place.
"""

import json
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from worker.settings.load import SettingsError
from worker.settings.whole import Settings

FILE_NAME = "keys.json"
KEY_BYTES = 32  # as strong as the SHA-256 that they key
_SHORTEST = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """`secret_keys` sign what lives for hours, `document_keys` what lives for years; never shown."""

    secret_keys: tuple[str, ...] = field(repr=False)
    document_keys: tuple[str, ...] = field(repr=False)


def load_or_make_keys(settings: Settings) -> Keys:
    """The keys to use; SettingsError where a kept file is unusable."""
    own, documents = _plain(settings.secret_keys), _plain(settings.document_keys)
    if settings.database.kind == "postgresql":
        # Nothing may depend on one machine's files there; purposes keep the two uses of one key apart.
        return Keys(own, documents or own)
    if own and documents:
        return Keys(own, documents)
    kept = _kept_or_made(settings.state_dir)
    return Keys(own or kept.secret_keys, documents or kept.document_keys)


def kept_keys(settings: Settings) -> Keys | None:
    """The keys in use, made by nobody: None where the first start is still to come. Raises SettingsError."""
    own, documents = _plain(settings.secret_keys), _plain(settings.document_keys)
    path = settings.state_dir / FILE_NAME
    if settings.database.kind == "postgresql" or (own and documents):
        return load_or_make_keys(settings)
    try:
        kept = _read(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}; Letterkey must be able to read it"]) from None
    return Keys(own or kept.secret_keys, documents or kept.document_keys)


def _plain(keys: Sequence[SecretStr]) -> tuple[str, ...]:
    return tuple(each.get_secret_value() for each in keys)


def _kept_or_made(state_dir: Path) -> Keys:
    path = state_dir / FILE_NAME
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        _tighten(path)
        return _read(path)
    except OSError as error:
        raise SettingsError(
            [f"{path}: {error.strerror}; state_dir must be a folder that Letterkey may write"]
        ) from None


def replace_keys(path: Path, own: Sequence[str]) -> None:
    """Other secret keys in place of the kept ones, at once and durable. Raises OSError."""
    draft = _draft(path, {"secret_keys": list(own), "document_keys": list(_read(path).document_keys)})
    draft.replace(path)
    _sync_directory(path.parent)


def _make(path: Path) -> None:
    draft = _draft(path, {name: [secrets.token_urlsafe(KEY_BYTES)] for name in ("secret_keys", "document_keys")})
    try:
        os.link(draft, path)  # unlike a rename it never replaces keys that another start has just made
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _sync_directory(path.parent)


def _draft(path: Path, content: Mapping[str, Sequence[str]]) -> Path:
    draft = path.with_name(f".{FILE_NAME}.{secrets.token_hex(8)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _tighten(path: Path) -> None:
    """A restored backup may have come back readable by everybody."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)


def _read(path: Path) -> Keys:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Keys(_checked(content["secret_keys"]), _checked(content["document_keys"]))
    except (ValueError, KeyError, TypeError):
        hint = "restore it from a backup; deleting it makes new keys and ends every link that was mailed"
        raise SettingsError([f"{path}: holds no usable keys; {hint}"]) from None


def _checked(keys: object) -> tuple[str, ...]:
    if not isinstance(keys, list) or not keys:
        raise ValueError("no keys")
    if not all(isinstance(each, str) and len(each) >= _SHORTEST for each in keys):
        raise ValueError("a short key")
    return tuple(keys)
