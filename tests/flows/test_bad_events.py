"""What a provider, a forger or a broken proxy may send to each source's door: a clear answer, a line, nothing lost.

`pytest -s` prints the table: what was sent, the answer, and what became of it.
"""

import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

import pytest
from multidict import CIMultiDict

from flows.hub import Answer, Visitor, server_on, visiting
from sources.proving import AT, PROVERS, Prover
from support import paypal_chain
from support.databases import Database
from support.noted import Noted
from worker.core.instant import SECOND
from worker.core.transaction import Transaction
from worker.intake.events import KeptEvents, understand_events
from worker.sources.event import Genuine, RawEvent, Told
from worker.store import events
from worker.store.events import EventSummary
from worker.web.bodies import MOST_BYTES

PATH_SECRET = "a-path-that-nobody-guesses"
READ, ASIDE, IGNORED = (frozenset({each}) for each in ("understood", "quarantined", "ignored"))
EITHER = READ | ASIDE | IGNORED
KEPT, TURNED_AWAY = frozenset({200}), frozenset({400})


@dataclass(frozen=True, slots=True)
class Sent:
    """A request of whoever has `secret`; `later`: so many seconds after its signature. `also` are more headers."""

    body: bytes
    secret: str | None = None
    later: int = 0
    also: tuple[tuple[str, str], ...] = ()
    first: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """What is sent, which answers are right, and what may become of it where it is kept."""

    sent: Callable[[Prover], Sent]
    answers: frozenset[int]
    ends: frozenset[str] = frozenset()


def altered(prover: Prover, *changes: tuple[str, str], case: str = "") -> bytes:
    """The event under another id, with these of its values changed."""
    verdict = prover.verify(prover.headers(prover.body, prover.secret, AT), prover.body, (prover.secret,))
    assert isinstance(verdict, Genuine)
    values = {old.lower(): new for old, new in ((verdict.event_id, f"{verdict.event_id}{case}"), *changes)}
    if prover.body.lstrip()[:1] == b"{":
        return json.dumps(_changed(json.loads(prover.body), values), ensure_ascii=False).encode()
    fields = parse_qsl(prover.body.decode(), keep_blank_values=True)
    return urlencode([(name, values.get(value.lower(), value)) for name, value in fields]).encode()


def _changed(value: object, values: dict[str, str]) -> object:
    if isinstance(value, dict):
        return {key: _changed(each, values) for key, each in value.items()}
    if isinstance(value, list):
        return [_changed(each, values) for each in value]
    return values.get(value.lower(), value) if isinstance(value, str) else value


def words(prover: Prover) -> str:
    """A text of the event that people read: the customer's name where it tells one, else the first of several words."""
    customer, texts = sale(prover).customer.name, list(_texts(prover.body))
    return customer if customer in texts and customer else next(each for each in texts if " " in each)


def _texts(body: bytes) -> Iterator[str]:
    if body.lstrip()[:1] != b"{":
        yield from (value for _, value in parse_qsl(body.decode()))
        return
    left = [json.loads(body)]
    while left:
        here = left.pop(0)
        left = [*(here.values() if isinstance(here, dict) else here if isinstance(here, list) else ()), *left]
        if isinstance(here, str):
            yield here


def sale(prover: Prover) -> Transaction:
    found = prover.source.read(RawEvent({}, prover.body, AT * SECOND))
    assert isinstance(found, Told)
    return found.transactions[0]


def currency(prover: Prover) -> str:
    return sale(prover).currency or ""


def name(prover: Prover) -> str:
    found = prover.verify(prover.headers(prover.body, prover.secret, AT), prover.body, (prover.secret,))
    assert isinstance(found, Genuine)
    return found.name


def in_windows_1252(prover: Prover) -> bytes:
    spoilt = altered(prover, (words(prover), "SPOILT"), case="w")
    return spoilt.replace(b"SPOILT", b"J\xfcrgen" if spoilt.startswith(b"{") else b"J%FCrgen")


def without_proof(prover: Prover) -> tuple[tuple[str, str], ...]:
    """The headers that prove, with nothing in them: they stand before the good ones."""
    return tuple((each, "0") for each in prover.headers(b"", prover.secret, AT) if each != "content-type")


CASES = {
    "good": Case(lambda p: Sent(p.body), KEPT, READ),
    "told again": Case(lambda p: Sent(p.body), KEPT),
    "header in capitals": Case(lambda p: Sent(altered(p, case="c")), KEPT, READ),
    "forged": Case(lambda p: Sent(p.proven_body(p.another), p.another), TURNED_AWAY),
    "replayed": Case(lambda p: Sent(p.body, later=(p.tolerance or (86_400, 0))[0] + 1), TURNED_AWAY | KEPT),
    "header twice": Case(lambda p: Sent(altered(p, case="t"), first=without_proof(p)), TURNED_AWAY | KEPT, READ),
    "too large": Case(lambda p: Sent(p.body + b" " * MOST_BYTES), frozenset({413})),
    "compressed": Case(lambda p: Sent(p.body, also=(("content-encoding", "gzip"),)), frozenset({415})),
    "content type": Case(lambda p: Sent(altered(p, case="x"), also=(("content-type", "text/xml"),)), KEPT, READ),
    "empty": Case(lambda _: Sent(b""), KEPT | TURNED_AWAY, ASIDE),
    "deep": Case(lambda _: Sent(b'{"data":' + b"[" * 5_000 + b"]" * 5_000 + b"}"), KEPT | TURNED_AWAY, ASIDE | IGNORED),
    "truncated": Case(lambda p: Sent(p.body[: len(p.body) * 2 // 3]), KEPT | TURNED_AWAY, ASIDE),
    "windows-1252": Case(lambda p: Sent(in_windows_1252(p)), KEPT | TURNED_AWAY, ASIDE),
    "entities": Case(lambda p: Sent(altered(p, (words(p), "B&ouml;ll &amp; S&ouml;hne"), case="e")), KEPT, READ),
    '"null" text': Case(lambda p: Sent(altered(p, (words(p), "null"), case="n")), KEPT, READ),
    "unknown currency": Case(lambda p: Sent(altered(p, (currency(p), "xqx"), case="q")), KEPT, ASIDE),
    "unknown event": Case(lambda p: Sent(altered(p, (name(p), "moon.risen"), case="m")), KEPT, IGNORED),
}
EXPECTED_OTHERWISE = {
    ("gumroad", "unknown currency"): READ,  # amounts are cents of US dollars, whatever the price tag says
    ("standard", "unknown event"): ASIDE,  # a kind of our own is a mistake of who writes it
    ("gumroad", "truncated"): EITHER,  # a form has no end that could be missing
    ("thrivecart", "truncated"): EITHER,
}


@dataclass(slots=True)
class Door:
    """One source's door, and the reading behind it."""

    visitor: Visitor
    prover: Prover

    async def send(self, sent: Sent, *, capitals: bool = False) -> Answer:
        secret = sent.secret or self.prover.secret
        proven = self.prover.headers(sent.body, secret, AT)
        headers: CIMultiDict[str] = CIMultiDict(sent.first)
        for key, value in {**proven, **dict(sent.also)}.items():
            headers.add(key.upper() if capitals else key, value)
        self.visitor.database.clock.at = (AT + sent.later) * SECOND
        return await self.visitor.ask(
            "POST", f"/webhooks/{self.prover.kind}/{PATH_SECRET}", data=sent.body, headers=headers
        )

    async def understood(self) -> EventSummary | None:
        """The newest event, after the loop has had its turns: it is settled, and nothing is tried again."""
        server = self.visitor.server
        sources = {self.prover.kind: self.prover.source}
        kept = KeptEvents(server.store, server.clock, server.policy, server.metrics, sources, {}, lambda _: None)
        await understand_events(kept)
        assert await server.store.read(lambda tx: events.waiting(tx, 10)) == []
        found = await server.store.read(lambda tx: events.newest(tx, None, 1))
        return found[0] if found else None


@pytest.fixture(params=PROVERS)
async def door(request: pytest.FixtureRequest, sqlite_database: Database) -> AsyncIterator[Door]:
    prover = PROVERS[request.param]
    account = {"secrets": [prover.secret], "path_secret": PATH_SECRET}
    server = replace(server_on(sqlite_database, sources={prover.kind: account}), sources={prover.kind: prover.source})
    server = replace(server, fetch=_fetch)
    async with visiting(server, sqlite_database) as visitor:
        yield Door(visitor, prover)


async def _fetch(address: str) -> bytes | None:
    return paypal_chain.lying().get(address)


async def test_each_source_answers_clearly_and_loses_nothing(door: Door, noted: Noted) -> None:
    kind = door.prover.kind
    sys.stdout.write(f"\n{kind}\n")
    for case, wanted in CASES.items():
        noted.clear()
        answer = await door.send(wanted.sent(door.prover), capitals=case == "header in capitals")
        outcome = answer.json().get("outcome", "") if answer.status == 200 else ""
        event = await door.understood() if outcome == "accepted" else None
        said = f"{event.state}{f': {event.reason}' if event.reason else ''}" if event else outcome
        where = f" (at {event.field})" if event and event.field else ""
        sys.stdout.write(f"  {case:18} {answer.status}  {said}{where}\n")
        lines = set(noted.whats)

        assert answer.status in wanted.answers, case
        if event is not None:
            assert event.state in EXPECTED_OTHERWISE.get((kind, case), wanted.ends), case
            assert lines & {"event_understood", "event_quarantined"}, case
        elif answer.status == 400:
            assert "event_refused" in lines, case
