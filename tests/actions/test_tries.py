"""How a try at the relay ends decides what becomes of its mail, leaves a record, and is told to the merchant once."""

from dataclasses import replace

import pytest

from support.desk import Desk, rich
from worker.actions.raise_alert import raise_alert
from worker.actions.record_tries import Try, record_tries, rescue_abandoned
from worker.core.alert import AlertKind
from worker.core.delivery import TABLE, MailState, crashed, rule
from worker.core.outcome import Outcome, Phase, Result, replied
from worker.core.transaction import Customer
from worker.store import outbox, suppressions
from worker.store.engine import Tx
from worker.store.outbox import Attempt, MailKind, OutboxItem

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)

OUTCOMES = [
    *(replied(phase, code, f"{code // 100}.1.1 words") for phase in Phase for code in (250, 421, 450, 550)),
    *(replied(phase, 550, "5.7.1 policy") for phase in Phase),
    *(Outcome(phase, result) for phase in Phase for result in Result if result is not Result.REFUSED),
]
REFUSED = replied(Phase.RCPT, 550, "5.1.1 no such user")
TAKEN = replied(Phase.DATA, 250, "2.0.0 queued")
LOST = Outcome(Phase.DATA, Result.LOST)


async def sending(desk: Desk, number: int, owner: str = "me") -> list[OutboxItem]:
    """So many mails, claimed by `owner` and marked `sending`."""
    for n in range(number):
        await desk.tell(rich(f"in_{n}", customer=Customer(email=f"c{n}@example.com")))
    await desk.issue()
    return await claimed(desk, owner)


async def claimed(desk: Desk, owner: str) -> list[OutboxItem]:
    now = desk.clock.now()

    async def body(tx: Tx) -> list[OutboxItem]:
        items = await outbox.claim(tx, owner, now, 1000)
        await outbox.start(tx, owner, [item.id for item in items])
        return items

    return await desk.store.write(body)


async def record(desk: Desk, *tries: tuple[OutboxItem, Outcome], owner: str = "me") -> list[Try]:
    fresh = desk.fresh
    ended = [Try(desk.new_id(), item, outcome, fresh.now, 0.5) for item, outcome in tries]
    await desk.store.write(lambda tx: record_tries(tx, owner, ended, desk.policy, fresh))
    return ended


async def rescue(desk: Desk) -> int:
    fresh = desk.fresh
    return await desk.store.write(lambda tx: rescue_abandoned(tx, 0.5, desk.policy, fresh))


async def now_is(desk: Desk, item: OutboxItem) -> OutboxItem:
    found = await desk.store.read(lambda tx: outbox.by_id(tx, item.id))
    assert found is not None
    return found


async def attempts(desk: Desk, item: OutboxItem) -> list[Attempt]:
    return await desk.store.read(lambda tx: outbox.attempts_of(tx, item.id))


async def alerts(desk: Desk) -> list[OutboxItem]:
    return [mail for mail in await desk.mails("merchant@shop.example") if mail.kind is MailKind.ALERT]


def test_the_outcomes_meet_every_row_of_the_table() -> None:
    assert {id(rule(outcome)) for outcome in OUTCOMES} == {id(ruling) for ruling in TABLE.values()}


@BOTH
async def test_every_outcome_ends_where_the_table_says_with_a_record(desk: Desk) -> None:
    items = await sending(desk, len(OUTCOMES))
    tries = await record(desk, *zip(items, OUTCOMES, strict=True))
    for each in tries:
        row, decision = await now_is(desk, each.item), each.decision
        assert (row.state, row.reason, row.attempts) == (decision.state, decision.reason, decision.attempts)
        assert row.ambiguous == decision.ambiguous_attempts
        assert (row.settled_at is None) == (decision.due_at is not None)
        assert row.due_at == (each.item.due_at if decision.due_at is None else decision.due_at)
        (attempt,) = await attempts(desk, each.item)
        assert (attempt.phase, attempt.result, attempt.state) == (
            each.outcome.phase.value,
            each.outcome.result.value,
            decision.state.value,
        )
        assert (attempt.code, attempt.reply) == (each.outcome.code, each.outcome.text)
    assert "sending" not in await desk.outbox()


@BOTH
async def test_an_ambiguous_mail_goes_once_more_and_is_then_parked(desk: Desk) -> None:
    (item,) = await sending(desk, 1)
    await record(desk, (item, LOST))
    assert (await now_is(desk, item)).state in (MailState.DUE, MailState.DEFERRED)
    await desk.database.pass_seconds(10)
    (again,) = await claimed(desk, "me")
    assert again.message_id == item.message_id
    await record(desk, (again, LOST))
    assert (await now_is(desk, item)).state is MailState.PARKED
    assert [mail.params["trouble"] for mail in await alerts(desk)] == [AlertKind.MAILS_PARKED.value]


@BOTH
@pytest.mark.parametrize(
    ("words", "hard"),
    [
        ("5.1.1 no such user", True),
        ("5.1.2 no such host", True),
        ("5.1.6 moved", True),
        ("5.1.10 null MX", True),
        ("5.2.1 disabled", True),
        ("no such user", False),
        ("5.0.0 no", False),
        ("5.1.3 odd", False),
        ("5.1.8 your sender is bad", False),
        ("5.2.2 full", False),
        ("5.7.1 not allowed", False),
    ],
)
async def test_what_the_relay_refuses_is_a_bounce_where_its_code_names_the_address(
    desk: Desk, words: str, *, hard: bool
) -> None:
    [item] = await sending(desk, 1)
    await record(desk, (item, replied(Phase.RCPT, 550, words)))
    assert (await now_is(desk, item)).state is MailState.FAILED
    found = await desk.store.read(lambda tx: suppressions.in_force(tx, item.recipient))
    assert [each.words for each in found] == [words] * hard


@BOTH
async def test_where_the_lease_is_lost_only_sent_counts(desk: Desk) -> None:
    items = await sending(desk, 3, owner="late")
    await desk.database.pass_seconds(31)
    await rescue(desk)
    before = [await now_is(desk, item) for item in items]
    await record(desk, (items[0], TAKEN), (items[1], REFUSED), (items[2], LOST), owner="late")
    after = [await now_is(desk, item) for item in items]
    assert after[0].state is MailState.SENT
    assert after[1:] == before[1:]
    assert [len(await attempts(desk, item)) for item in items] == [2, 2, 2]
    assert await alerts(desk) == []


@BOTH
async def test_what_a_dead_process_left_is_rescued_once(desk: Desk) -> None:
    items = await sending(desk, 5)
    assert await rescue(desk) == 0
    await desk.database.pass_seconds(31)
    assert [await rescue(desk), await rescue(desk)] == [5, 0]
    for item in items:
        row = await now_is(desk, item)
        decision = Try("t", item, crashed(), desk.clock.now(), 0.5).decision
        assert (row.state, row.due_at, row.ambiguous) == (decision.state, decision.due_at, 1)
        (attempt,) = await attempts(desk, item)
        assert attempt.reply == crashed().text
    assert await alerts(desk) == []


@BOTH
async def test_a_wave_of_failures_is_told_once_an_hour_for_each_kind(desk: Desk) -> None:
    items = await sending(desk, 6)
    await record(desk, *((item, REFUSED) for item in items[:2]))
    await record(desk, *((item, REFUSED) for item in items[2:4]))
    assert [mail.params["trouble"] for mail in await alerts(desk)] == [AlertKind.MAILS_FAILED.value]
    (alert,) = await alerts(desk)
    assert alert.due_at == desk.clock.now() + 60_000_000
    fresh = desk.fresh
    await desk.store.write(lambda tx: raise_alert(tx, AlertKind.RELAY_PAUSED, desk.policy, fresh))
    assert len(await alerts(desk)) == 2
    await desk.database.pass_seconds(3600)
    await record(desk, *((item, REFUSED) for item in items[4:]))
    assert len(await alerts(desk)) == 3


@BOTH
async def test_what_fails_after_this_hours_alert_is_told_in_the_next_hour(desk: Desk) -> None:
    async def fail() -> None:
        await desk.store.write(lambda tx: raise_alert(tx, AlertKind.MAILS_FAILED, desk.policy, desk.fresh))

    await fail()
    await fail()
    assert len(await alerts(desk)) == 1, "it tells of both"
    await desk.later(61)
    (sent,) = await claimed(desk, "me")
    await record(desk, (sent, TAKEN))
    await fail()
    await fail()
    assert len(await alerts(desk)) == 2
    assert sorted(mail.due_at for mail in await alerts(desk))[1] > desk.clock.now() + 60_000_000


@BOTH
async def test_an_alert_that_fails_raises_none(desk: Desk) -> None:
    (item,) = await sending(desk, 1)
    await record(desk, (item, REFUSED))
    await desk.database.pass_seconds(3700)
    (alert,) = await claimed(desk, "me")
    await record(desk, (alert, REFUSED))
    assert len(await alerts(desk)) == 1
    assert (await now_is(desk, alert)).state is MailState.FAILED


@BOTH
async def test_nobody_to_alert_is_no_trouble(desk: Desk) -> None:
    desk.policy = replace(desk.policy, alerts_to=())
    (item,) = await sending(desk, 1)
    await record(desk, (item, REFUSED))
    assert await desk.outbox() == {"failed": 1}
