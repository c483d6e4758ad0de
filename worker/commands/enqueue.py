"""`enqueue`: transactions as JSON Lines, each answered once it is durable.

Rules: lines go in together, as many as have come, for one commit serves many; two lines of one id keep their order, so
that the second is the duplicate or the conflict; a broken line never stops the others.
"""

import asyncio
import os
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from worker.actions.accept_transaction import Telling, accept_transaction
from worker.actions.join_payment import API
from worker.commands.byte_pieces import pieces_of
from worker.commands.json_lines import TOO_LONG, LineSplitter, NumberedLine
from worker.commands.opening import AskedWrongly, Config, Desk, open_desk
from worker.commands.terminal import say
from worker.core.acceptance import read_line
from worker.core.strict_json import NotJson
from worker.core.transaction import Transaction
from worker.store.engine import StoreUnavailable

File = Annotated[str, Parameter(help="The file, or - for standard input", allow_leading_hyphen=True)]


class Outcome(StrEnum):
    """What became of a line. The last: the database could not take it, and the same line may go in later."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    NOT_KEPT = "not kept"


_GOOD = (Outcome.ACCEPTED, Outcome.DUPLICATE)
_WORDS = {
    Outcome.CONFLICT: "this id is here already with other content, which stays as it is; a correction needs a new id",
    Outcome.NOT_KEPT: "the database can't take it now; run the same file again later, what went in is a duplicate then",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said about a line."""

    line: int
    outcome: Outcome
    about: str

    def __str__(self) -> str:
        words = ": ".join(part for part in (self.about, _WORDS.get(self.outcome)) if part)
        return f"line {self.line}: {self.outcome:9}  {words}"


def enqueue(file: File, /, *, config: Config = None) -> int:
    """Take in transactions, one JSON object a line.

    Each is durable before it is reported as accepted. The same id again is a duplicate and changes nothing; the same
    id with other content is a conflict. It works beside a running "letterkey run", which mails the receipts at once.
    The exit code is 1 if a line was rejected or in conflict.

    For example:

        letterkey enqueue sales.jsonl
        my-shop export | letterkey enqueue -
    """
    with _opened(file) as descriptor:
        totals = asyncio.run(_enqueue(descriptor, config))
    shown = [outcome for outcome in Outcome if outcome is not Outcome.NOT_KEPT or totals[outcome]]
    say("In all: " + ", ".join(f"{totals[outcome]} {outcome}" for outcome in shown))
    return 0 if totals.total() == sum(totals[outcome] for outcome in _GOOD) else 1


@contextmanager
def _opened(file: str) -> Iterator[int]:
    if file == "-":
        yield sys.stdin.fileno()
        return
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError as error:
        hint = "; letterkey enqueue --help shows the options" if file.startswith("-") else ""
        raise AskedWrongly(f"{file} can't be opened: {error.strerror}{hint}") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def _enqueue(descriptor: int, config: Path | None) -> Counter[Outcome]:
    totals: Counter[Outcome] = Counter()
    async with open_desk(config) as desk:
        async for lines in _lines_of(descriptor):
            for answer in await _take_in(desk, lines):
                totals[answer.outcome] += 1
                say(str(answer))
            if totals[Outcome.NOT_KEPT]:
                break
    return totals


async def _lines_of(descriptor: int) -> AsyncIterator[list[NumberedLine]]:
    """The lines, as many at once as came at once."""
    splitter = LineSplitter()
    try:
        async for piece in pieces_of(descriptor):
            yield list(splitter.feed(piece))
    except OSError as error:
        raise AskedWrongly(f"the file can't be read to its end: {error.strerror}") from None
    yield list(splitter.end())


async def _take_in(desk: Desk, lines: Sequence[NumberedLine]) -> list[Answer]:
    """Each line in a transaction of its own, all at the same time but for those of one id."""
    answers: list[Answer] = []
    good: defaultdict[str, list[tuple[int, Transaction]]] = defaultdict(list)
    for line in lines:
        found = _transaction(line, desk.clock.now())
        if isinstance(found, Transaction):
            good[found.id].append((line.number, found))
        else:
            answers.append(Answer(line.number, Outcome.REJECTED, found))
    for some in await asyncio.gather(*(_accept_in_turn(desk, told) for told in good.values())):
        answers += some
    return sorted(answers, key=lambda answer: answer.line)


def _transaction(line: NumberedLine, now: int) -> Transaction | str:
    """The transaction of a line, or what is wrong with it."""
    if line.content is None:
        return TOO_LONG
    try:
        found = read_line(line.content.strip(), now)
    except NotJson as error:
        return str(error)
    return found if isinstance(found, Transaction) else "; ".join(map(str, found))


async def _accept_in_turn(desk: Desk, told: Iterable[tuple[int, Transaction]]) -> list[Answer]:
    return [Answer(line, await _accept(desk, transaction), transaction.id) for line, transaction in told]


async def _accept(desk: Desk, transaction: Transaction) -> Outcome:
    fresh, telling = desk.fresh(), Telling(API, transaction)
    try:
        return Outcome(await desk.store.write(lambda tx: accept_transaction(tx, telling, fresh)))
    except StoreUnavailable:
        return Outcome.NOT_KEPT
