"""Actions on their way to a provider or an endpoint that has every trouble: asked until they are done, done once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from support.databases import START
from support.desk import ADA, POLICY, Desk, rich
from support.provider import SECRET, Provider, running_provider
from worker import metrics
from worker.actions.ask_provider import ActionPolicy, Asking, Wish, ask_provider
from worker.actions.record_call import Hearing
from worker.asking.logins import Logins
from worker.clock import Clock, new_id, secret_id
from worker.core.instant import DAY, SECOND
from worker.core.open_action import ActionState
from worker.core.provider_action import Verb
from worker.core.provider_call import SCHEDULE
from worker.core.raw_event import RawEvent
from worker.core.standard_webhooks import verify
from worker.core.transaction import Kind, Subscription, Transaction
from worker.exit.provider_calls import PER_SOURCE, Calls, run_provider_calls
from worker.net.web_call import calling
from worker.store import provider_actions, subscriptions
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.store.provider_actions import ActionRow

both = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
inline = pytest.mark.parametrize("database", ["sqlite-inline"], indirect=True)
MERCHANT = "merchant@shop.example"


@pytest.fixture
def desk(database: object) -> Desk:
    return Desk(database)  # type: ignore[arg-type]


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running_provider() as found:
        yield found


@dataclass(eq=False)
class Exit:
    """The loop over a desk's database."""

    desk: Desk
    provider: Provider

    def policy(self) -> ActionPolicy:
        return ActionPolicy(self.provider.ways, (MERCHANT,), "shop.example")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """The loop; one that the test ended itself stays ended."""
        stopping = asyncio.Event()
        async with calling() as call:
            clock = Clock(self.desk.clock.now, asyncio.get_running_loop().time, new_id, secret_id, asyncio.sleep)
            hearing = Hearing(self.policy(), POLICY)
            alone = self.desk.database.dialect == "sqlite"
            calls = Calls(self.desk.store, clock, Logins(call), hearing, metrics.new_metrics(), alone)
            task = asyncio.create_task(run_provider_calls(lambda: calls, stopping))
            try:
                yield task
            finally:
                stopping.set()
                self.desk.store.changes.tell(Topic)
                await asyncio.gather(task, return_exceptions=True)

    async def ask(self, source: str = "paid", verb: Verb = Verb.CANCEL_NOW, ref: str = "S-1") -> ActionRow:
        sale = rich(f"in_{ref}", f"in_{ref}", customer=replace(ADA, ref=f"cus_{source}"))
        plan = Subscription(ref=ref, interval="month", next_payment_at=START + 30 * DAY, next_amount=4900)
        await self.desk.tell(replace(sale, subscription=plan), source=source)
        return await self.wish(source, verb, ref)

    async def wish(self, source: str, verb: Verb, ref: str) -> ActionRow:
        fresh, customer = self.desk.fresh, await self.desk.customer()

        async def body(tx: Tx) -> Asking:
            row = await subscriptions.take(tx, source, ref, customer.id)
            assert row is not None
            return await ask_provider(tx, Wish(customer.id, row, verb, fresh.now), self.policy(), fresh)

        action = (await self.desk.store.write(body)).action
        assert action is not None
        return action

    async def row(self, action: ActionRow) -> ActionRow:
        found = await self.desk.store.read(lambda tx: provider_actions.by_id(tx, action.id))
        assert found is not None
        return found

    async def until(self, action: ActionRow, holds: Callable[[ActionRow], bool]) -> ActionRow:
        """The action once this holds for it."""
        changes = self.desk.store.changes
        async with asyncio.timeout(20):
            while True:
                seen, row = changes.count(Topic.ACTIONS), await self.row(action)
                if holds(row) and not row.leased:
                    return row
                await changes.wait(Topic.ACTIONS, seen, 0.5)

    async def state(self, action: ActionRow, state: ActionState) -> ActionRow:
        return await self.until(action, lambda row: row.state is state)

    async def later(self, seconds: float) -> None:
        await self.desk.database.pass_seconds(seconds + 0.001)
        self.desk.store.changes.tell([Topic.ACTIONS])

    async def kinds(self, address: str = MERCHANT) -> list[str]:
        return [mail.kind.value for mail in await self.desk.mails(address) if mail.state == "due"]


@pytest.fixture
def exit_(desk: Desk, provider: Provider) -> Exit:
    return Exit(desk, provider)


@both
async def test_the_providers_answer_is_the_word_that_it_is_cancelled(exit_: Exit, provider: Provider) -> None:
    async with exit_.running():
        action = await exit_.ask()
        row = await exit_.state(action, ActionState.DONE)
    assert (row.done_by, provider.asked) == ("provider", [("cancel_now", "S-1", action.key)])
    assert "cancel_done" in await exit_.kinds("ada@example.com")
    assert await exit_.kinds() == []  # nobody is asked to do what is done, nor reminded of it


@inline
@pytest.mark.parametrize(
    ("verb", "status"), [(Verb.CANCEL_AT_PERIOD_END, "active"), (Verb.PAUSE, "paused"), (Verb.CANCEL_NOW, "cancelled")]
)
async def test_each_verb_is_settled_by_what_the_answer_tells(exit_: Exit, verb: Verb, status: str) -> None:
    async with exit_.running():
        action = await exit_.ask(verb=verb)
        await exit_.state(action, ActionState.DONE)
    row = await exit_.desk.store.read(lambda tx: subscriptions.by_name(tx, "paid", "S-1"))
    assert row is not None
    assert row.status == status


@inline
async def test_taken_without_a_word_waits_for_the_event(exit_: Exit, provider: Provider) -> None:
    provider.script[:] = ["silent"]
    async with exit_.running():
        action = await exit_.ask()
        await exit_.state(action, ActionState.ACCEPTED)
        assert "cancel_done" not in await exit_.kinds("ada@example.com")
        told = Transaction(
            id="ev_1",
            kind=Kind.SUBSCRIPTION_CHANGED,
            occurred_at=START + SECOND,
            subscription=Subscription(ref="S-1", status="cancelled"),
        )
        await exit_.desk.tell(told, source="paid")
        assert (await exit_.row(action)).state is ActionState.DONE
    assert "cancel_done" in await exit_.kinds("ada@example.com")


@inline
async def test_an_answer_that_says_something_else_confirms_nothing(exit_: Exit, provider: Provider) -> None:
    provider.script[:] = ["other"]
    async with exit_.running():
        await exit_.state(await exit_.ask(), ActionState.ACCEPTED)
    assert "cancel_done" not in await exit_.kinds("ada@example.com")
    mails = await exit_.desk.mails(MERCHANT)
    assert [(mail.kind.value, mail.due_at - mail.created_at) for mail in mails] == [("cancel_reminder", DAY)]


@both
async def test_every_trouble_is_outlasted_under_one_key(exit_: Exit, provider: Provider) -> None:
    provider.script[:] = ["500", "429 7000", "hang", "reset", "401", "503"]
    async with exit_.running():
        action = await exit_.ask()
        waits = []
        for tries in range(1, 7):
            row = await exit_.until(action, lambda row, tries=tries: row.attempts == tries)  # type: ignore[misc]
            waits.append((row.due_at - exit_.desk.clock.now()) / SECOND)
            await exit_.later(waits[-1])
        row = await exit_.state(action, ActionState.DONE)
    assert {key for _, _, key in provider.asked} == {action.key}
    assert len(provider.asked) == 7
    assert provider.done == {action.key: 1}
    usual = [(10, 12), (7000, 8400), (40, 48), (80, 96), (3600, 4320), (320, 384)]
    assert all(least <= wait <= most for wait, (least, most) in zip(waits, usual, strict=True)), waits
    kept = await exit_.desk.store.read(lambda tx: provider_actions.attempts_of(tx, action.id))
    assert [(each.result, each.status) for each in kept] == [
        *[("later", 500), ("later", 429), ("later", None), ("later", None)],
        *[("denied", 401), ("later", 503), ("told", 200)],
    ]
    assert await exit_.kinds() == ["alert"]  # of the key that was refused


@inline
@pytest.mark.parametrize(("step", "words"), [("404", "it said 404"), ("garbage", "can't be read"), ("422", "it said")])
async def test_what_the_provider_won_t_do_the_merchant_does(
    exit_: Exit, provider: Provider, step: str, words: str
) -> None:
    provider.script[:] = [step]
    async with exit_.running():
        row = await exit_.state(await exit_.ask(), ActionState.MANUAL)
    assert words in (row.words or "")
    assert await exit_.kinds() == ["cancel_todo"] or await exit_.kinds() == ["cancel_reminder", "cancel_todo"]
    assert len(provider.asked) == 1


@inline
async def test_what_never_succeeds_ends_with_the_merchant(exit_: Exit, provider: Provider) -> None:
    provider.script[:] = ["503"] * 100
    async with exit_.running():
        action = await exit_.ask()
        for tries in range(1, 57):
            row = await exit_.until(action, lambda row, tries=tries: row.attempts >= tries)  # type: ignore[misc]
            await exit_.later(max(0, row.due_at - exit_.desk.clock.now()) / SECOND)
        row = await exit_.state(action, ActionState.MANUAL)
    assert row.attempts == 56
    assert 1.5 * DAY < exit_.desk.clock.now() - START < 3 * DAY
    assert "cancel_todo" in await exit_.kinds()


@inline
async def test_a_circle_of_questions_is_left(exit_: Exit, provider: Provider) -> None:
    provider.script[:] = ["303"] * 10
    async with exit_.running():
        await exit_.state(await exit_.ask(), ActionState.MANUAL)
    assert len(provider.asked) == 4


@inline
async def test_one_login_serves_many(exit_: Exit, provider: Provider) -> None:
    async with exit_.running():
        for number in range(3):
            await exit_.state(await exit_.ask("logs", ref=f"S-{number}"), ActionState.DONE)
    assert provider.logins == 1


@inline
async def test_one_accounts_trouble_holds_up_no_other(exit_: Exit, provider: Provider) -> None:
    provider.script[:] = ["slow"] * PER_SOURCE
    async with exit_.running():
        held = [await exit_.ask(ref=f"S-{number}") for number in range(6)]
        while len(provider.asked) < PER_SOURCE:
            provider.came.clear()
            await provider.came.wait()
        await exit_.state(await exit_.ask("logs", ref="other"), ActionState.DONE)
        assert len([ref for _, ref, _ in provider.asked if ref != "other"]) == PER_SOURCE
        provider.let_go.set()
        for action in held:
            await exit_.until(action, lambda row: row.attempts > 0 or row.state is ActionState.DONE)
    assert provider.most_at_once <= PER_SOURCE + 1


@both
async def test_an_end_in_the_middle_of_a_call_is_asked_again_with_the_same_key(exit_: Exit, provider: Provider) -> None:
    """The provider has done it, and nobody here knows."""
    provider.script[:] = ["slow"]
    async with exit_.running() as loop:
        action = await exit_.ask()
        await provider.came.wait()
        for task in asyncio.all_tasks():
            if "_call" in repr(task.get_coro()) and "provider_calls" in repr(task.get_coro()):
                task.cancel()
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
    assert (await exit_.row(action)).state is ActionState.DUE
    await exit_.desk.database.pass_seconds(91)  # what died holds its lease so long on PostgreSQL
    async with exit_.running():
        await exit_.state(action, ActionState.DONE)
    assert [key for _, _, key in provider.asked] == [action.key] * 2
    assert provider.done == {action.key: 1}


@both
async def test_a_later_wish_waits_for_the_call_about_the_earlier_one(exit_: Exit, provider: Provider) -> None:
    provider.script[:] = ["slow"]
    async with exit_.running():
        pause = await exit_.ask(verb=Verb.PAUSE)
        await provider.came.wait()
        resume = await exit_.wish("paid", Verb.RESUME, "S-1")
        assert (await exit_.row(pause)).state is ActionState.CALLED_OFF
        provider.let_go.set()
        await exit_.until(resume, lambda row: row.state in (ActionState.ACCEPTED, ActionState.DONE))
    assert [verb for verb, _, _ in provider.asked] == ["pause", "resume"]
    assert provider.most_at_once == 1


@both
async def test_the_shops_endpoint_hears_a_signed_message(exit_: Exit, provider: Provider) -> None:
    provider.script[:] = ["500", "204"]
    async with exit_.running():
        action = await exit_.ask("shop", Verb.CANCEL_AT_PERIOD_END)
        row = await exit_.until(action, lambda row: row.attempts == 1)
        assert SCHEDULE[0] <= row.due_at - exit_.desk.clock.now() <= 1.2 * SCHEDULE[0]
        await exit_.later(6)
        row = await exit_.state(action, ActionState.ACCEPTED)  # heard, and not yet confirmed
    assert [headers["webhook-id"] for headers, _ in provider.hooks] == [action.key] * 2
    for headers, body in provider.hooks:
        assert verify(RawEvent(headers, body, 0), [SECRET], exit_.desk.clock.now()) is None
    assert b'"type":"subscription.cancel_requested"' in provider.hooks[0][1]
    assert provider.hooks[0][1] == provider.hooks[1][1]


@inline
async def test_an_endpoint_that_is_gone_is_told_no_more(exit_: Exit, provider: Provider) -> None:
    provider.script[:] = ["410"]
    async with exit_.running():
        await exit_.state(await exit_.ask("shop"), ActionState.MANUAL)
        await exit_.state(await exit_.ask("shop", ref="S-2"), ActionState.MANUAL)
    assert len(provider.hooks) == 1
    assert sorted(await exit_.kinds()) == sorted(["alert", *["cancel_todo"] * 2, *["cancel_reminder"] * 2])


@inline
async def test_a_redirect_is_not_followed(exit_: Exit, provider: Provider) -> None:
    provider.script[:] = ["302"]
    async with exit_.running():
        action = await exit_.ask("shop")
        row = await exit_.until(action, lambda row: row.attempts == 1)
    assert row.state is ActionState.DUE
    assert len(provider.hooks) == 1
