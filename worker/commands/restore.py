"""`restore`: a backup brought back, and the word on which its numbers wait."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from worker.actions.settle_restored import CantRelease, release_numbers
from worker.clock import system_clock
from worker.commands.opening import AskedWrongly, Config, open_desk, settings_of
from worker.commands.terminal import complain, counted, say
from worker.keeping.restoring import (
    Restored,
    Where,
    Wish,
    finish_earlier,
    restore_postgres,
    restore_sqlite,
    too_low,
)
from worker.settings import Settings

Replace = Annotated[bool, Parameter(help="Put aside what is there", negative="")]
NextNumber = Annotated[int | None, Parameter(help="The next invoice number, without its prefix")]


def restore(
    file: Annotated[Path | None, Parameter(help="A file that letterkey backup made")] = None,
    /,
    *,
    replace: Replace = False,
    next_number: NextNumber = None,
    config: Config = None,
) -> int:
    """Bring a backup back; or say which invoice number is the next after that.

    What was on its way in the backup is not sent by itself, links and sessions from before are dead, and no invoice
    number is taken until you say which is the next. If it is interrupted, run it again.

    For example:

        letterkey restore /mnt/backup/letterkey-20261122T030000Z.tar.gz
        letterkey restore backup.tar.gz --replace --next-number 1043
        letterkey restore --next-number 1043
    """
    if next_number is not None and next_number < 1:
        raise AskedWrongly(f"--next-number {next_number}: write the number, without its prefix")
    if file is None and next_number is None:
        return asyncio.run(_finish(config))
    if file is None:
        return asyncio.run(_release(next_number or 1, config))
    return asyncio.run(_restore(Wish(file, replace, next_number), config))


async def _finish(config: Path | None) -> int:
    where = _where(settings_of(config))
    earlier = finish_earlier(where) if where is not None else None
    if earlier is None:
        raise AskedWrongly("write the backup's file, or --next-number with the number that is the next")
    _tell(earlier)
    return 0


async def _release(next_number: int, config: Path | None) -> int:
    async with open_desk(config) as desk:
        end = await desk.store.write(partial(release_numbers, next_number=next_number, fresh=desk.fresh()))
    if isinstance(end, CantRelease):
        why = too_low(end.least) if end.held else "no number waits for a word; invoices.start moves the series upwards"
        complain(f"Nothing was changed: {why}.")
        return 1
    waited = counted(end, "sale that waited gets its number", "sales that waited get their numbers")
    say(f"The next invoice has the number {next_number}" + (f"; {waited} now." if end else "."))
    return 0


async def _restore(wish: Wish, config: Path | None) -> int:
    settings, clock = settings_of(config), system_clock()
    where = _where(settings)
    if where is None:
        _tell(await restore_postgres(wish, settings.database.url.get_secret_value(), clock))
        return 0
    earlier = finish_earlier(where)
    if earlier is not None:
        say("An earlier restore had been interrupted, and is finished now. Run it again if you mean another file.")
    _tell(earlier or await restore_sqlite(wish, where, clock))
    return 0


def _where(settings: Settings) -> Where | None:
    file = settings.database.path
    logo = settings.business.logo
    return None if file is None else Where(file, settings.state_dir, logo if isinstance(logo, Path) else None)


def _tell(done: Restored) -> None:
    say(f"Restored as it was at {done.made_at}.")
    if done.aside is not None:
        say(f"What was there before lies in {done.aside}.")
    if done.parked:
        parked = counted(done.parked, "mail was", "mails were")
        say(f"{parked} on the way, and none goes by itself: it may have gone out since. letterkey resend ID sends it.")
    say("Access links, codes and sessions from before are dead; customers ask for new ones.")
    if done.numbers_held:
        say(f"The last invoice number in it is {done.last_number or 'none'}. No number is taken until you say which is")
        say("the next: look for the highest that went out, then letterkey restore --next-number N.")
