"""The mails of all sets through the real doors of the running program: each becomes what reading alone makes of it.

Nobody in them bought anything, and none proves who sent it: nobody is answered.
"""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from flows.test_sale_becomes_receipt import until_said
from mails.golden import OURS, golden_mails
from mails.replay import Came, Sent, WayIn, became, in_their_order, listening_shop, sell_to, watching_shop
from mails.sets import SETS, FindSet, SetMail
from mails.test_mail_replay import PEOPLE
from support.dovecot import Dovecot
from support.program import Running
from support.sink import Sink
from worker.mail.classify import Outcome, classify
from worker.mail.essence import identity_of
from worker.mail.read import read

BOTH = pytest.mark.parametrize("store_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True)
ALL_SECONDS = 60.0
"""For every mail that there is, the golden ones included."""


@BOTH
async def test_every_mail_of_the_sets_by_the_listener(
    sink: Sink, tmp_path: Path, store_url: str, find_set: FindSet
) -> None:
    async with listening_shop(sink, tmp_path, store_url) as way:
        await replay(way, sink, delivered(find_set))


@BOTH
async def test_every_mail_of_the_sets_by_the_mailbox(
    sink: Sink, tmp_path: Path, store_url: str, find_set: FindSet, dovecot: Dovecot
) -> None:
    async with watching_shop(sink, tmp_path, store_url, dovecot) as way:
        await replay(way, sink, delivered(find_set))


@pytest.mark.long
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_all_mails_of_all_sets_in_a_minute(sink: Sink, tmp_path: Path, store_url: str, find_set: FindSet) -> None:
    golden = in_their_order(golden_mails())
    sets = expected(delivered(find_set))
    kept = [outcome for _, outcome in [*golden, *sets] if outcome is not Outcome.DUPLICATE]
    async with listening_shop(sink, tmp_path, store_url) as way:
        await sink.wait_for(await sell_to(way.running, [mail for mail, _ in golden]))
        began = time.monotonic()
        await way.bring([mail for mail, _ in golden])
        await way.bring([mail for mail, _ in sets])
        came = await became(way.running, len(kept))
        took = time.monotonic() - began
    print(f"\n{len(golden) + len(sets)} mails in {took:.1f} s")
    assert [each.outcome for each in came] == kept
    assert took <= ALL_SECONDS


def delivered(find_set: FindSet) -> list[SetMail]:
    """All of them, each with the lines on top that the receiving server puts there."""
    return [replace(mail, raw=_top(mail) + mail.raw) for each in SETS for mail in find_set(each)]


def _top(mail: SetMail) -> bytes:
    return f"Return-Path: <{mail.envelope_from}>\r\nDelivered-To: {mail.envelope_to}\r\n".encode()


def expected(mails: Sequence[SetMail]) -> list[tuple[SetMail, Outcome]]:
    """What each is after those before it: some are in a set more than once, and who asks again is over the limit."""
    before: set[str] = set()
    found = []
    for mail in mails:
        essence, outcome = identity_of(mail.raw).essence, alone(mail)
        if essence in before:
            outcome = Outcome.DUPLICATE
        elif outcome is Outcome.STRANGER and mail.envelope_from in before:
            outcome = Outcome.OVER_LIMIT
        before |= {essence or "", mail.envelope_from if outcome is Outcome.STRANGER else ""} - {""}
        found.append((mail, outcome))
    return found


def alone(mail: Sent) -> Outcome:
    """What reading makes of it; who asks is a stranger."""
    what = classify(read(mail.raw), OURS.envelope(mail.envelope_from, (mail.envelope_to,)))
    return Outcome.STRANGER if what.outcome is Outcome.LINK_REQUEST else what.outcome


async def replay(way: WayIn, sink: Sink, mails: Sequence[SetMail]) -> None:
    """Bring all, and wait until the shop's people have what is for them: nobody else may hear of any."""
    brought = [(mail, outcome) for mail, outcome in expected(mails) if way.takes(mail)]
    kept = [(mail, outcome) for mail, outcome in brought if outcome is not Outcome.DUPLICATE]
    await way.bring([mail for mail, _ in brought])
    came = await became(way.running, len(kept))
    print(f"\n{tables(kept, came)}\n{len(brought)} of {len(mails)} brought, {len(brought) - len(kept)} duplicates")
    pairs = zip(kept, came, strict=True)
    assert [(mail.file, outcome, each) for (mail, outcome), each in pairs if each.outcome != outcome] == []
    forwards = sum(each.forwarded for each in came)
    await sink.wait_for(forwards)
    status = json.loads(await until_said(way.running, f'"sent": {forwards}', "status", "--json"))
    assert status["inbox"] == Counter(str(outcome) for _, outcome in brought)
    assert {state: count for state, count in status["outbox"].items() if count} == {"sent": forwards}
    assert {mail.recipients for mail in sink.mails} == {(PEOPLE,)}
    assert unexpected(way.running) == []


def unexpected(running: Running) -> list[str]:
    """The journal's lines of faults of ours, and of libraries that complain."""
    return [line for line in running.journal if json.loads(line)["level"] != "info"]


def tables(kept: Sequence[tuple[SetMail, Outcome]], came: Sequence[Came]) -> str:
    """By set and kind, how many mails became what."""
    counts = Counter(
        (mail.of.name, mail.kind, each.outcome, each.forwarded) for (mail, _), each in zip(kept, came, strict=True)
    )
    return "\n".join(
        f"  {name:16} {kind:9} {outcome:15} {'forwarded' if forwarded else '':9} {count:4}"
        for (name, kind, outcome, forwarded), count in sorted(counts.items())
    )
