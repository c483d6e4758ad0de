"""How far the import of an account's history has come, so that it goes on where it stopped, however it was stopped."""

from dataclasses import dataclass

from worker.core.history import Tally, tally_from_json, tally_to_json
from worker.store.engine import Tx


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import of an account. `place` is where the next page begins, in its source's words; None once all is read.

    `since`: nothing that happened before this is wanted (UTC microseconds, None: all).
    """

    source: str
    began_at: int
    since: int | None
    place: str | None
    tally: Tally
    finished_at: int | None = None


async def begin(tx: Tx, row: ImportRow) -> None:
    """Begin an import; an earlier one of this account is forgotten."""
    await tx.run(
        "import_begin",
        source=row.source,
        began_at=row.began_at,
        since=row.since,
        place=row.place,
        tally=tally_to_json(row.tally),
    )


async def of(tx: Tx, source: str) -> ImportRow | None:
    """The last import of an account."""
    row = await tx.one("import_of", source=source)
    if row is None:
        return None
    tally = tally_from_json(row["tally"])
    return ImportRow(row["source"], row["began_at"], row["since"], row["place"], tally, row["finished_at"])


async def advance(tx: Tx, row: ImportRow, next_place: str | None) -> Tally | None:
    """Go on to the next page; returns the tally so far, None where another import of this account was here first."""
    found = await tx.one(
        "import_advance", source=row.source, began_at=row.began_at, place=row.place, next_place=next_place
    )
    return None if found is None else tally_from_json(found["tally"])


async def set_tally(tx: Tx, source: str, tally: Tally) -> None:
    """Write down what became of all that was read."""
    await tx.run("import_set_tally", source=source, tally=tally_to_json(tally))


async def finish(tx: Tx, row: ImportRow, now: int) -> bool:
    """All is read and drawn up; False where it was finished, or begun anew, by another."""
    return await tx.one("import_finish", source=row.source, began_at=row.began_at, now=now) is not None


async def first_event_at(tx: Tx, source: str) -> int | None:
    """When the first event of this account came in (UTC microseconds)."""
    row = await tx.one("event_first", source=source)
    return None if row is None else int(row["received_at"])
