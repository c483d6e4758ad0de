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
from worker.render.environment import Stationery
from worker.render.words import Words

_EMPTY_LINES = re.compile(r"\n{3,}")
_LONGEST_SUBJECT = 150


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's words, not yet a message."""

    subject: str
    text: str
    html: str


def letter(env: Stationery, brand: Brand, name: str, words: Words, values: Mapping[str, Any]) -> Rendered:
    """The letter of that name. Templates see `brand`, `colours`, `style`, `words` and `values`."""
    values = {"brand": brand, "words": words, "row": plain.row, "wrapped": plain.wrapped, "test": False, **values}
    html_values = {**values, "colours": brand.colours, "style": env.mail_styles(brand.colours)}
    return Rendered(
        subject=_one_line(env.fill(f"mail/{name}/subject.txt", words, values)),
        text=_text(env.fill(f"mail/{name}/body.txt", words, values)),
        html=env.fill(f"mail/{name}/body.html", words, html_values),
    )


def _one_line(subject: str) -> str:
    line = " ".join(formats.plain(subject).split())
    return line if len(line) <= _LONGEST_SUBJECT else line[: _LONGEST_SUBJECT - 1].rstrip() + "…"


def _text(filled: str) -> str:
    return _EMPTY_LINES.sub("\n\n", formats.plain(filled)).strip("\n") + "\n"
