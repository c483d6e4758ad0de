"""Make settings in the console: those of one form at once, or none of them.

Rules: who saves over what another has changed meanwhile is told first; the series of numbers only goes upwards; the
audit keeps each old and new value.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker.core.fresh import Fresh
from worker.store import audit, invoices, made_settings
from worker.store.audit import Entry
from worker.store.engine import Tx
from worker.store.made_settings import MadeRow

START = "invoices.start"


@dataclass(frozen=True, slots=True)
class Wish:
    """What one form asks for. `values` by name, None gives back to the file; `seen` is the revision that the form
    showed; `otherwise` is what each setting is without the console, for the audit.
    """

    values: Mapping[str, object]
    seen: int
    who: str
    otherwise: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Made:
    """It is so now; `changed` names what is other than before."""

    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Somebody changed some of these since the form was shown; nothing was done."""

    rows: Sequence[MadeRow]


@dataclass(frozen=True, slots=True)
class Backwards:
    """The series is beyond that number; nothing was done."""

    next_number: int


async def make_settings(tx: Tx, wish: Wish, fresh: Fresh) -> Made | Overtaken | Backwards:
    """Set what the form asks for and what is not so already."""
    await made_settings.lock(tx)
    others = [row for row in await made_settings.since(tx, wish.seen) if row.name in wish.values]
    if others:
        return Overtaken(others)
    held = {row.name: row.value for row in (await made_settings.made_settings(tx)).rows}
    values = {name: value for name, value in wish.values.items() if held.get(name) != value}
    start = values.get(START)
    next_number = await invoices.next_number(tx)
    if isinstance(start, int) and next_number is not None and start < next_number:
        return Backwards(next_number)
    if values:
        await made_settings.put(tx, values, wish.who, fresh.now)
    for name, value in values.items():
        before = wish.otherwise.get(name) if held.get(name) is None else held[name]
        after = wish.otherwise.get(name) if value is None else value
        what = "setting_given_back" if value is None else "setting_made"
        details = {"old": _told(before), "new": _told(after)}
        await audit.note(tx, Entry(fresh.new_id(), fresh.now, wish.who, what, subject=name, details=details))
    return Made(tuple(values))


def _told(value: object) -> object:
    """A picture is told by its hash."""
    if isinstance(value, str) and value.startswith("data:"):
        return f"picture {hashlib.sha256(value.encode()).hexdigest()[:16]}"
    return value
