"""One more table at the end of the settings file: every comment and line that is there stays, whole or not at all.

Rules: the file keeps its owner and group; nobody else may read it, for it holds secrets.
"""

import contextlib
import json
import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path


def table_text(name: str, values: Mapping[str, str | list[str]]) -> str:
    """The lines of the table `sources.<name>`."""
    # JSON's strings are TOML's (but for DEL, which no setting takes).
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join([f"[sources.{name}]", *lines, ""])


def append_table(path: Path, table: str) -> bool:
    """Write it at the file's end; False where the file then wouldn't be TOML any more. Raises OSError."""
    file = path.resolve()
    before = file.read_text(encoding="utf-8-sig")
    after = before.rstrip("\n") + "\n\n\n" + table
    try:
        tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        return False
    _replace(file, after)
    return True


def _replace(file: Path, text: str) -> None:
    old = file.stat()
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        try:
            out.write(text)
            out.flush()
            with contextlib.suppress(PermissionError):  # then it is ours already, or the merchant's to give
                os.fchown(out.fileno(), old.st_uid, old.st_gid)
            # Who lets a service's group read it, and nobody else, means that.
            os.fchmod(out.fileno(), 0o640 if old.st_mode & 0o077 == 0o040 else 0o600)
            os.fsync(out.fileno())
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
