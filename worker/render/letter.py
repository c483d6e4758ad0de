"""One letter from its three templates: `mail/<name>/{subject.txt,body.txt,body.html}`.

Rules: a subject is one line; the text has ordinary spaces and at most one empty line in a row; both end where their
words end.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worker.render import formats, plain
from worker.render.brand import Brand
from worker.render.stationery import Stationery
from worker.render.words import Words

_EMPTY_LINES = re.compile(r"\n{3,}")
_LONGEST_SUBJECT = 150
_HAND = {"row": plain.row, "wrapped": plain.wrapped, "columns": plain.columns, "rule": "-" * plain.WIDTH}
"""What a text template sets its lines with."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's words, not yet a message."""

    subject: str
    text: str
    html: str


def letter(env: Stationery, brand: Brand, name: str, words: Words, values: Mapping[str, Any]) -> Rendered:
    """The letter of that name; a text template also sets its lines by hand."""
    compiled = env.compiled(brand, words)
    values = {"test": False, **values}
    return Rendered(
        subject=_one_line(compiled.fill(f"mail/{name}/subject.txt", values)),
        text=_text(compiled.fill(f"mail/{name}/body.txt", {**_HAND, **values})),
        html=compiled.fill(f"mail/{name}/body.html", values),
    )


def _one_line(subject: str) -> str:
    line = " ".join(formats.plain(subject).split())
    return line if len(line) <= _LONGEST_SUBJECT else line[: _LONGEST_SUBJECT - 1].rstrip() + "…"


def _text(filled: str) -> str:
    text = formats.plain(filled).strip("\n") + "\n"
    return _EMPTY_LINES.sub("\n\n", text) if "\n\n\n" in text else text
