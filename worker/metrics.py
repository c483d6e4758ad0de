"""What Letterkey counts, for Prometheus: one value made at start and passed to whoever counts.

Labels are small closed sets (a source, an outcome, a route's name): never an address, an id or a path.
"""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# From "at once" to "the relay greylisted us", in seconds.
_QUEUE_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400)
# One attempt ends in the 600 seconds that an answer to the final dot may take (RFC 5321 4.5.3.2.6).
_ATTEMPT_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 600)


@dataclass(frozen=True, slots=True)
class Metrics:
    registry: CollectorRegistry
    transactions: Counter
    """by source, outcome"""
    events: Counter
    """by source, outcome"""
    announcements: Counter
    """by source, matter, outcome"""
    mails: Counter
    """by kind, outcome"""
    inbox: Counter
    """by outcome"""
    outbox: Gauge
    """by state"""
    provider_calls: Counter
    """by way, result"""
    relay_paused: Gauge
    held: Gauge
    """by what, state"""
    numbers_held: Gauge
    backup_seconds: Gauge
    oldest_seconds: Gauge
    """by what"""
    mailbox_seconds: Gauge
    certificate_seconds: Gauge
    disk_free_bytes: Gauge
    queue_seconds: Histogram
    attempt_seconds: Histogram
    http_requests: Counter
    """by route, status"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many mails are in which state; of what (events, transactions) how many wait or are quarantined; whether
    numbers wait after a restore, and when the last good backup was made (Unix time, 0 for never); for how many seconds
    the oldest of what (mail, event) has waited; when the mailbox was last read to its end (Unix time, 0 for never).
    """

    outbox: Mapping[str, int]
    held: Mapping[str, Mapping[str, int]]
    relay_paused: bool
    numbers_held: bool = False
    backed_up_at: float = 0.0
    oldest: Mapping[str, float] = field(default_factory=dict)
    mailbox_read_at: float | None = None
    """None where no mailbox is read."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine has: bytes free for SQLite, and when the mail door's certificate ends (Unix time)."""

    disk_free: int | None
    certificate_ends_at: float | None


@functools.lru_cache(1024)
def counted(counter: Counter, *labels: str) -> Counter:
    """The counter of these labels, found in a quarter of the time that the library takes."""
    return counter.labels(*labels)


def new_metrics() -> Metrics:
    registry = CollectorRegistry()
    return Metrics(
        registry=registry,
        transactions=_counter("transactions", "Transactions taken in", registry, "source", "outcome"),
        events=_counter("events", "Provider events, by what became of them", registry, "source", "outcome"),
        announcements=_counter(
            "announcements", "What was announced, by what became of it", registry, "source", "matter", "outcome"
        ),
        mails=_counter("mails", "Delivery attempts, by how they ended", registry, "kind", "outcome"),
        inbox=_counter("inbox", "Mails that came in, by what they were", registry, "outcome"),
        outbox=Gauge("letterkey_outbox", "Mails now, but for those that are sent", ["state"], registry=registry),
        provider_calls=_counter(
            "provider_calls", "Calls about provider actions, by how they ended", registry, "way", "result"
        ),
        relay_paused=Gauge("letterkey_relay_paused", "1 while the relay is paused", registry=registry),
        held=Gauge("letterkey_held", "What is not through yet", ["what", "state"], registry=registry),
        numbers_held=Gauge(
            "letterkey_numbers_held", "1 while no invoice number is taken after a restore", registry=registry
        ),
        backup_seconds=Gauge(
            "letterkey_backup_timestamp_seconds", "When the last good backup was made", registry=registry
        ),
        oldest_seconds=Gauge(
            "letterkey_oldest_seconds", "For how long the oldest has waited", ["what"], registry=registry
        ),
        mailbox_seconds=_moment("mailbox_read", "When the mailbox was last read to its end", registry),
        certificate_seconds=_moment("certificate_ends", "When the mail door's certificate ends", registry),
        disk_free_bytes=Gauge("letterkey_disk_free_bytes", "Free on the disk of the database", registry=registry),
        queue_seconds=_seconds("queue", "From due to sent", _QUEUE_SECONDS, registry),
        attempt_seconds=_seconds("attempt", "One delivery attempt", _ATTEMPT_SECONDS, registry),
        http_requests=_counter("http_requests", "HTTP requests answered", registry, "route", "status"),
    )


def render(metrics: Metrics) -> bytes:
    """What `/metrics` answers, of the type CONTENT_TYPE."""
    return generate_latest(metrics.registry)


def show_standing(metrics: Metrics, standing: Standing) -> None:
    """What all processes together have in the database at this moment."""
    for state, number in standing.outbox.items():
        metrics.outbox.labels(state).set(number)
    for what, states in standing.held.items():
        for state, number in states.items():
            metrics.held.labels(what, state).set(number)
    metrics.relay_paused.set(standing.relay_paused)
    metrics.numbers_held.set(standing.numbers_held)
    metrics.backup_seconds.set(standing.backed_up_at)
    for what, seconds in standing.oldest.items():
        metrics.oldest_seconds.labels(what).set(seconds)
    metrics.mailbox_seconds.set(_or_nothing(standing.mailbox_read_at))


def show_machine(metrics: Metrics, machine: Machine) -> None:
    """What is this machine's own; NaN for what it doesn't have."""
    metrics.disk_free_bytes.set(_or_nothing(machine.disk_free))
    metrics.certificate_seconds.set(_or_nothing(machine.certificate_ends_at))


def hide_standing(metrics: Metrics) -> None:
    """The database doesn't answer: an old number would pass for a new one."""
    metrics.outbox.clear()
    metrics.held.clear()
    metrics.oldest_seconds.clear()
    for single in (metrics.relay_paused, metrics.numbers_held, metrics.backup_seconds, metrics.mailbox_seconds):
        single.set(math.nan)


def _or_nothing(value: float | None) -> float:
    return math.nan if value is None else value


def _moment(name: str, meaning: str, registry: CollectorRegistry) -> Gauge:
    return Gauge(f"letterkey_{name}_timestamp_seconds", meaning, registry=registry)


def _counter(name: str, meaning: str, registry: CollectorRegistry, *labels: str) -> Counter:
    return Counter(f"letterkey_{name}", meaning, labels, registry=registry)


def _seconds(name: str, meaning: str, buckets: tuple[float, ...], registry: CollectorRegistry) -> Histogram:
    return Histogram(f"letterkey_{name}_seconds", meaning, buckets=buckets, registry=registry)
