"""Import history: what was read, and how far that has come, go into the database together.

Rules: what is known stays as it is, whoever told it; what happened while events come in is left to them; an import that
is stopped at any moment goes on with the page whose transaction didn't end.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from worker.actions.accept_transaction import Answer, Telling, accept_transaction
from worker.actions.keep_alone import Until, keep_alone
from worker.core.fresh import Fresh
from worker.core.history import Tally
from worker.core.transaction import fingerprint
from worker.store import audit, imports, transactions
from worker.store.audit import Entry
from worker.store.engine import Tx
from worker.store.imports import ImportRow


class Taken(StrEnum):
    """What became of a telling of history."""

    NEW = "new"
    KNOWN = "known"
    DIFFERENT = "different"  # known, in other words, which stay
    LIVE = "live"


async def take_in(tx: Tx, told: Sequence[Telling], until: Until, fresh: Fresh) -> list[Taken]:
    """Keep what was told as history."""
    alone = await keep_alone(tx, told, until, fresh)
    return [
        Taken.NEW if number in alone else await _take_in(tx, each, until, fresh) for number, each in enumerate(told)
    ]


async def begin_import(tx: Tx, row: ImportRow) -> ImportRow:
    """The unfinished import of this account that wants the same, or `row` as a new one."""
    before = await imports.of(tx, row.source)
    if before is not None and before.finished_at is None and before.since == row.since:
        return before
    await imports.begin(tx, row)
    return row


async def turn_page(
    tx: Tx, row: ImportRow, next_place: str | None, page: tuple[Sequence[Telling], Tally, Until], fresh: Fresh
) -> Tally | None:
    """Keep a page with the tally of what it holds besides (and where history ends); returns the tally of all so far.

    None where another import of this account was here first: then nothing is kept.
    """
    before = await imports.advance(tx, row, next_place)
    if before is None:
        return None
    told, besides, until = page
    so_far = before + besides + counted(await take_in(tx, told, until, fresh))
    await imports.set_tally(tx, row.source, so_far)
    return so_far


async def finish_import(tx: Tx, row: ImportRow, tally: Tally, fresh: Fresh) -> None:
    """All is read and drawn up."""
    if await imports.finish(tx, row, fresh.now):
        await note_import(tx, row.source, tally, fresh)


async def note_import(tx: Tx, source: str, tally: Tally, fresh: Fresh) -> None:
    """Write into the audit that history was imported."""
    details = {"read": tally.read, "new": tally.new, "known": tally.known, "odd": sum(tally.odd.values())}
    await audit.note(tx, Entry(fresh.new_id(), fresh.now, "command", "import", None, source, details))


def counted(taken: Sequence[Taken]) -> Tally:
    """How many of each."""
    known = taken.count(Taken.KNOWN) + taken.count(Taken.DIFFERENT)
    return Tally(new=taken.count(Taken.NEW), known=known, live=taken.count(Taken.LIVE))


async def _take_in(tx: Tx, telling: Telling, until: Until, fresh: Fresh) -> Taken:
    told = telling.transaction
    if until.leaves(told):
        known = await transactions.known(tx, telling.source, told.id)
        return Taken.LIVE if known is None else Taken.KNOWN
    if await accept_transaction(tx, replace(telling, imported=True), fresh) is Answer.ACCEPTED:
        return Taken.NEW
    known = await transactions.known(tx, telling.source, told.id)
    return Taken.KNOWN if known is not None and known.fingerprint == fingerprint(told) else Taken.DIFFERENT
