"""What Prometheus reads."""

import math

from prometheus_client.parser import text_string_to_metric_families

from worker.metrics import Metrics, Standing, hide_standing, new_metrics, render, show_standing


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(render(metrics).decode())
    return {
        (each.name, tuple(sorted(each.labels.items()))): each.value for family in families for each in family.samples
    }


def test_everything_counted_is_told() -> None:
    metrics = new_metrics()
    metrics.transactions.labels(source="stripe", outcome="accepted").inc()
    metrics.events.labels(source="stripe", outcome="quarantined").inc(2)
    metrics.mails.labels(kind="receipt", outcome="sent").inc()
    show_standing(metrics, Standing({"due": 7}, {"events": {"waiting": 2}}, relay_paused=True))
    metrics.queue_seconds.observe(0.3)
    metrics.attempt_seconds.observe(0.02)
    metrics.http_requests.labels(route="/access/{token}", status="200").inc()
    told = samples(metrics)
    assert told["letterkey_transactions_total", (("outcome", "accepted"), ("source", "stripe"))] == 1
    assert told["letterkey_events_total", (("outcome", "quarantined"), ("source", "stripe"))] == 2
    assert told["letterkey_mails_total", (("kind", "receipt"), ("outcome", "sent"))] == 1
    assert told["letterkey_outbox", (("state", "due"),)] == 7
    assert told["letterkey_held", (("state", "waiting"), ("what", "events"))] == 2
    assert told["letterkey_relay_paused", ()] == 1
    assert told["letterkey_queue_seconds_bucket", (("le", "0.25"),)] == 0
    assert told["letterkey_queue_seconds_bucket", (("le", "0.5"),)] == 1
    assert told["letterkey_attempt_seconds_sum", ()] == 0.02
    assert told["letterkey_http_requests_total", (("route", "/access/{token}"), ("status", "200"))] == 1


def test_what_is_not_known_any_more_is_not_told() -> None:
    metrics = new_metrics()
    show_standing(metrics, Standing({"due": 7}, {"events": {"waiting": 2}}, relay_paused=True))
    hide_standing(metrics)
    told = samples(metrics)
    assert not {name for name, _ in told} & {"letterkey_outbox", "letterkey_held"}
    assert math.isnan(told["letterkey_relay_paused", ()])


def test_two_programs_in_one_process_count_apart() -> None:
    one, other = new_metrics(), new_metrics()
    one.relay_paused.set(1)
    assert samples(other)["letterkey_relay_paused", ()] == 0
