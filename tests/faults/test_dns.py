"""The resolver against a real name server that does what name servers do: nothing raises, and all has a limit."""

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from support.name_server import Fault, NameServer, Zone, name_server
from worker.mail.lookup import Kind, Lookup
from worker.net.dns import LONGEST_TEXT, MAIL_SECONDS, MOST_LOOKUPS, MOST_RECORDS, Resolver
from worker.settings import Settings, SettingsError
from worker.wiring.inbound import origins_of

Answer = tuple[str, ...] | None


@asynccontextmanager
async def asking(zone: Zone) -> AsyncIterator[tuple[Resolver, NameServer]]:
    async with name_server(zone) as server:
        yield Resolver([("127.0.0.1", server.port)]), server


async def ask(lookup: Lookup, name: str, kind: Kind = "TXT") -> Answer:
    return await asyncio.to_thread(lookup, name, kind)


async def test_each_kind_of_answer() -> None:
    zone: Zone = {
        ("t.example", "TXT"): ["one", "x" * 600],
        ("a.example", "A"): ["192.0.2.1"],
        ("a.example", "AAAA"): ["2001:db8::1"],
        ("m.example", "MX"): ["10 mx.example."],
        ("1.2.0.192.in-addr.arpa", "PTR"): ["mx.example."],
        ("other.example", "CNAME"): ["t.example."],
    }
    async with asking(zone) as (resolver, _):
        lookup = resolver.for_one_mail()
        assert sorted(await ask(lookup, "t.example") or ()) == ["one", "x" * 600]
        assert await ask(lookup, "a.example", "A") == ("192.0.2.1",)
        assert await ask(lookup, "a.example", "AAAA") == ("2001:db8::1",)
        assert await ask(lookup, "m.example", "MX") == ("mx.example",)
        assert await ask(lookup, "1.2.0.192.in-addr.arpa", "PTR") == ("mx.example",)


async def test_what_is_not_there_is_nothing() -> None:
    async with asking({("a.example", "A"): ["192.0.2.1"]}) as (resolver, _):
        lookup = resolver.for_one_mail()
        for name in ("a.example", "no.example", "x" * 64 + ".example", "a..example", ".".join(["abcdefg"] * 60)):
            assert await ask(lookup, name) == ()


async def test_what_nobody_can_tell_now_is_unknown() -> None:
    zone: Zone = {
        ("failed.example", "TXT"): Fault.SERVFAIL,
        ("garbled.example", "TXT"): Fault.GARBAGE,
        ("loop.example", "CNAME"): ["loop.example."],
        ("silent.example", "TXT"): Fault.SILENCE,
    }
    async with asking(zone) as (resolver, _):
        for name in ("failed.example", "loop.example", "silent.example", "garbled.example"):
            assert await ask(resolver.for_one_mail(), name) in ((), None)
        assert await ask(resolver.for_one_mail(), "failed.example") is None
        assert await ask(resolver.for_one_mail(), "silent.example") is None


async def test_nobody_listens() -> None:
    async with asking({}) as (resolver, _):
        pass
    assert await ask(resolver.for_one_mail(), "a.example") is None


async def test_answers_that_are_too_large() -> None:
    zone: Zone = {
        ("long.example", "TXT"): ["x" * (LONGEST_TEXT + 1), "short"],
        ("many.example", "A"): [f"192.0.2.{number}" for number in range(MOST_RECORDS + 1)],
        ("truncated.example", "TXT"): ["y" * 3_000],
    }
    async with asking(zone) as (resolver, server):
        lookup = resolver.for_one_mail()
        assert await ask(lookup, "long.example") == ("short",)
        assert await ask(lookup, "many.example", "A") is None
        assert await ask(lookup, "truncated.example") == ("y" * 3_000,)
        assert server.asked.count(("truncated.example", "TXT")) == 2  # by UDP, then by TCP


async def test_answers_are_remembered_for_other_mails() -> None:
    async with asking({("t.example", "TXT"): ["one"]}) as (resolver, server):
        for _ in range(3):
            assert await ask(resolver.for_one_mail(), "t.example") == ("one",)
            assert await ask(resolver.for_one_mail(), "no.example") == ()
        assert len(server.asked) == 2


async def test_a_mail_may_ask_only_so_often_and_so_long() -> None:
    async with asking({("t.example", "TXT"): ["one"]}) as (resolver, _):
        lookup = resolver.for_one_mail()
        answers = [await ask(lookup, "t.example") for _ in range(MOST_LOOKUPS + 3)]
        assert answers == [("one",)] * MOST_LOOKUPS + [None] * 3
        ticks = itertools.count(0.0, MAIL_SECONDS / 2)
        late = resolver.for_one_mail(lambda: next(ticks))
        assert [await ask(late, "t.example") for _ in range(3)] == [("one",), None, None]


def test_proof_can_not_be_demanded_where_none_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dns", None)  # as where the extra is not installed
    asked = {"inbound": {"smtp_listen": "127.0.0.1:2525", "require_auth": True}}
    with pytest.raises(SettingsError, match=r"no mail can be proven: .*letterkey\[mailauth\]"):
        origins_of(Settings.model_validate(asked))
    asked["inbound"]["require_auth"] = False
    assert origins_of(Settings.model_validate(asked)).resolver is None
