"""Milestones: when the installation was last backed up, restored, and so on; the newest of each kind."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from worker.store.engine import Tx


class Milestone(StrEnum):
    """What happened."""

    BACKUP = "backup"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Reached:
    """When (UTC microseconds), and what is to be known of it."""

    at: int
    details: Mapping[str, object]


async def reach(tx: Tx, milestone: Milestone, now: int, details: Mapping[str, object]) -> None:
    """It happened now."""
    await tx.run("milestone_set", name=milestone.value, at=now, details=json.dumps(dict(details)))


async def last(tx: Tx, milestone: Milestone) -> Reached | None:
    """When it happened last, None where it never did."""
    row = await tx.one("milestone", name=milestone.value)
    return None if row is None else Reached(row["at"], json.loads(row["details"]))
