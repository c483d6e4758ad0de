"""On which line of a TOML text a key stands.

TOML is read by tomllib alone: a key stands where the shortest beginning of the text that holds it ends. Statements of
several lines (arrays, long texts) don't parse until they are whole; they stand where the part before them ended.
It reads the text once a line, and only once something is wrong.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def first_lines(text: str) -> Mapping[tuple[str, ...], int]:
    """The line of each key and table in the text; remembered, for each key of it is asked for by itself."""
    found: dict[tuple[str, ...], int] = {}
    lines, whole = text.split("\n"), 0  # not splitlines(), which also splits at U+2028 and its like
    for end in range(1, len(lines) + 1):
        try:
            tables = tomllib.loads("\n".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue
        for key in _keys(tables):
            found.setdefault(key, whole + 1)
        whole = end
    return found


def _keys(table: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in table.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from _keys(value, (*above, name))
