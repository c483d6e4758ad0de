"""The sample sales that the demo feeds in: what ships in `data/samples/`, made today's and this run's own.

Rules: ids get the run's mark, so that every run's sales are new ones, and keep naming each other; times move so that
each thing happens as it is told.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from worker.core import instant
from worker.core.instant import SECOND
from worker.demo.shop import API_KEY, STRIPE_SECRET, THRIVECART_SECRET

_STRIPE_MARK = "_sample_"
"""What all ids of the Stripe samples have in common."""
_REFERENCES = ("id", "ref", "refund_of")
_TIMES = ("occurred_at", "next_payment_at", "cancel_at")
_ORDER_FIELDS = ("order_id", "order[id]", "event_id", "webhook_id", "subscription[transaction_id]")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the demo: its `mark` (digits) goes into ids, `now` is UTC microseconds."""

    mark: str
    now: int


@dataclass(frozen=True, slots=True)
class Sample:
    """A request to make to the worker's web server."""

    path: str
    headers: dict[str, str]
    body: bytes


def read_samples(folder: Path) -> list[Path | bytes]:
    """Everything to feed in, mixed as it would come; a file is an event, bytes are a line of transactions."""
    families: list[list[Path | bytes]] = [
        [line for line in (folder / "transactions.jsonl").read_bytes().splitlines() if line],
        [*sorted((folder / "stripe").glob("*.json"))],
        [*sorted((folder / "thrivecart").glob("*.form"))],
    ]
    placed = [
        ((number + 0.3 * (family + 1)) / len(found), each)
        for family, found in enumerate(families)
        for number, each in enumerate(found)
    ]
    return [each for _, each in sorted(placed, key=lambda pair: pair[0])]


def as_request(sample: Path | bytes, run: Run) -> Sample:
    """The request that tells of this sample now."""
    if isinstance(sample, bytes):
        return _api(sample, run)
    return _stripe(sample.read_text(encoding="utf-8"), run) if sample.suffix == ".json" else _cart(sample, run)


def _api(line: bytes, run: Run) -> Sample:
    told = json.loads(line)
    moved = run.now - instant.parse(told["occurred_at"])
    body = json.dumps(_renewed(told, f"-{run.mark}", moved)).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {API_KEY}"}
    return Sample("/api/transactions", headers, body)


def _renewed(value: object, mark: str, moved: int, name: str = "") -> object:
    """A part of a transaction with its ids marked and its times moved."""
    if isinstance(value, dict):
        return {key: _renewed(inner, mark, moved, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renewed(inner, mark, moved, name) for inner in value]
    if not isinstance(value, str):
        return value
    if name in _TIMES:
        return instant.iso(instant.parse(value) + moved)
    return value + mark if name in _REFERENCES or name == "references" else value


def _stripe(text: str, run: Run) -> Sample:
    told = json.loads(text.replace(_STRIPE_MARK, f"_{run.mark}_"))
    moved = run.now // SECOND - told["created"]
    body = json.dumps(_moved(told, moved)).encode()
    at = str(run.now // SECOND)
    signature = hmac.new(STRIPE_SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "Stripe-Signature": f"t={at},v1={signature}"}
    return Sample("/webhooks/stripe", headers, body)


def _moved(value: object, seconds: int) -> object:
    """Stripe's times are whole seconds: no amount of the samples is as large."""
    if isinstance(value, dict):
        return {key: _moved(inner, seconds) for key, inner in value.items()}
    if isinstance(value, list):
        return [_moved(inner, seconds) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and 1_500_000_000 < value < 2_500_000_000:
        return value + seconds
    return value


def _cart(file: Path, run: Run) -> Sample:
    fields = parse_qsl(file.read_text(encoding="utf-8").strip(), keep_blank_values=True)
    told = dict(fields)
    then = int(told.get("order_timestamp") or told["date_unix"])
    body = urlencode(list(_renewed_fields(fields, run, run.now // SECOND - then))).encode()
    return Sample("/webhooks/thrivecart", {"Content-Type": "application/x-www-form-urlencoded"}, body)


def _renewed_fields(fields: list[tuple[str, str]], run: Run, moved: int) -> Iterator[tuple[str, str]]:
    for name, value in fields:
        if name == "thrivecart_secret":
            yield name, THRIVECART_SECRET
        elif name in _ORDER_FIELDS or name.startswith("transactions["):
            yield name, value + run.mark
        elif value.isdigit() and 1_500_000_000 < int(value) < 2_500_000_000:
            yield name, str(int(value) + moved)
        elif "iso8601" in name:
            yield name, instant.iso(instant.parse(value) + moved * SECOND)
        else:
            yield name, value
