"""Sets of six events that are told in every order, and the end to which each order must come.

A set is a folder of `tests/sources/sixes/` with six files, `<number>-<account>-<event>.<ending>`, numbered as they
would come; an account is called like its source, or `<source>_<word>` where a set has two at one provider. Each event
is told twice, the second time when another one has come between, under another id of its delivery.

Fast: orders that begin alike share their beginning, by savepoints in one transaction that is never committed.
"""

import itertools
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.databases import START
from support.desk import POLICY
from worker.actions.accept_transaction import Answer
from worker.actions.issue_receipt import issue_receipt
from worker.actions.understand_event import accept_told, begin_event, keep_events, link_told
from worker.clock import ordered_id
from worker.core.fresh import Fresh
from worker.core.instant import DAY, HOUR, SECOND
from worker.sources import SOURCES
from worker.sources.event import Ignored, Linked, RawEvent, Reading, Told
from worker.store import events, transactions
from worker.store.engine import Tx
from worker.store.events import NewEvent
from worker.store.named_queries import load
from worker.store.sqlite_tx import SqliteTx

SETS = Path(__file__).parents[1] / "sources" / "sixes"
NOW = START + 400 * DAY
"""Later than anything in the sets: nothing in them lies ahead."""

End = dict[str, list[Any]]
_END = {
    "customers": """SELECT email, name, company, tax_id, phone, locale, address FROM customers""",
    "known by": """SELECT r.source, r.ref, c.email FROM customer_refs r JOIN customers c ON c.id = r.customer_id""",
    "addresses": """SELECT e.address, c.email FROM customer_emails e JOIN customers c ON c.id = e.customer_id""",
    "subscriptions": """SELECT s.source, s.ref, c.email, s.name, s.amount, s.currency, s.interval, s.interval_count,
        s.status, s.next_payment_at, s.payments_made, s.payments_total, s.cancel_at, s.test
        FROM subscriptions s LEFT JOIN customers c ON c.id = s.customer_id""",
    "documents": """SELECT i.kind, c.email, i.frozen FROM invoices i JOIN customers c ON c.id = i.customer_id""",
    "mails": """SELECT kind, recipient, COUNT(*) FROM outbox GROUP BY kind, recipient""",
    "told": """SELECT source, source_id, flag FROM transactions""",
    "unsettled": """SELECT source, source_id, state, waits_for FROM transactions
        WHERE state NOT IN ('done', 'merged')""",
}
"""What is compared: nothing that says when, or by which id of ours."""
_OF_ANY = ("issuer", "currency", "total", "test", "sums_differ")
"""Not its number, nor what was known of the buyer or given back by then: these are each order's own."""
_OF_A_SALE = ("supplied_at", "lines", "taxes", "external_url")
"""A refund doesn't wait for a richer telling: its lines and time are those of the first."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a set, and how its source reads it."""

    name: str
    account: str
    body: bytes
    reading: Reading


def sets() -> list[str]:
    """The names of all sets."""
    return sorted(folder.name for folder in SETS.iterdir())


def six(name: str) -> tuple[Event, ...]:
    """The events of a set, in the order in which they would come."""
    return tuple(_event(path) for path in sorted((SETS / name).iterdir()))


def _event(path: Path) -> Event:
    account, body = path.name.split("-")[1], path.read_bytes()
    reading = SOURCES[account.partition("_")[0]].read(RawEvent({}, body, START))
    return Event(path.name, account, body, reading)


@dataclass(slots=True)
class Teller:
    """Tells events in a transaction and issues what is due, a second after another."""

    tx: Tx
    now: int = NOW
    count: "itertools.count[int]" = field(default_factory=itertools.count)

    async def tell(self, event: Event) -> list[Answer]:
        """The event comes, and everything that is due then is done."""
        self.now += SECOND
        fresh, ours = self.fresh(), self._id()
        new = NewEvent(ours, event.account, f"{event.name}:{ours}", event.name, self.now, {}, event.body)
        assert await keep_events(self.tx, [new])
        kept = await events.by_id(self.tx, ours)
        assert kept is not None
        assert await begin_event(self.tx, kept, fresh)
        answers: list[Answer] = []
        match event.reading:
            case Told() as told:
                found = await accept_told(self.tx, kept, told, fresh)
                answers = [answer for _, answer in found or ()]
            case Linked(references):
                await link_told(self.tx, kept, references, fresh)
            case Ignored():
                pass
            case _:
                raise AssertionError(f"{event.name}: {event.reading}")
        await self.issue()
        return answers

    async def end(self) -> None:
        """Time passes, until nothing moves any more."""
        for _ in range(3):
            self.now += 2 * HOUR
            await self.issue()

    async def issue(self) -> None:
        while due := await transactions.due(self.tx, self.now, 100):
            for each in due:
                await issue_receipt(self.tx, each, POLICY, self.fresh())

    def fresh(self) -> Fresh:
        return Fresh(self.now, self._id, self._id)

    def _id(self) -> str:
        return ordered_id(self.now, next(self.count))


async def told_in(tx: Tx, order: Sequence[Event]) -> End:
    """The end of one order."""
    teller, before = Teller(tx), None
    for event in order:
        await _tell_next(teller, before, event)
        before = event
    return await _ended(teller, order[-1])


async def every_end(connection: sqlite3.Connection, events: Sequence[Event]) -> list[tuple[list[str], End]]:
    """Each order of the events, by their names, with its end."""
    teller = Teller(SqliteTx(connection, load("sqlite")))
    ends: list[tuple[list[str], End]] = []
    connection.create_function("now_us", 0, lambda: teller.now)
    connection.execute("BEGIN")
    await _ends(teller, (), tuple(events), ends)
    return ends


async def _ends(
    teller: Teller, before: tuple[Event, ...], left: tuple[Event, ...], ends: list[tuple[list[str], End]]
) -> None:
    if not left:
        with _tried(teller):
            ends.append(([each.name for each in before], await _ended(teller, before[-1])))
    for event in left:
        with _tried(teller):
            await _tell_next(teller, before[-1] if before else None, event)
            await _ends(teller, (*before, event), tuple(each for each in left if each is not event), ends)


@contextmanager
def _tried(teller: Teller) -> Iterator[None]:
    """What happens inside is undone."""
    connection, now = teller.tx._connection, teller.now  # type: ignore[attr-defined]
    connection.execute("SAVEPOINT here")
    try:
        yield
    finally:
        teller.now = now
        connection.execute("ROLLBACK TO here")
        connection.execute("RELEASE here")


async def _tell_next(teller: Teller, before: Event | None, event: Event) -> None:
    assert set(await teller.tell(event)) <= {Answer.ACCEPTED, Answer.DUPLICATE}, event.name
    if before is not None:
        await _again(teller, before)


async def _ended(teller: Teller, last: Event) -> End:
    await _again(teller, last)
    await teller.end()
    return await end_in(teller.tx)


async def end_in(tx: Tx) -> End:
    """What was known, drawn up and mailed in the end."""
    return {what: await _rows(tx, what) for what in _END}


async def _again(teller: Teller, event: Event) -> None:
    assert set(await teller.tell(event)) <= {Answer.DUPLICATE}, f"{event.name}, told again"


async def _rows(tx: Any, what: str) -> list[Any]:
    connection, sql = tx._connection, _END[what]
    rows = connection.execute(sql).fetchall() if isinstance(tx, SqliteTx) else await connection.fetch(sql)
    return sorted((_plain(what, tuple(row)) for row in rows), key=repr)


def _plain(what: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    if what != "documents":
        return row
    frozen = json.loads(row[-1])
    names = (*_OF_ANY, *(() if frozen["credits"] else _OF_A_SALE))
    return (*row[:-1], json.dumps([frozen[name] for name in names]))
