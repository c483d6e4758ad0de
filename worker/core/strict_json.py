"""JSON without surprises: what two readers would understand differently, or not at all, is refused.

Rules: UTF-8 alone; a key that stands twice in one object, NaN and Infinity, numbers of thousands of digits and deep
nesting are no transactions but mistakes or attacks; what is wrong is said with its place.
"""

import json
from collections import Counter
from collections.abc import Iterable

_NESTS = (dict, list)


class NotJson(ValueError):
    """The text can't be taken; the message says why, to follow the name of what was read."""


def parse(content: bytes, deepest: int, *, one_line: bool = False) -> object:
    """The value of a JSON text, nested at most `deepest` levels. Raises NotJson.

    `one_line`: it is a line of something longer, so that places in it have a column alone.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotJson(f"is not UTF-8: byte {error.start + 1} can't be read; write it as UTF-8") from None
    try:
        value: object = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        place = f"column {error.colno}" if one_line else f"line {error.lineno}, column {error.colno}"
        raise NotJson(f"is not JSON: {place}: {error.msg[:1].lower()}{error.msg[1:]}") from None
    except NotJson:
        raise
    except (ValueError, RecursionError):
        raise NotJson("is not JSON that anybody needs: a number is too long, or it is nested too deeply") from None
    if deeper_than(value, deepest):
        raise NotJson(f"is nested more than {deepest} levels deep; a transaction has 4")
    return value


def deeper_than(value: object, most: int) -> bool:
    """Whether a value has more levels of lists and objects than `most`; looks no further down than that."""
    level = [value] if isinstance(value, _NESTS) else []
    for _ in range(most):
        if not level:
            return False
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, _NESTS)]
    return bool(level)


def _inside(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # Counted at once: a body of a hundred thousand names would be searched as many times.
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise NotJson(f"has the key {twice[:50]!a} twice in one object; which of them counts?")
    return found


def _constant(word: str) -> object:
    raise NotJson(f"holds {word}, which is no JSON number")
