"""`import`: history for the customers' pages, from a provider's API or from a file.

Rules: never a receipt, never a number, never an alert; the same command again is harmless, and goes on where an earlier
one stopped.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cyclopts import Parameter

from worker.commands.import_account import import_account
from worker.commands.import_file import FileImport, TableAsked
from worker.commands.moments import since_when
from worker.commands.opening import AskedWrongly, Config, Desk, open_desk
from worker.commands.terminal import counted, progress, say
from worker.core.history import Tally
from worker.core.money import EXPONENTS
from worker.settings import KNOWN_KINDS
from worker.sources.cells import DayOrder, DecimalSign, Habits
from worker.sources.columns import FIELDS

_AN_ACCOUNT_OR_FILE = "An account, by its name under sources in the settings; or a file, - for standard input"
What = Annotated[str, Parameter(help=_AN_ACCOUNT_OR_FILE, allow_leading_hyphen=True)]
Since = Annotated[str | None, Parameter(help="Of an account: nothing that happened before this day (2024-01-31)")]
DryRun = Annotated[bool, Parameter(help="Only say what it would bring", negative="")]


@dataclass(frozen=True, slots=True)
class FileOptions:
    """What can be said about a file."""

    as_: Annotated[str | None, Parameter(name="--as", help="The account that its sales belong to")] = None
    column: Annotated[tuple[str, ...], Parameter(help="What a column holds, such as email=Contact", negative="")] = ()
    currency: Annotated[str | None, Parameter(help="Where the table names none, such as EUR")] = None
    dates: Annotated[DayOrder | None, Parameter(help="How 01/02/2024 is meant: dmy, the first of February")] = None
    decimal: Annotated[DecimalSign | None, Parameter(help="What stands before the cents, if it could be either")] = None
    minor_units: Annotated[bool, Parameter(help="Amounts are whole cents: 5831 is 58.31", negative="")] = False
    timezone: Annotated[str | None, Parameter(help="Of times that name none, if not that of your business")] = None
    delimiter: Annotated[str | None, Parameter(help="What stands between cells, if it isn't found rightly")] = None
    encoding: Annotated[str | None, Parameter(help="If neither UTF-8 nor UTF-16 nor windows-1252")] = None


Options = Annotated[FileOptions, Parameter(name="*")]
_NOTHING_SAID = FileOptions()


def import_(
    what: What,
    /,
    *,
    since: Since = None,
    dry_run: DryRun = False,
    options: Options = _NOTHING_SAID,
    config: Config = None,
) -> int:
    """Bring in what was sold before Letterkey, so that customers see it in the hub.

    Nobody gets a receipt for it, and it takes no number. It works beside a running "letterkey run". The same command
    again brings in only what is new; one that was stopped goes on where it stopped. A file holds one transaction a
    line, as "letterkey enqueue" takes them, or is a table in CSV, such as ThriveCart's export of transactions. The
    exit code is 1 if something in it can't be taken.

    For example:

        letterkey import stripe
        letterkey import stripe --since 2024-01-01 --dry-run
        letterkey import transactions.csv --as thrivecart --dry-run
        letterkey import sales.csv --column email=Contact --column total="Gross (EUR)" --currency EUR
    """
    tally = asyncio.run(_import(what, since, options, config, rehearsal=dry_run))
    progress()
    _tell(tally, rehearsal=dry_run)
    return 1 if tally.odd else 0


async def _import(what: str, since: str | None, said: FileOptions, config: Path | None, *, rehearsal: bool) -> Tally:
    async with open_desk(config) as desk:
        if what in desk.settings.sources:
            since_at = None if since is None else since_when(since, desk.timezone)
            return await import_account(desk, what, since_at, rehearsal=rehearsal)
        _must_be_a_file(what)
        if since is not None:
            raise AskedWrongly("--since is for accounts; a file is taken as a whole")
        if said.as_ is not None and said.as_ not in desk.settings.sources:
            raise AskedWrongly(f"--as {said.as_}: sources.{said.as_} is not in the settings")
        return await FileImport(desk, what, said.encoding, said.as_, _asked(desk, said), desk.policy).run(
            rehearsal=rehearsal
        )


def _must_be_a_file(what: str) -> None:
    if what == "-" or Path(what).is_file():
        return
    if what in KNOWN_KINDS:
        raise AskedWrongly(f"sources.{what} is not in the settings; letterkey connect {what} writes it there")
    raise AskedWrongly(f"{what} is neither an account in the settings nor a file; letterkey import --help tells more")


def _asked(desk: Desk, said: FileOptions) -> TableAsked:
    timezone, currency = said.timezone or desk.timezone, said.currency and said.currency.upper()
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise AskedWrongly(f"--timezone {timezone} is no time zone; write it like Europe/Berlin") from None
    if currency and currency not in EXPONENTS:
        raise AskedWrongly(f"--currency {currency} is no ISO 4217 currency; write it like EUR")
    delimiter = "\t" if said.delimiter in ("\\t", "tab") else said.delimiter
    if delimiter is not None and len(delimiter) != 1:
        raise AskedWrongly("--delimiter is one sign, such as ; or tab")
    habits = Habits(timezone, said.dates, said.decimal, said.minor_units)
    return TableAsked(_columns(said.column), habits, currency, delimiter)


def _columns(pairs: Sequence[str]) -> dict[str, str]:
    chosen = dict(pair.partition("=")[::2] for pair in pairs)
    for field, name in chosen.items():
        if field not in FIELDS or not name:
            raise AskedWrongly(f"--column {field}: write FIELD=NAME, with one of these fields: {', '.join(FIELDS)}")
    return chosen


def _tell(tally: Tally, *, rehearsal: bool) -> None:
    say(f"{counted(tally.read, 'thing was', 'things were')} read. Of the transactions in them")
    say(f"  {tally.new:>9,} {'would be' if rehearsal else 'are'} new")
    say(f"  {tally.known:>9,} were known")
    if tally.live:
        say(f"  {tally.live:>9,} are of the days in which events come in, and left to those")
    if tally.silent:
        say(f"{counted(tally.silent, 'thing tells', 'things tell')} of no payment (drafts, failed, free).")
    if tally.odd:
        say(f"{counted(sum(tally.odd.values()), 'was', 'were')} odd and left out:")
    for reason, times in sorted(tally.odd.items(), key=lambda each: -each[1])[:20]:
        say(f"  {times:>9,} × {reason}")
    if rehearsal:
        say("Nothing was kept: this was a dry run.")
