"""Tables as CSV (RFC 4180) that a spreadsheet shows and never obeys.

Rules: every cell is quoted; one that begins with a sign of a formula gets an apostrophe before it (OWASP, CSV
injection), for what stands in it may come from a stranger; NUL, which no spreadsheet takes, is left out.
"""

from collections.abc import Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def line(cells: Sequence[str]) -> str:
    """One line, its end included."""
    return ",".join(_cell(cell) for cell in cells) + "\r\n"


def _cell(text: str) -> str:
    plain = text.replace("\0", "")
    safe = f"'{plain}" if plain.startswith(_FORMULA) else plain
    return '"' + safe.replace('"', '""') + '"'
