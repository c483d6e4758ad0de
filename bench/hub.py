"""The hub's first page beside a bare one of the same size, after as many queries."""

import json
import sys
import urllib.request
from pathlib import Path

from bench import children
from bench.comparison import Row, alternate, row
from bench.hub_guest import ADDRESS
from bench.measured import Measured, cpu_of, rss_of
from bench.places import Places
from bench.sales import lines_of, sales

BOUGHT = 12
QUERIES = 7
"""Session, customer, purchases, subscriptions, cancellations, notices, suppressions."""


def compare(places: Places, count: int, rounds: int) -> list[Row]:
    """A bare page and ours, in turn."""
    place, hub, ops = places.new("hub"), children.free_port(), children.free_port()
    settings = place.environment() | {
        "LETTERKEY_HUB__LISTEN": f"127.0.0.1:{hub}",
        "LETTERKEY_OPS__LISTEN": f"127.0.0.1:{ops}",
        "LETTERKEY_BASE_URL": f"http://127.0.0.1:{hub}",
        "LETTERKEY_RECEIPTS__STYLE": "none",
    }
    bought = place.folder / "sales.jsonl"
    customer = {"email": ADDRESS, "name": "Ada Lovelace", "locale": "en"}
    bought.write_text(lines_of(sale | {"customer": customer} for sale in sales(BOUGHT)), encoding="utf-8")
    children.output(settings, "-m", "worker", "enqueue", str(bought))
    children.step(settings, "bench.steps", "issue", str(BOUGHT))
    cookie = "letterkey_session=" + children.output(settings, "-m", "bench.hub_guest").strip()
    with children.running(settings, "-m", "worker", "run", "--only", "hub") as product:
        children.wait_until_ready(ops, product)
        size = _size(hub, cookie)
        floor = {"BENCH_JOURNAL": str(places.root / "floor.journal")}
        with children.running(floor, "-m", "bench.hub_floor", str(size), str(QUERIES)) as bare:
            bare_port, requests = children.port_of(bare), places.root / "pages"
            host = f"Host: 127.0.0.1:{hub}\r\nCookie: {cookie}"
            asked = json.dumps(f"GET /hub/ HTTP/1.1\r\n{host}\r\n\r\n") + "\n"
            requests.write_text(asked * count, encoding="utf-8")
            bare_pages, pages = alternate(
                rounds,
                lambda: _look(places, requests, bare_port, bare.pid, count),
                lambda: _look(places, requests, hub, product.pid, count),
            )
    return [row(f"GET /hub/, {size:,} bytes, {QUERIES} queries", bare_pages, pages, "≥ 40 %")]


def _size(port: int, cookie: str) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/hub/", headers={"Cookie": cookie})
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own address, above
        text: str = answer.read().decode()
    if "customer@" not in text:
        sys.exit("the hub doesn't let its guest in")
    return len(text.encode())


def _look(places: Places, requests: Path, port: int, pid: int, count: int) -> Measured:
    before = cpu_of(pid)
    answered = children.knock({"BENCH_JOURNAL": str(places.root / "knocking.journal")}, port, requests)
    if answered["refused"]:
        sys.exit(f"{answered['refused']} pages were refused")
    return Measured(count, answered["seconds"], cpu_of(pid) - before, rss_of(pid))
