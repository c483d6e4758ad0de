"""The alerts for Prometheus: well written, they ring when they should, and speak of what the program measures."""

import re
import subprocess
from pathlib import Path

import pytest

from docs.pages import anchors
from flows.hub import Visitor, server_on, visiting
from support.certificate import Certificate
from support.databases import Database
from support.unpacked import program_of
from worker.actions.understand_event import keep_events
from worker.core import certificate as certificates
from worker.core.instant import HOUR, MINUTE, SECOND
from worker.store import mailboxes
from worker.store.engine import Tx
from worker.store.events import NewEvent

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy" / "prometheus" / "letterkey.rules.yml"
CASES = Path(__file__).with_name("alerts.yml")
ALERTS = re.split(r"^      - alert: ", RULES.read_text("utf-8"), flags=re.MULTILINE)[1:]
PROMETHEUS_OWN = {"up"}


def name_of(alert: str) -> str:
    return alert.split("\n", 1)[0]


def promtool(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program_of("prometheus", "promtool"), *words], capture_output=True, text=True, check=False)


def test_prometheus_takes_them() -> None:
    checked = promtool("check", "rules", str(RULES))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_rings_when_it_should_and_none_on_a_good_day() -> None:
    tried = promtool("test", "rules", str(CASES))
    assert tried.returncode == 0, tried.stdout + tried.stderr
    cases = CASES.read_text("utf-8")
    assert all(cases.count(f"alertname: {name_of(alert)}\n") == 2 for alert in ALERTS), "a good day and a bad one each"


@pytest.mark.parametrize("alert", ALERTS, ids=name_of)
def test_each_says_what_to_do(alert: str) -> None:
    assert re.search(r"^        for: \d+[mh]$", alert, re.MULTILINE)
    assert re.search(r"^          severity: (critical|warning)$", alert, re.MULTILINE)
    assert re.search(r'^          summary: "\w.+"$', alert, re.MULTILINE)
    assert re.search(r'^          todo: "\w.+"$', alert, re.MULTILINE)
    [page] = re.findall(r"^          page: (\S+)$", alert, re.MULTILINE)
    path, _, anchor = page.partition("#")
    assert (ROOT / path).exists()
    assert not anchor or anchor in anchors(ROOT / path)


async def test_each_speaks_of_what_the_program_measures(sqlite_visitor: Visitor) -> None:
    hub = sqlite_visitor.server.metrics
    hub.events.labels("stripe", "forged")
    hub.inbox.labels("bounce")
    assert (await sqlite_visitor.get("/healthz")).status == 200
    told = (await sqlite_visitor.get(f"{sqlite_visitor.ops}/metrics")).text
    measured = set(re.findall(r"^(\w+)", told, re.MULTILINE))
    selected = {each for alert in ALERTS for each in re.findall(r"\bletterkey_\w+(?:\{[^}]+\})?", expression(alert))}
    assert {each.partition("{")[0] for each in selected} - PROMETHEUS_OWN - measured == set()
    for each in selected:
        metric, _, labels = each.partition("{")
        for label, value in re.findall(r'(\w+)="([^"]+)"', labels):
            assert re.search(rf'^{metric}\{{.*\b{label}="{value}"', told, re.MULTILINE), each


def expression(alert: str) -> str:
    [found] = re.findall(r"^        expr: (.+)$", alert, re.MULTILINE)
    return str(found)


async def test_how_long_the_oldest_has_waited_and_when_the_mailbox_was_read(database: Database) -> None:
    settings = {"inbound": {"imap_url": "imaps://user:word@mail.example:993/INBOX"}}
    async with visiting(server_on(database, **settings), database) as visitor:
        told = (await visitor.get(f"{visitor.ops}/metrics")).text
        assert 'letterkey_oldest_seconds{what="event"} 0.0' in told
        assert "letterkey_mailbox_read_timestamp_seconds 0.0" in told

        now = visitor.server.clock.now()

        async def wait(tx: Tx) -> None:
            kept = NewEvent("e1", "stripe", "evt_1", "invoice.paid", now - 20 * MINUTE, {}, b"{}")
            await keep_events(tx, [kept])
            await mailboxes.take(tx, "box", "me", seconds=30, alone=True)
            await mailboxes.looked(tx, "box", now - HOUR)

        await database.store.write(wait)
        told = (await visitor.get(f"{visitor.ops}/metrics")).text
    assert 'letterkey_oldest_seconds{what="event"} 1200.0' in told
    [read_at] = re.findall(r"^letterkey_mailbox_read_timestamp_seconds (\S+)$", told, re.MULTILINE)
    assert float(read_at) == pytest.approx((now - HOUR) / SECOND)


async def test_what_the_machine_has(sqlite_database: Database, certificate: Certificate) -> None:
    inbound = {"tls_cert": str(certificate.cert_file), "tls_key": str(certificate.key_file)}
    async with visiting(server_on(sqlite_database, inbound=inbound), sqlite_database) as visitor:
        told = (await visitor.get(f"{visitor.ops}/metrics")).text
    [ends_at] = re.findall(r"^letterkey_certificate_ends_timestamp_seconds (\S+)$", told, re.MULTILINE)
    assert float(ends_at) == (certificates.ends_at(certificate.cert_file.read_bytes()) or 0) / SECOND
    assert re.search(r"^letterkey_mailbox_read_timestamp_seconds NaN$", told, re.MULTILINE), "there is none"
    assert re.search(r"^letterkey_disk_free_bytes", told, re.MULTILINE)
