"""Plain text set by hand: wrapped paragraphs, and a label on the left with its amount on the right.

Rules: no line is wider than 72 columns, but for an address of the web, which stands alone on its line; East Asian
letters and emoji count two columns, combining ones none.
"""

import re
import textwrap
import unicodedata

WIDTH = 72
_GAP = 2
_MOST_LABEL = 50


def width(text: str) -> int:
    """How many columns `text` takes in a letter of fixed pitch."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def wrapped(text: str, *, indent: str = "") -> str:
    """`text` in lines of at most 72 columns."""
    if text.isascii() and len(indent) + len(text) <= WIDTH:
        return indent + text
    return "\n".join(indent + line for line in lines(text, WIDTH - len(indent)))


def row(label: str, amount: str, *, indent: str = "") -> str:
    """`label` at the left edge and `amount` at the right one; a long label wraps short of the amounts' column."""
    space = WIDTH - len(indent) - width(amount) - _GAP
    if label.isascii() and len(label) <= min(space, _MOST_LABEL):
        return indent + label + " " * (space + _GAP - len(label)) + amount
    *head, last = lines(label, min(space, _MOST_LABEL))
    filled = last + " " * (space + _GAP - width(last)) + amount
    return "\n".join(indent + line for line in (*head, filled))


def lines(text: str, columns: int) -> list[str]:
    """`text` cut into lines, between words where it can be."""
    if text.isascii():
        return textwrap.wrap(text, columns, break_on_hyphens=False) or [""]
    done, line = [], ""
    for word in re.findall(r"\S+", text):
        if line and width(line) + 1 + width(word) > columns:
            done.append(line)
            line = ""
        line = f"{line} {word}" if line else word
        while width(line) > columns:
            cut = _fitting(line, columns)
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
