"""Plain text set by hand: wrapped paragraphs, and a label on the left with its amount on the right.

Rules: no line is wider than 72 columns, but for an address of the web, which stands alone on its line; East Asian
letters and emoji count two columns, combining ones none.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import zip_longest

WIDTH = 72
_GAP = 2
_NARROW = re.compile("[ -~\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027\u202f\u20a0-\u20c0\u2212]*")
"""Letters of one column each: nearly all there is, and measured at one go."""


def width(text: str) -> int:
    """How many columns `text` takes in a letter of fixed pitch."""
    return len(text) if _NARROW.fullmatch(text) else sum(map(_columns, text))


def wrapped(text: str, *, indent: str = "") -> str:
    """`text` in lines of at most 72 columns."""
    return "\n".join([indent + line for line in lines(text, WIDTH - len(indent))])


def row(label: str, amount: str, *, indent: str = "") -> str:
    """`label` at the left edge and `amount` at the right one; a long label wraps short of the amounts' column."""
    space = WIDTH - len(indent) - width(amount) - _GAP
    *head, last = lines(label, space)
    filled = last + " " * (space + _GAP - width(last)) + amount
    return "\n".join([indent + line for line in (*head, filled)])


def columns(left: Sequence[str], right: Sequence[str]) -> str:
    """Two blocks side by side."""
    half = WIDTH // 2 - _GAP
    blocks = [[cut for line in block for cut in lines(line, half)] for block in (left, right)]
    pairs = zip_longest(*blocks, fillvalue="")
    return "\n".join((one + " " * (WIDTH // 2 - width(one)) + other).rstrip() for one, other in pairs)


def lines(text: str, most: int) -> list[str]:
    """`text` cut into lines of at most that many columns, between words where it can be."""
    if width(text) <= most:
        return [text]
    done, line = [], ""
    for word in text.split():
        if line and width(line) + 1 + width(word) > most:
            done.append(line)
            line = ""
        line = f"{line} {word}" if line else word
        while width(line) > most:
            cut = _fitting(line, most)
            done.append(line[:cut])
            line = line[cut:]
    return [*done, line]


def _fitting(text: str, columns: int) -> int:
    taken = 0
    for at, character in enumerate(text):
        taken += _columns(character)
        if taken > columns:
            return max(at, 1)
    return len(text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
