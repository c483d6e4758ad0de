"""Group commit on SQLite: bodies that wait together run one after another, and one COMMIT closes them all.

Rules: each body has a SAVEPOINT of its own, so that a failed one is rolled back alone. Where the
COMMIT fails, all fail.
"""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.store.changes import Topic
from worker.store.engine import Body, StoreUnavailable
from worker.store.sqlite_tx import SqliteTx, drive, is_trouble

GROUP_BODIES = 64
GROUP_SECONDS = 0.005
"""A group closes after this many bodies or this long, so that nobody waits long for the others' work."""
PATIENCE_SECONDS = 0.1
"""Once the oldest of the patient has waited for so long, they go first."""


@dataclass(slots=True)
class Pending:
    """A body in the queue, and what became of it."""

    body: Body[Any]
    done: asyncio.Future[Any]
    patient: bool = False
    since: float = field(default_factory=time.monotonic)
    result: Any = None
    error: BaseException | None = None


@dataclass(slots=True)
class Waiting:
    """The queue: those whose answer somebody waits for go first, but none waits much longer than `PATIENCE_SECONDS`."""

    _first: deque[Pending] = field(default_factory=deque)
    _patient: deque[Pending] = field(default_factory=deque)

    def __len__(self) -> int:
        return len(self._first) + len(self._patient)

    def add(self, pending: Pending) -> None:
        (self._patient if pending.patient else self._first).append(pending)

    def take(self) -> list[Pending]:
        """The next group."""
        late = bool(self._patient) and time.monotonic() - self._patient[0].since > PATIENCE_SECONDS
        queues = (self._patient, self._first) if late else (self._first, self._patient)
        group: list[Pending] = []
        for queue in queues:
            while queue and len(group) < GROUP_BODIES:
                group.append(queue.popleft())
        return group

    def put_back(self, left: list[Pending]) -> None:
        """Those for whom there was no time: they are the next of their kind."""
        for pending in reversed(left):
            (self._patient if pending.patient else self._first).appendleft(pending)


@dataclass(slots=True)
class Group:
    """The bodies that one COMMIT closed."""

    ran: list[Pending] = field(default_factory=list)
    left: list[Pending] = field(default_factory=list)
    woken: set[Topic] = field(default_factory=set)


def run_group(connection: sqlite3.Connection, queries: Mapping[str, Callable[..., Any]], group: list[Pending]) -> Group:
    """One transaction for as many bodies as fit the time; a failed body is rolled back alone."""
    closed, began = Group(), time.monotonic()
    connection.execute("BEGIN IMMEDIATE")
    try:
        for index, pending in enumerate(group):
            if index and time.monotonic() - began > GROUP_SECONDS:
                closed.left = group[index:]
                break
            closed.woken |= _run_body(connection, queries, pending)
            closed.ran.append(pending)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return closed


def _run_body(
    connection: sqlite3.Connection, queries: Mapping[str, Callable[..., Any]], pending: Pending
) -> set[Topic]:
    tx = SqliteTx(connection, queries)
    connection.execute("SAVEPOINT body")
    try:
        pending.result = drive(pending.body(tx))
    except BaseException as error:  # whatever it is, it is this body's alone
        pending.error = error
        if not connection.in_transaction:  # a full disk rolls everything back: the whole group has failed
            raise
        connection.execute("ROLLBACK TO body")
        tx.woken.clear()
    connection.execute("RELEASE body")
    return tx.woken


def settle(pending: Pending) -> None:
    """Tell who waits for a body what became of it."""
    if pending.done.done():  # whoever waited for it was cancelled; what it did stays done
        return
    if pending.error is None:
        pending.done.set_result(pending.result)
    elif is_trouble(pending.error):
        pending.done.set_exception(StoreUnavailable(str(pending.error)))
    else:
        pending.done.set_exception(pending.error)


def fail(group: list[Pending], error: Exception) -> None:
    """Tell all who still wait that nothing was committed."""
    for pending in group:
        if not pending.done.done():
            pending.done.set_exception(error)
