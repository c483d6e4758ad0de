"""`python -m bench`: measures everything and prints it as one table.

Only ratios within one run count: machines differ, and a busy one is slower. Each comparison takes its sides in turn and
shows medians; every side has a process of its own, the relay too.
"""

import argparse
import os
import platform
import signal
import sys
import tempfile
from pathlib import Path

from bench import children, composing, doors, habits, hub, loop, mails_in, receipts
from bench.comparison import Row, heading
from bench.doors import Doors
from bench.mails_in import Letters
from bench.places import Places

PARTS = ("receipts", "composing", "doors", "mails", "hub", "habits")

ASKED = 1_000
"""Customers who ask for a link by mail, in 20 seconds."""
SOLD_A_SECOND = (50, 200)
"""Sales, for 10 seconds each."""


def main() -> None:
    asked = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no child and no folder stays behind
    with tempfile.TemporaryDirectory(prefix="letterkey-bench-") as folder:
        root = Path(folder)
        with children.running({"BENCH_JOURNAL": str(root / "sink.journal")}, "-m", "bench.sink") as sink:
            places = Places(root, asked.postgres, children.port_of(sink))
            try:
                _measure(places, asked)
            finally:
                places.close()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Letterkey beside its floors.")
    parser.add_argument("--count", type=int, default=5000, help="receipts and requests a round (5000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side is measured (3)")
    parser.add_argument("--postgres", metavar="URL", help="on PostgreSQL: a database whose user may create others")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part only; may be given several times")
    return parser.parse_args()


def _measure(places: Places, asked: argparse.Namespace) -> None:
    parts = asked.only or PARTS
    database = "PostgreSQL" if asked.postgres else "SQLite"
    machine = f"Python {platform.python_version()}, {loop.name()}, {os.cpu_count()} cores"
    print(f"Letterkey on {database}, {machine}; {asked.count:,} different sales, medians of {asked.rounds} rounds")
    if "receipts" in parts or "composing" in parts:
        prepared = receipts.prepare(places, asked.count)
    if "receipts" in parts:
        _show("Receipts beside aiosmtplib alone (8 kept connections)", receipts.compare(prepared, asked.rounds))
    if "composing" in parts:
        _show("Composing beside EmailMessage", composing.compare(prepared, asked.rounds))
    if "doors" in parts:
        rows = doors.compare(Doors(places, asked.count), asked.rounds)
        _show("Doors beside a bare aiohttp handler (16 kept connections)", rows)
        print("\nSales told by signed webhooks", flush=True)
        for a_second in SOLD_A_SECOND:
            print(doors.receipts(places, a_second, 10 * a_second), flush=True)
    if "mails" in parts:
        rows = mails_in.compare(Letters(places, asked.count), asked.rounds)
        _show("Mails in beside a bare aiosmtpd that discards them (10 kept sessions)", rows)
        print(*mails_in.answers(places, ASKED), sep="\n", flush=True)
    if "hub" in parts:
        _show("The hub beside a bare aiohttp + Jinja2 page", hub.compare(places, asked.count, asked.rounds))
    if "habits" in parts:
        print("\nHabits", *habits.lines(places, asked.count, asked.rounds), sep="\n", flush=True)


def _show(title: str, rows: list[Row]) -> None:
    print(heading(title), *rows, sep="\n", flush=True)


if __name__ == "__main__":
    main()
