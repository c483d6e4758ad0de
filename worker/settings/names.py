"""The names of all settings: as `mail.from` in the file and as `LETTERKEY_MAIL__FROM` in the environment.

A level that the merchant names (a product, a source) is `*` in a known name.
"""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from worker.settings.fields import Table
from worker.settings.model import Tables

Key = tuple[str, ...]

PREFIX = "LETTERKEY_"
_BETWEEN = "__"


def known_names() -> list[Key]:
    """Every table and every setting."""
    return list(_names(Tables, ()))


def keys_in(table: Key) -> list[str]:
    """The settings and tables right inside a table."""
    return [key[-1] for key in known_names() if len(key) == len(table) + 1 and _fits(key[:-1], table)]


def nearest(unknown: Key) -> Key:
    """The known name that was most likely meant; the same last word in another table counts most."""
    known = [_filled(key, unknown) for key in known_names()]
    same = [key for key in known if key[-1] == unknown[-1]]
    # One underscore for two is the commonest slip in the environment, so levels are compared without their marks.
    spelled = {"_".join(key): key for key in same or known}
    return spelled[difflib.get_close_matches("_".join(unknown).lower(), spelled, n=1, cutoff=0.0)[0]]


def variable(key: Key) -> str:
    """The key's name in the environment; a level that the merchant names keeps its case."""
    fixed = [name for name in known_names() if _fits(name, key)]
    parts = [part if fixed and fixed[0][at] == "*" else part.upper() for at, part in enumerate(key)]
    return PREFIX + _BETWEEN.join(parts)


def key_of(variable_name: str, given: Mapping[str, Any]) -> Key:
    """The key of a variable. A product is meant as the file spells it; without one there, as the variable does."""
    key: list[str] = []
    at: Any = given
    for part in variable_name.removeprefix(PREFIX).split(_BETWEEN):
        known = list(at) if isinstance(at, Mapping) else []
        own = part if key == ["products"] else part.lower()
        key.append(next((each for each in known if each.lower() == part.lower()), own))
        at = at.get(key[-1]) if isinstance(at, Mapping) else None
    return tuple(key)


def _names(model: type[Table], above: Key) -> Iterator[Key]:
    for attribute, field in model.model_fields.items():
        key = (*above, field.alias or attribute)
        yield key
        inner = field.annotation
        if get_origin(inner) is dict:
            key, inner = (*key, "*"), get_args(inner)[1]
            yield key
        if isinstance(inner, type) and issubclass(inner, Table):
            yield from _names(inner, key)


def _fits(name: Key, key: Key) -> bool:
    return len(name) == len(key) and all(part in ("*", given) for part, given in zip(name, key, strict=True))


def _filled(name: Key, key: Key) -> Key:
    """The known name with the merchant's own word where the unknown key has one, `<name>` elsewhere."""
    own = key[1] if len(key) > 1 and key[0] == name[0] else "<name>"
    return tuple(own if part == "*" else part for part in name)
