"""What the program costs at its edges and at rest: its start, idling, and a file of sales through the command line."""

import time
from collections.abc import Mapping
from statistics import median

from bench import children
from bench.measured import cpu_of, rss_of
from bench.places import Places
from bench.sales import lines_of, sales

IDLE_SECONDS = 10.0
SETTLE_SECONDS = 2.0
IMPORTED = 4
"""Times as many: its start would weigh too much otherwise."""


def lines(places: Places, count: int, rounds: int) -> list[str]:
    """What was found, a line each, with its target."""
    version = median(_version(places.new("work").environment()) for _ in range(rounds))
    ready = median(_start(places.new("work").environment()) for _ in range(rounds))
    rss, busy = _idle(places.new("work").environment())
    enqueued = median(_taken_in(places, "enqueue", count) for _ in range(rounds))
    imported = median(_taken_in(places, "import", IMPORTED * count) for _ in range(rounds))
    return [
        f"letterkey --version           {version:8.2f} s",
        f"letterkey run, until ready    {ready:8.2f} s       target < 1 s",
        f"idle: memory                  {rss / 1e6:8.0f} MB      target ≤ 100 MB",
        f"idle: CPU over {IDLE_SECONDS:.0f} s           {busy:8.2%}        target near zero",
        f"letterkey enqueue, {count:,} lines {enqueued:8.0f} lines/s, start included",
        f"letterkey import, {IMPORTED * count:,} lines {imported * 60:8,.0f} a minute    target ≥ 100,000",
    ]


def _version(environment: Mapping[str, str]) -> float:
    began = time.perf_counter()
    children.output(environment, "-m", "worker", "--version")
    return time.perf_counter() - began


def _start(environment: Mapping[str, str]) -> float:
    ops, began = children.free_port(), time.perf_counter()
    with children.running(_listening(environment, ops), "-m", "worker", "run") as process:
        children.wait_until_ready(ops, process)
        return time.perf_counter() - began


def _idle(environment: Mapping[str, str]) -> tuple[int, float]:
    """Memory, and the part of one core that it keeps busy, once it has nothing to do."""
    ops = children.free_port()
    with children.running(_listening(environment, ops), "-m", "worker", "run") as process:
        children.wait_until_ready(ops, process)
        time.sleep(SETTLE_SECONDS)
        before = cpu_of(process.pid)
        time.sleep(IDLE_SECONDS)
        return rss_of(process.pid), (cpu_of(process.pid) - before) / IDLE_SECONDS


def _taken_in(places: Places, command: str, count: int) -> float:
    """Transactions a second that `command` takes from a file."""
    place = places.new("work")
    file = place.folder / "sales.jsonl"
    file.write_text(lines_of(sales(count)), encoding="utf-8")
    began = time.perf_counter()
    children.output(place.environment(), "-m", "worker", command, str(file))
    return count / (time.perf_counter() - began)


def _listening(environment: Mapping[str, str], ops: int) -> dict[str, str]:
    hub = children.free_port()
    return {
        **environment,
        "LETTERKEY_HUB__LISTEN": f"127.0.0.1:{hub}",
        "LETTERKEY_OPS__LISTEN": f"127.0.0.1:{ops}",
    }
