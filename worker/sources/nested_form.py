"""A body that is a form whose names nest in brackets (`order[charges][0][amount]`), or JSON, as one tree of values.

Rules: which of the two it is shows in the first sign of the body, for the header Content-Type is not to be relied on
behind proxies and automation tools; what is absent is written as `null`, `false` or an empty text in both.
"""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from worker.sources.picking import Pick, UnpickableError, from_json

_MOST_FIELDS = 5_000
"""An order of a hundred charges has about 3,000 fields."""

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\]){0,8})")
_BRACKETED = re.compile(r"\[([^\[\]]*)\]")
_MOST_DEPTH = 10


def tree(body: bytes, clean: Callable[[str], str] = str, errors: str = "replace") -> Pick:
    """The fields, each text through `clean`. Raises UnpickableError where the body can't be read.

    `errors`: what becomes of bytes in a form that are no UTF-8, as in `bytes.decode`.
    """
    found = from_json(body).value if body.lstrip()[:1] in (b"{", b"[") else _form(body, errors)
    return Pick(_cleaned(found, clean, 0))


def _form(body: bytes, errors: str) -> dict[str, object]:
    try:
        text = body.decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors=errors)
    except UnicodeDecodeError:
        raise UnpickableError("is not in UTF-8", "") from None
    except ValueError:
        raise UnpickableError("is no form that can be read", "") from None
    form: dict[str, object] = {}
    for name, value in pairs:
        _put(form, name, value)
    return form


def _put(form: dict[str, object], name: str, value: str) -> None:
    match = _NAME.fullmatch(name)
    if match is None:
        return  # no name that a provider writes
    keys = [match[1], *_BRACKETED.findall(match[2])]
    here = form
    for key in keys[:-1]:
        inner = here.setdefault(key or str(len(here)), {})
        if not isinstance(inner, dict):
            return  # a field that is both text and object: the first to come counts
        here = inner
    here.setdefault(keys[-1] or str(len(here)), value)


def _cleaned(value: object, clean: Callable[[str], str], depth: int) -> object:
    if depth > _MOST_DEPTH:
        raise UnpickableError("is nested too deeply", "")
    if isinstance(value, dict):
        return {key: _cleaned(item, clean, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item, clean, depth + 1) for item in value]
    if isinstance(value, str):
        return None if value in ("", "null", "false") else clean(value)
    return None if value is False else value
