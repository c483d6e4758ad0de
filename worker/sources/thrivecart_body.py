"""The body of a ThriveCart event, form-encoded or JSON, as one tree of values.

Rules: a form's names nest in brackets (`order[charges][0][amount]`); what is absent is written as `null`, `false` or an
empty text in both forms; names and addresses come HTML-escaped. Which form it is shows in the first sign of the body,
for the header Content-Type is not to be relied on behind proxies and automation tools.
"""

import re
from html import unescape
from urllib.parse import parse_qsl

from worker.core import instant
from worker.sources.picking import Pick, UnpickableError, from_json

_MOST_FIELDS = 5_000
"""An order of a hundred charges has about 3,000 fields."""

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\]){0,8})")
_BRACKETED = re.compile(r"\[([^\[\]]*)\]")
_MOST_DEPTH = 10
_WITHOUT_OFFSET = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]+", re.ASCII)


def tree(body: bytes) -> Pick:
    """The event's fields. Raises UnpickableError where the body can't be read."""
    found = from_json(body).value if body.lstrip()[:1] in (b"{", b"[") else _form(body)
    return Pick(_cleaned(found, 0))


def _form(body: bytes) -> dict[str, object]:
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise UnpickableError("is no form that can be read", "") from None
    form: dict[str, object] = {}
    for name, value in pairs:
        _put(form, name, value)
    return form


def _put(form: dict[str, object], name: str, value: str) -> None:
    match = _NAME.fullmatch(name)
    if match is None:
        return  # no name that ThriveCart writes
    keys = [match[1], *_BRACKETED.findall(match[2])]
    here = form
    for key in keys[:-1]:
        inner = here.setdefault(key or str(len(here)), {})
        if not isinstance(inner, dict):
            return  # a field that is both text and object: the first to come counts
        here = inner
    here.setdefault(keys[-1] or str(len(here)), value)


def _cleaned(value: object, depth: int) -> object:
    if depth > _MOST_DEPTH:
        raise UnpickableError("is nested too deeply", "")
    if isinstance(value, dict):
        return {key: _cleaned(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item, depth + 1) for item in value]
    if isinstance(value, str):
        return None if value in ("", "null", "false") else unescape(value)
    return None if value is False else value


def moment_of(told: Pick) -> int | None:
    """UTC microseconds of a time in seconds since 1970, in ISO 8601, or as `2026-11-22 18:48:00` (which is UTC)."""
    text = told.text()
    if text is None or "-" not in text:
        return told.moment()
    try:
        return instant.parse(f"{text.replace(' ', 'T')}Z" if _WITHOUT_OFFSET.fullmatch(text) else text)
    except ValueError as error:
        return told.refuse(str(error))
