"""What a restore left to be decided, and how old the last backup is."""

from collections.abc import Iterator

from worker.checks.finding import Area, Finding
from worker.checks.scene import Scene
from worker.core.instant import DAY, iso
from worker.store import milestones, restoring
from worker.store.engine import StoreRefused, StoreUnavailable, Tx
from worker.store.milestones import Milestone, Reached
from worker.store.opening import open_store
from worker.store.ownership import must_be_whole
from worker.store.restoring import Series

AREA = Area("backup")
OLD = 2 * DAY
"""A nightly backup that failed twice."""


async def check_kept(scene: Scene) -> list[Finding]:
    """A restore that was begun is ended, numbers have their next, and the last backup is not old."""
    database = scene.settings.database
    try:
        if database.path is not None:
            must_be_whole(database.path.parent)
        if not scene.condition.ready or not scene.condition.made:
            return []
        store = await open_store(database.url.get_secret_value(), scene.clock.now)
    except StoreRefused as error:
        return [AREA.wrong("restore", str(error), "letterkey restore")]
    try:
        series, backup = await store.read(_look)
    except StoreUnavailable:
        return []
    finally:
        await store.close()
    return [*_numbers(series), *_backup(backup, scene.clock.now())]


async def _look(tx: Tx) -> tuple[Series, Reached | None]:
    return await restoring.series(tx), await milestones.last(tx, Milestone.BACKUP)


def _numbers(series: Series) -> Iterator[Finding]:
    if series.held_at is not None:
        text = f"no invoice number is taken since the restore of {iso(series.held_at)}"
        remedy = "look for the highest that went out, then letterkey restore --next-number N with the one after it"
        yield AREA.wrong("numbers", text, remedy)


def _backup(backup: Reached | None, now: int) -> Iterator[Finding]:
    """Who never made one with `letterkey backup` may do it in a way of their own."""
    if backup is None:
        return
    if now - backup.at > OLD:
        remedy = "letterkey backup FOLDER --keep 14 once a night (docs/operating.md)"
        yield AREA.look("last", f"the last good one is of {iso(backup.at)}", remedy)
    else:
        yield AREA.works("last", f"made at {iso(backup.at)}")
