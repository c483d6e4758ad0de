"""The mail door beside `aiosmtpd` that discards: mails of 2 KB, each kept before its 250."""

import json
import sys
from dataclasses import dataclass

from bench import children
from bench.asking import A_SECOND, WARM_UP
from bench.bringing import SESSIONS
from bench.comparison import Row, alternate, row
from bench.measured import Measured, cpu_of, rss_of
from bench.places import Places

_TRUSTED = {"LETTERKEY_INBOUND__TRUSTED_PEERS": "127.0.0.1/32"}  # more than five sessions from one machine
MOST_IN_ONE_SESSION = 500
"""On average: a session may bring a thousand."""


@dataclass(slots=True)
class Letters:
    """`brought` counts the mails so far, so that none comes twice."""

    places: Places
    count: int
    brought: int = 0


def compare(letters: Letters, rounds: int) -> list[Row]:
    """Both sides in turn."""
    floor = {"BENCH_JOURNAL": str(letters.places.root / "floor.journal")}
    place = letters.places.new("mails")
    with (
        children.running(floor, "-m", "bench.mail_floor") as bare,
        children.running(place.environment() | _TRUSTED, "-m", "bench.mail_keeping") as product,
    ):
        bare_port, port = children.port_of(bare), children.port_of(product)
        discarded, kept = alternate(
            rounds, lambda: _bring(letters, bare_port, bare.pid), lambda: _bring(letters, port, product.pid)
        )
    return [row("mail of 2 KB → durable → 250", discarded, kept, "≥ 65 %")]


def answers(places: Places, count: int) -> list[str]:
    """How long the answer to a mail takes, from final dot to final dot, with the whole program at work."""
    place, door, ops = places.new("answers"), children.free_port(), children.free_port()
    settings = place.environment() | _TRUSTED | {"LETTERKEY_RECEIPTS__STYLE": "none"}
    for step in ("accept", "issue"):
        children.step(settings, "bench.steps", step, str(count + WARM_UP))
    asking = {"BENCH_JOURNAL": str(places.root / "asking.journal")}
    with children.running(asking, "-m", "bench.asking", str(door), str(count)) as askers:
        program = settings | {
            "LETTERKEY_MAIL__SMTP_URL": f"smtp://127.0.0.1:{children.port_of(askers)}",
            "LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{door}",
            "LETTERKEY_OPS__LISTEN": f"127.0.0.1:{ops}",
            "LETTERKEY_LIMITS__OVERALL_PER_MINUTE": "1000000",
        }
        with children.running(program, "-m", "worker", "run") as running:
            children.wait_until_ready(ops, running)
            before = cpu_of(running.pid)
            assert askers.stdout is not None, "it was asked for"
            took = sorted(json.loads(askers.stdout.readline()))
            cpu = (cpu_of(running.pid) - before) / (count + WARM_UP)
    middle, late, last = (took[int(part * (len(took) - 1))] * 1000 for part in (0.5, 0.99, 1))
    return [
        f"mail in → answer at the relay, {A_SECOND}/s: p50 {middle:.1f} ms, p99 {late:.1f} ms, worst {last:.1f} ms,"
        f" CPU {cpu * 1000:.2f} ms each; target p99 ≤ 25 ms"
    ]


def _bring(letters: Letters, port: int, pid: int) -> Measured:
    count, before, seconds = 0, cpu_of(pid), 0.0
    while count < letters.count:
        some = min(letters.count - count, SESSIONS * MOST_IN_ONE_SESSION)
        environment = {"BENCH_JOURNAL": str(letters.places.root / "bringing.journal")}
        told = json.loads(
            children.output(environment, "-m", "bench.bringing", str(port), str(some), str(letters.brought))
        )
        if told["refused"]:
            sys.exit(f"{told['refused']} mails were refused")
        letters.brought, count, seconds = letters.brought + some, count + some, seconds + told["seconds"]
    return Measured(count, seconds, cpu_of(pid) - before, rss_of(pid))
