"""Settings that the merchant made in the console, as they were written. Times are UTC microseconds.

Each change has a revision one higher than the last; a setting that was given back keeps its row without a value, so
that everybody hears of that too.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker.store.changes import Topic
from worker.store.engine import Row, Tx

_LOCK = "made settings"


@dataclass(frozen=True, slots=True)
class MadeRow:
    """A setting by its dotted name. `value` is as JSON says it, None: given back to the file."""

    name: str
    value: object
    revision: int
    changed_at: int
    changed_by: str


@dataclass(frozen=True, slots=True)
class MadeSettings:
    """All of them, as of `revision`."""

    rows: Sequence[MadeRow] = ()
    revision: int = 0

    @property
    def values(self) -> dict[str, object]:
        """What is set, by name; without what was given back."""
        return {row.name: row.value for row in self.rows if row.value is not None}


async def made_settings(tx: Tx) -> MadeSettings:
    """What is set now."""
    rows = [_row(row) for row in await tx.all("made_settings")]
    return MadeSettings(rows, max((row.revision for row in rows), default=0))


async def revision(tx: Tx) -> int:
    """That of the last change; 0 where none was made."""
    row = await tx.one("made_settings_revision")
    return 0 if row is None else int(row["revision"])


async def since(tx: Tx, seen: int) -> list[MadeRow]:
    """What was changed after a revision, in its order."""
    return [_row(row) for row in await tx.all("made_settings_since", revision=seen)]


async def lock(tx: Tx) -> None:
    """Until the end of the transaction nobody else changes any."""
    await tx.one("lock_name", name=_LOCK)


async def put(tx: Tx, values: Mapping[str, object], by: str, now: int) -> int:
    """Set these, None gives back; returns their revision. The caller holds the lock."""
    new = await revision(tx) + 1
    rows = [
        {
            "name": name,
            "value": None if value is None else json.dumps(value),
            "revision": new,
            "changed_at": now,
            "changed_by": by,
        }
        for name, value in values.items()
    ]
    await tx.many("made_settings_put", rows)
    tx.wake(Topic.SETTINGS)
    return new


def _row(row: Row) -> MadeRow:
    value = None if row["value"] is None else json.loads(row["value"])
    return MadeRow(row["name"], value, row["revision"], row["changed_at"], row["changed_by"])
