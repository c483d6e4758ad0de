"""Where the files that ship with Letterkey lie: `templates/…` and `data/…`.

An installed wheel carries them in `worker/_shipped/`; a checkout has them at its root. The wheel's come first.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def path(*parts: str) -> Path:
    """The shipped file or directory of that name, e.g. `path("templates", "mail")`; it must exist."""
    inside = Path(*parts)
    if inside.is_absolute() or ".." in inside.parts:
        raise ValueError(f"a shipped file is named from the root of what ships, not {inside}")
    for root in (_PACKAGE / "_shipped", _PACKAGE.parent):
        if (root / inside).exists():
            return root / inside
    raise FileNotFoundError(f"{inside} does not ship with this installation; install Letterkey again")
