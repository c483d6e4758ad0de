"""The doors beside a bare handler: sales through the API, and a provider's signed events, durable before the answer."""

import hashlib
import hmac
import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import children
from bench.comparison import Row, alternate, row
from bench.measured import Measured, cpu_of, rss_of
from bench.places import Places
from bench.sales import sales
from bench.selling import WARM_UP
from bench.shop import API_KEY, WEBHOOK_SECRET

_EVENT = Path(__file__).parent.parent / "data" / "samples" / "stripe" / "1-invoice.paid.json"


@dataclass(slots=True)
class Doors:
    """`sent` counts what went in so far, so that nothing is told twice."""

    places: Places
    count: int
    sent: int = 0


def compare(doors: Doors, rounds: int) -> list[Row]:
    """A bare handler and the two doors, in turn."""
    floor = {"BENCH_JOURNAL": str(doors.places.root / "floor.journal")}
    place = doors.places.new("doors")
    hub, ops = children.free_port(), children.free_port()
    settings = place.environment() | {
        "LETTERKEY_HUB__LISTEN": f"127.0.0.1:{hub}",
        "LETTERKEY_OPS__LISTEN": f"127.0.0.1:{ops}",
    }
    with (
        children.running(floor, "-m", "bench.door_floor") as bare,
        children.running(settings, "-m", "worker", "run", "--only", "hub") as product,
    ):
        bare_port = children.port_of(bare)
        children.wait_until_ready(ops, product)
        bare_api, api, bare_hook, hook = alternate(
            rounds,
            lambda: _knock(doors, _sales(doors), bare_port, bare.pid),
            lambda: _knock(doors, _sales(doors), hub, product.pid),
            lambda: _knock(doors, _events(doors), bare_port, bare.pid),
            lambda: _knock(doors, _events(doors), hub, product.pid),
        )
    return [
        row("POST /api/transactions → 201", bare_api, api),
        row("POST /webhooks/stripe, signed → 200", bare_hook, hook),
    ]


def receipts(places: Places, a_second: int, count: int) -> str:
    """How long an event's answer takes and how long its receipt, from event to final dot, the whole program at work."""
    place, hub, ops = places.new("selling"), children.free_port(), children.free_port()
    selling = {"BENCH_JOURNAL": str(places.root / "selling.journal")}
    with children.running(selling, "-m", "bench.selling", str(hub), str(count), str(a_second)) as sellers:
        program = place.environment() | {
            "LETTERKEY_MAIL__SMTP_URL": f"smtp://127.0.0.1:{children.port_of(sellers)}",
            "LETTERKEY_HUB__LISTEN": f"127.0.0.1:{hub}",
            "LETTERKEY_OPS__LISTEN": f"127.0.0.1:{ops}",
        }
        with children.running(program, "-m", "worker", "run") as running:
            children.wait_until_ready(ops, running)
            before = cpu_of(running.pid)
            assert sellers.stdout is not None, "it was asked for"
            answered, received = (sorted(took) for took in json.loads(sellers.stdout.readline()))
            cpu = (cpu_of(running.pid) - before) / (count + WARM_UP)
    return (
        f"{a_second:3}/s: event → durable → 200: {_spread(answered)}; → receipt at the relay: {_spread(received)},"
        f" CPU {cpu * 1000:.1f} ms each; targets p99 < 50 ms, ≤ 1 s"
    )


def _spread(took: list[float]) -> str:
    middle, late, last = (took[int(part * (len(took) - 1))] * 1000 for part in (0.5, 0.99, 1))
    return f"p50 {middle:.1f} ms, p99 {late:.1f} ms, worst {last:.0f} ms"


def _knock(doors: Doors, requests: Iterable[bytes], port: int, pid: int) -> Measured:
    file = doors.places.root / "requests"
    file.write_text("".join(json.dumps(request.decode()) + "\n" for request in requests), encoding="utf-8")
    environment, before = {"BENCH_JOURNAL": str(doors.places.root / "knocking.journal")}, cpu_of(pid)
    answered = children.knock(environment, port, file)
    if answered["refused"]:
        sys.exit(f"{answered['refused']} requests were refused")
    return Measured(doors.count, answered["seconds"], cpu_of(pid) - before, rss_of(pid))


def _sales(doors: Doors) -> Iterator[bytes]:
    first, doors.sent = doors.sent, doors.sent + doors.count
    for sale in sales(doors.count, first):
        yield _request("/api/transactions", json.dumps(sale).encode(), f"Authorization: Bearer {API_KEY}")


def _events(doors: Doors) -> Iterator[bytes]:
    first, doors.sent = doors.sent, doors.sent + doors.count
    event: dict[str, Any] = json.loads(_EVENT.read_text(encoding="utf-8"))
    for number in range(first, doors.sent):
        body = json.dumps(event | {"id": f"evt_{number}"}).encode()
        at = int(time.time())
        signature = hmac.new(WEBHOOK_SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        yield _request("/webhooks/stripe", body, f"Stripe-Signature: t={at},v1={signature}")


def _request(path: str, body: bytes, header: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{header}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
