"""`import`: history for the customers' pages, from a provider's API or from a file.

Rules: never a receipt, never a number, never an alert; the same command again is harmless, and goes on where an earlier
one stopped.
"""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from worker.commands.import_account import import_account
from worker.commands.moments import since_when
from worker.commands.opening import AskedWrongly, Config, Desk, open_desk
from worker.commands.terminal import counted, progress, say
from worker.core.history import Tally
from worker.settings import KNOWN_KINDS

What = Annotated[str, Parameter(help="An account, by its name under sources in the settings")]
Since = Annotated[str | None, Parameter(help="Nothing that happened before this day, such as 2024-01-31")]
DryRun = Annotated[bool, Parameter(help="Only say what it would bring", negative="")]


def import_(what: What, /, *, since: Since = None, dry_run: DryRun = False, config: Config = None) -> int:
    """Bring in what was sold before Letterkey, so that customers see it in the hub.

    Nobody gets a receipt for it, and it takes no number. It works beside a running "letterkey run". The same command
    again brings in only what is new; one that was stopped goes on where it stopped.

    For example:

        letterkey import stripe
        letterkey import stripe --since 2024-01-01 --dry-run
    """
    tally = asyncio.run(_import(what, since, config, rehearsal=dry_run))
    progress()
    _tell(tally, rehearsal=dry_run)
    return 1 if tally.odd else 0


async def _import(what: str, since: str | None, config: Path | None, *, rehearsal: bool) -> Tally:
    async with open_desk(config) as desk:
        _must_be_known(desk, what)
        since_at = None if since is None else since_when(since, desk.timezone)
        return await import_account(desk, what, since_at, rehearsal=rehearsal)


def _must_be_known(desk: Desk, what: str) -> None:
    if what in desk.settings.sources:
        return
    if what in KNOWN_KINDS:
        raise AskedWrongly(f"sources.{what} is not in the settings; letterkey connect {what} writes it there")
    raise AskedWrongly(f"{what} is no account in the settings; letterkey import --help shows what can be imported")


def _tell(tally: Tally, *, rehearsal: bool) -> None:
    say(f"{counted(tally.read, 'thing was', 'things were')} read. Of the transactions in them")
    say(f"  {tally.new:>9,} {'would be' if rehearsal else 'are'} new")
    say(f"  {tally.known:>9,} were known")
    if tally.live:
        say(f"  {tally.live:>9,} are of the days in which events come in, and left to those")
    if tally.silent:
        say(f"{counted(tally.silent, 'thing tells', 'things tell')} of no payment (drafts, failed, free).")
    for reason, times in sorted(tally.odd.items(), key=lambda each: -each[1]):
        say(f"odd, {counted(times, 'time', 'times')}: {reason}")
    if rehearsal:
        say("Nothing was kept: this was a dry run.")
