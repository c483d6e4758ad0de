"""Generated secret keys made anew, and put out of use, in the file that keeps them.

Rules: newest last; the file is replaced as a whole and durable before anybody reads it; of two who change it at a time
one waits; document keys are never touched.
"""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.settings.load import SettingsError
from worker.settings.secret_keys import FILE_NAME, KEY_BYTES, Keys, load_or_make_keys, replace_keys
from worker.settings.whole import Settings


def fingerprint(key: str) -> str:
    """Tells one key from another, and nothing of it."""
    return hashlib.sha256(b"letterkey key fingerprint " + key.encode()).hexdigest()[:12]


def keys_file(settings: Settings) -> Path | None:
    """The file of generated secret keys; None where they are in the settings."""
    own = settings.secret_keys or settings.database.kind == "postgresql"
    return None if own else settings.state_dir / FILE_NAME


def add_secret_key(settings: Settings) -> Keys:
    """A new key after those that are there. Raises SettingsError."""
    return _change(settings, lambda kept: (*kept, secrets.token_urlsafe(KEY_BYTES)))


def drop_oldest_secret_key(settings: Settings) -> Keys:
    """Without the first. Raises SettingsError, also rather than leave none."""
    return _change(settings, lambda kept: kept[1:])


def _change(settings: Settings, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Keys:
    path = keys_file(settings)
    if path is None:
        raise SettingsError(["secret_keys are in the settings, and changed there"])
    load_or_make_keys(settings)  # the first start may be still to come
    with _alone(settings.state_dir):
        kept = load_or_make_keys(settings)
        own = change(kept.secret_keys)
        if not own:
            raise SettingsError([f"{path}: holds one secret key; without any nothing could be signed"])
        replace_keys(path, own)
    return Keys(own, kept.document_keys)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
