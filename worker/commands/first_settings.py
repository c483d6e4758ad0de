"""The first settings file: five answers in, a commented `letterkey.toml` out, whole or not at all.

Rules: what was answered is TOML text, whatever letters it has; the file holds a password, so it is its owner's alone,
and a file that is there is not replaced unless that was asked for.
"""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from worker import shipped


@dataclass(frozen=True, slots=True)
class Answers:
    """The five answers, each as its setting spells it."""

    name: str
    base_url: str
    sender: str
    relay: str = field(repr=False)
    support: str


def settings_text(answers: Answers) -> str:
    """The settings file for these answers."""
    text = shipped.path("data", "first-settings.toml").read_text(encoding="utf-8")
    values = {name: getattr(answers, name) for name in ("name", "base_url", "sender", "relay", "support")}
    # JSON's strings are TOML's (but for DEL, which no setting takes).
    return Template(text).substitute({name: json.dumps(value, ensure_ascii=False) for name, value in values.items()})


def write_settings(path: Path, text: str, *, replace: bool) -> None:
    """Raises FileExistsError where the file is there and `replace` isn't asked for, OSError where it can't be made."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            if replace:
                draft.replace(path)
            else:
                os.link(draft, path)  # unlike a rename it never replaces a file
        finally:
            draft.unlink(missing_ok=True)
