"""History from a file: our transactions as JSON Lines, or a table as CSV. Every line that can't be taken is told."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from worker.actions.accept_transaction import Telling
from worker.actions.import_history import Taken, counted, note_import
from worker.actions.join_payment import API
from worker.actions.keep_alone import Until
from worker.commands.drawing_up import draw_up
from worker.commands.opening import AskedWrongly, Desk
from worker.commands.table_rows import Rows
from worker.commands.taking_in import Kept, Rehearsal, at_once, ends_at_for, step_aside, take_all
from worker.commands.terminal import progress, remark
from worker.commands.text_lines import Line, open_lines
from worker.core.acceptance import read_line
from worker.core.history import Tally
from worker.core.policy import Policy
from worker.core.strict_json import NotJson
from worker.core.transaction import Transaction
from worker.sources.cells import Habits
from worker.sources.columns import recognise
from worker.sources.table import Problem, Table, joined

IMPORTED = "import"
"""The source of a table that belongs to no account."""


@dataclass(frozen=True, slots=True)
class TableAsked:
    """What was said about the table: `columns` is field → name of the column."""

    columns: Mapping[str, str]
    habits: Habits
    currency: str | None
    delimiter: str | None


_Take = Callable[[Sequence[Telling], Until], Awaitable[list[Kept]]]


@dataclass(slots=True)
class FileImport:
    """The import of one file. `source` None: as its kind of file says."""

    desk: Desk
    file: str
    encoding: str | None
    source: str | None
    asked: TableAsked
    policy: Policy
    tally: Tally = field(default_factory=Tally)

    async def run(self, *, rehearsal: bool) -> Tally:
        """All of it. Raises AskedWrongly where it is no such file."""
        with open_lines(self.file, self.encoding) as lines:
            first = next((line for line in lines if line.text is None or line.text.strip()), Line(1, ""))
            if first.text is not None and first.text.lstrip().startswith("{"):
                source, told = self.source or API, self._json(_with(first, lines))
            else:
                source, told = self.source or self._cart(), self._table(_with(first, lines))
            take = Rehearsal(self.desk).take_all if rehearsal else partial(take_all, self.desk)
            while some := list(islice(told, at_once(self.desk))):
                await self._keep(source, some, take)
        if not rehearsal:
            await draw_up(self.desk, source, lambda done: progress(f"{self.tally.read} read, {done} drawn up"))
            fresh = self.desk.fresh()
            await self.desk.store.write(lambda tx: note_import(tx, source, self.tally, fresh))
        return self.tally

    async def _keep(self, source: str, some: list[tuple[int, Transaction]], take: _Take) -> None:
        tellings = [Telling(source, told) for _, told in some]
        kept = await take(tellings, Until(await ends_at_for(self.desk, source), self.policy))
        for (line, _), end in zip(some, kept, strict=True):
            if end is Taken.DIFFERENT:
                self._odd(line, "its id is here already with other content, which stays as it is")
            elif not isinstance(end, Taken):
                self._odd(line, end)
        self.tally += counted([end for end in kept if isinstance(end, Taken) and end is not Taken.DIFFERENT])
        progress(f"{self.tally.read} read")
        await step_aside(self.desk)

    def _json(self, lines: Iterator[Line]) -> Iterator[tuple[int, Transaction]]:
        now = self.desk.clock.now()
        for line in lines:
            if line.text is not None and not line.text.strip():
                continue
            self.tally += Tally(read=1)
            found = _transaction(line, now)
            if isinstance(found, Transaction):
                yield line.number, found
            else:
                self._odd(line.number, found)

    def _table(self, lines: Iterator[Line]) -> Iterator[tuple[int, Transaction]]:
        rows = Rows(lines, self._bad_row, self.asked.delimiter)
        columns = recognise(rows.header, self.asked.columns)
        if isinstance(columns, str):
            raise AskedWrongly(f"{self.file}: {columns}")
        if columns.unknown:
            remark(f"Columns that are not used: {', '.join(columns.unknown)}")
        return joined(self._rows(rows, Table(columns, self.asked.habits, self.asked.currency)))

    def _rows(self, rows: Rows, table: Table) -> Iterator[tuple[int, Transaction]]:
        for line, row in rows:
            found = table.read(row)
            self.tally += Tally(read=1, silent=0 if isinstance(found, Transaction | Problem) else 1)
            if isinstance(found, Transaction):
                yield line, found
            elif isinstance(found, Problem):
                self._odd(line, str(found))

    def _bad_row(self, line: int, reason: str) -> None:
        self.tally += Tally(read=1)
        self._odd(line, reason)

    def _odd(self, line: int, reason: str) -> None:
        remark(f"line {line}: {reason}")
        self.tally += Tally(odd=Counter([reason]))

    def _cart(self) -> str:
        """The account that a table belongs to: the only cart there is, for whose tables this is made."""
        carts = [name for name, account in self.desk.settings.sources.items() if account.kind == "thrivecart"]
        return carts[0] if len(carts) == 1 else IMPORTED


def _transaction(line: Line, now: int) -> Transaction | str:
    if line.text is None:
        return "is longer than a million characters"
    try:
        found = read_line(line.text.strip().encode(), now)
    except NotJson as error:
        return str(error)
    return found if isinstance(found, Transaction) else "; ".join(map(str, found))


def _with(first: Line, others: Iterator[Line]) -> Iterator[Line]:
    yield first
    yield from others
