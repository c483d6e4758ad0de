"""The real program, killed and stopped over and over while it sends: nothing is lost, nobody gets a third copy.

Each round tells the API of sales and ends the program somewhere in the middle of sending them.
"""

import itertools
import json
import random
import re
import signal
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from support.postgres import Postgres, fresh_database
from support.program import Program, Running
from support.sales import sale
from support.sink import Sink, SinkRules, running_sink
from worker import clock
from worker.store import outbox
from worker.store.opening import open_store

SALES_A_ROUND = 12


def program_for(sink: Sink, state_dir: Path, **more: str) -> Program:
    return Program(
        {
            "LETTERKEY_STATE_DIR": str(state_dir),
            "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
            "LETTERKEY_MAIL__SMTP_URL": sink.url,
            "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
            "LETTERKEY_ALERTS__TO": "owner@example.org",
            **more,
        }
    )


async def loop(program: Program, sink: Sink, rounds: int, chance: random.Random) -> list[str]:
    """Kill it `rounds` times; returns the ids that it said are accepted."""
    accepted: list[str] = []
    for number in range(rounds):
        async with program.running() as running:
            first = number * SALES_A_ROUND
            before = len(sink.mails)
            accepted += await running.tell([sale(first + each) for each in range(SALES_A_ROUND)])
            # Somewhere between the first mails of this round and its last.
            await sink.wait_for(before + chance.randint(1, SALES_A_ROUND - 2))
            await running.kill()
    return accepted


async def settled(program: Program, running: Running) -> dict[str, int]:
    """The outbox's counts, once nothing is on its way any more but alerts, which may be put off to the next hour."""
    for _ in range(600):
        code, out, err = await program.command("status", "--json")
        assert code == 0, err
        counts: dict[str, int] = json.loads(out)["outbox"]
        _, alerts, _ = await program.command("mails", "owner@example.org")
        if counts["due"] + counts["deferred"] + counts["sending"] == alerts.count("next try at"):
            return counts
    raise AssertionError(f"still on their way: {counts}; {running.journal[-5:]}")


def receipts(sink: Sink) -> dict[str, Counter[str]]:
    """Who got how many copies of which message."""
    found: dict[str, Counter[str]] = {}
    for mail in sink.mails:
        if mail.recipients != ("owner@example.org",):
            found.setdefault(mail.recipients[0], Counter())[str(mail.message()["Message-ID"])] += 1
    return found


def numbers(sink: Sink) -> set[int]:
    """The invoice numbers that customers were told."""
    texts = (mail.message().get_body(("plain",)) for mail in sink.mails)
    said = (re.search(r"Invoice (\d+)", body.get_content()) for body in texts if body is not None)
    return {int(match[1]) for match in said if match}


async def the_loop_holds(program: Program, sink: Sink, rounds: int) -> None:
    seed = random.SystemRandom().randrange(10**6)
    accepted = await loop(program, sink, rounds, random.Random(seed))
    async with program.running() as running:
        counts = await settled(program, running)
        assert await running.stop() == 0, running.journal
    got = receipts(sink)
    lost = [name for name in accepted if f"buyer{name.removeprefix('T-')}@example.com" not in got]
    assert len(accepted) == rounds * SALES_A_ROUND
    assert len(lost) <= counts["parked"], (seed, lost, counts)
    assert counts["failed"] == counts["expired"] == counts["withheld"] == 0, (seed, counts)
    assert max(len(messages) for messages in got.values()) == 1, "one Message-ID for each receipt"
    assert max(max(messages.values()) for messages in got.values()) <= 2, (seed, "at most two copies")
    if not lost:
        assert numbers(sink) == set(range(1, len(accepted) + 1)), (seed, "gapless")
    await every_extra_copy_is_flagged(program, got)


async def every_extra_copy_is_flagged(program: Program, got: dict[str, Counter[str]]) -> None:
    """Each second copy has its ambiguous try in the records, and the merchant reads why it was sent."""
    twice = [address for address, messages in got.items() if max(messages.values()) > 1]
    url = program.settings.get("LETTERKEY_DATABASE_URL")
    url = url or f"sqlite:///{program.settings['LETTERKEY_STATE_DIR']}/letterkey.db"
    store = await open_store(url, clock.now)
    try:
        for address in twice:
            mails = await store.read(partial(outbox.to_address, address=address))
            assert sum(mail.ambiguous for mail in mails) >= 1, address
    finally:
        await store.close()
    for address in twice[:1]:
        code, out, err = await program.command("mails", address)
        assert code == 0, err
        assert "stopped while this was being sent" in out or "twice" in out, out


async def test_twenty_kills_lose_nothing(tmp_path: Path) -> None:
    async with running_sink(SinkRules()) as sink:
        await the_loop_holds(program_for(sink, tmp_path), sink, 20)


@pytest.mark.long
async def test_two_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    async with running_sink(SinkRules()) as sink:
        await the_loop_holds(program_for(sink, tmp_path), sink, 200)


@pytest.mark.long
async def test_kills_lose_nothing_on_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    async with running_sink(SinkRules()) as sink, fresh_database(postgres) as url:
        program = program_for(sink, tmp_path, LETTERKEY_DATABASE_URL=url, LETTERKEY_SECRET_KEYS="k" * 40)
        await the_loop_holds(program, sink, 20)


async def test_stopping_in_the_middle_loses_nothing_and_sends_nothing_twice(tmp_path: Path) -> None:
    rounds, signals = 5, itertools.cycle((signal.SIGTERM, signal.SIGINT))
    async with running_sink(SinkRules()) as sink:
        program, chance = program_for(sink, tmp_path), random.Random(5)
        for number in range(rounds):
            async with program.running() as running:
                before, first = len(sink.mails), number * SALES_A_ROUND
                await running.tell([sale(first + each) for each in range(SALES_A_ROUND)])
                await sink.wait_for(before + chance.randint(1, SALES_A_ROUND - 2))
                assert await running.stop(next(signals)) == 0, running.journal
        async with program.running() as running:
            counts = await settled(program, running)
        copies = [sum(messages.values()) for messages in receipts(sink).values()]
        assert copies == [1] * rounds * SALES_A_ROUND
        assert counts["sent"] == rounds * SALES_A_ROUND
