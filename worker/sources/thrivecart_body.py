"""The body of a ThriveCart event, form-encoded or JSON, as one tree of values. Its texts come HTML-escaped."""

import re
from html import unescape

from worker.core import instant
from worker.sources import nested_form
from worker.sources.picking import Pick

_WITHOUT_OFFSET = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]+", re.ASCII)


def tree(body: bytes, errors: str = "replace") -> Pick:
    """The event's fields; `errors` as in `nested_form.tree`. Raises UnpickableError where the body can't be read."""
    return nested_form.tree(body, unescape, errors)


def moment_of(told: Pick) -> int | None:
    """UTC microseconds of a time in seconds since 1970, in ISO 8601, or as `2026-11-22 18:48:00` (which is UTC)."""
    text = told.text()
    if text is None or "-" not in text:
        return told.moment()
    try:
        return instant.parse(f"{text.replace(' ', 'T')}Z" if _WITHOUT_OFFSET.fullmatch(text) else text)
    except ValueError as error:
        return told.refuse(str(error))
