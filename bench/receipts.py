"""Receipts beside the SMTP-only floor: from the queue, and from an accepted sale, to the relay's 250."""

import smtplib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import children
from bench.comparison import Row, alternate, row
from bench.measured import Measured
from bench.places import Places
from bench.shop import Place


@dataclass(frozen=True, slots=True)
class Receipts:
    """`accepted` has sales that nothing was done about yet, `issued` the same with their mails in the outbox."""

    places: Places
    accepted: Place
    issued: Place
    letters: Path
    count: int


def prepare(places: Places, count: int) -> Receipts:
    """Accept and issue once; every round works on copies."""
    accepted = places.new("accepted")
    children.step(accepted.environment(), "bench.steps", "accept", str(count))
    issued = places.copy(accepted, "issued")
    children.step(issued.environment(), "bench.steps", "issue", str(count))
    letters = places.root / "letters"
    composing = places.copy(issued, "work").environment()
    children.step(composing, "bench.steps", "compose", str(count), str(letters))
    return Receipts(places, accepted, issued, letters, count)


def compare(receipts: Receipts, rounds: int) -> list[Row]:
    """All sides in turn."""
    floor, queue, sale, accept = alternate(
        rounds,
        lambda: _delivered(receipts, lambda: _floor(receipts)),
        lambda: _delivered(receipts, lambda: _step(receipts, receipts.issued, "deliver")),
        lambda: _delivered(receipts, lambda: _step(receipts, receipts.accepted, "issue_and_deliver")),
        lambda: _step(receipts, receipts.places.new("work"), "accept"),
    )
    size = receipts.letters.stat().st_size / receipts.count / 1000
    return [
        row(f"queue → delivered ({size:.0f} KB each)", floor, queue, "≥ 25 %, ≤ 1 ms"),
        row("accepted sale → issued → delivered", floor, sale),
        row("sale → accepted, without a door", None, accept),
    ]


def _floor(receipts: Receipts) -> Measured:
    port, letters = str(receipts.places.relay_port), str(receipts.letters)
    return children.step(receipts.issued.environment(), "bench.smtp_floor", port, letters)


def _step(receipts: Receipts, place: Place, name: str) -> Measured:
    """One step, on a copy where the place is prepared."""
    prepared = place in (receipts.accepted, receipts.issued)
    work = receipts.places.copy(place, "work") if prepared else place
    return children.step(work.environment(), "bench.steps", name, str(receipts.count))


def _delivered(receipts: Receipts, side: Callable[[], Measured]) -> Measured:
    """A side counts only if the relay has had each mail, and none twice."""
    before = _taken(receipts.places.relay_port)
    measured = side()
    if (arrived := _taken(receipts.places.relay_port) - before) != receipts.count:
        sys.exit(f"{arrived} mails arrived instead of {receipts.count}")
    return measured


def _taken(port: int) -> int:
    with smtplib.SMTP("127.0.0.1", port) as relay:
        return int(relay.docmd("HELP")[1])
