"""What is asked of a provider: recorded once, one open action a subscription, and handed to whoever does it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from support.databases import START
from support.desk import POLICY, Desk, rich
from support.provider import Provider, running_provider
from worker.actions.ask_provider import ActionPolicy, Answer, Asking, NewDetails, Wish, ask_for_details, ask_provider
from worker.actions.record_call import Call, Hearing, record_call
from worker.actions.settle_action import carry_out
from worker.actions.settle_restored import settle_restored
from worker.actions.try_again import try_again
from worker.core.instant import DAY
from worker.core.open_action import ActionState, Way
from worker.core.provider_action import Verb
from worker.core.provider_call import Result
from worker.core.transaction import Address, Customer, Kind, Subscription, Transaction
from worker.store import audit, outbox, provider_actions, subscriptions
from worker.store.engine import Tx
from worker.store.provider_actions import ActionRow, Called

both = pytest.mark.parametrize("database", ["sqlite-inline", "postgres"], indirect=True)
inline = pytest.mark.parametrize("database", ["sqlite-inline"], indirect=True)
MERCHANT = "merchant@shop.example"
PLAN = Subscription(ref="S-7", interval="month", next_payment_at=START + 30 * DAY, next_amount=4900)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running_provider() as found:
        yield found


@pytest.fixture
async def sold(desk: Desk) -> Desk:
    for source in ("paid", "byhand", "shop"):
        await desk.tell(rich(f"in_{source}", f"in_{source}", subscription=PLAN), source=source)
    return desk


def policy(provider: Provider) -> ActionPolicy:
    return ActionPolicy(provider.ways, (MERCHANT, "second@shop.example"), "shop.example")


async def ask(desk: Desk, provider: Provider, verb: Verb, source: str = "paid") -> Asking:
    customer, fresh = await desk.customer(), desk.fresh

    async def body(tx: Tx) -> Asking:
        row = await subscriptions.take(tx, source, "S-7", customer.id)
        assert row is not None
        return await ask_provider(tx, Wish(customer.id, row, verb, START + DAY), policy(provider), fresh)

    return await desk.store.write(body)


async def reread(desk: Desk, action: ActionRow | None) -> ActionRow:
    assert action is not None
    found = await desk.store.read(lambda tx: provider_actions.by_id(tx, action.id))
    assert found is not None
    return found


async def told(desk: Desk, number: int, **plan: object) -> None:
    change = Transaction(
        id=f"ev_{number}",
        kind=Kind.SUBSCRIPTION_CHANGED,
        occurred_at=START + number * DAY,
        subscription=Subscription(ref="S-7", **plan),  # type: ignore[arg-type]
    )
    await desk.tell(change, source="byhand")


async def kinds(desk: Desk) -> list[str]:
    return sorted(mail.kind.value for mail in await desk.mails(MERCHANT) if mail.state == "due")


@both
async def test_pressed_by_many_it_is_one_action(sold: Desk, provider: Provider) -> None:
    asked = await asyncio.gather(*(ask(sold, provider, Verb.PAUSE) for _ in range(6)))
    assert sorted(each.answer for each in asked) == [Answer.ASKED, *[Answer.OPEN] * 5]
    assert len({each.action.id for each in asked if each.action}) == 1
    assert await kinds(sold) == ["action_reminder"]
    assert (await reread(sold, asked[0].action)).state is ActionState.DUE


@both
@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.CANCEL_NOW])
async def test_what_nobody_can_be_asked_for_is_mailed_to_every_merchant(
    sold: Desk, provider: Provider, verb: Verb
) -> None:
    asking = await ask(sold, provider, verb, "byhand")
    assert asking.action is not None
    assert (asking.action.way, asking.action.state) == (Way.MANUAL, ActionState.MANUAL)
    name = "cancel" if verb is Verb.CANCEL_NOW else "action"
    assert await kinds(sold) == [f"{name}_reminder", f"{name}_todo"]
    assert len(await sold.mails("second@shop.example")) == 2


@both
async def test_what_was_told_to_nobody_is_taken_back(sold: Desk, provider: Provider) -> None:
    pause = await ask(sold, provider, Verb.PAUSE)
    resume = await ask(sold, provider, Verb.RESUME)
    assert resume.answer is Answer.TAKEN_BACK
    assert (await reread(sold, pause.action)).state is ActionState.CALLED_OFF
    assert await sold.store.read(lambda tx: provider_actions.open_of(tx, "paid", "S-7")) is None
    assert await kinds(sold) == []


@both
async def test_what_a_person_may_have_done_is_asked_back(sold: Desk, provider: Provider) -> None:
    pause = await ask(sold, provider, Verb.PAUSE, "byhand")
    resume = await ask(sold, provider, Verb.RESUME, "byhand")
    assert resume.answer is Answer.ASKED
    assert (await reread(sold, pause.action)).state is ActionState.CALLED_OFF
    assert await kinds(sold) == ["action_reminder", "action_todo", "action_todo"]


@inline
async def test_an_end_takes_the_place_of_a_pause_and_no_pause_that_of_an_end(sold: Desk, provider: Provider) -> None:
    pause = await ask(sold, provider, Verb.PAUSE)
    end = await ask(sold, provider, Verb.CANCEL_AT_PERIOD_END)
    assert (await reread(sold, pause.action)).state is ActionState.CALLED_OFF
    assert (await ask(sold, provider, Verb.PAUSE)).answer is Answer.REFUSED
    assert (await ask(sold, provider, Verb.CANCEL_AT_PERIOD_END)).action == end.action
    now = await ask(sold, provider, Verb.CANCEL_NOW)
    assert now.answer is Answer.ASKED
    assert (await ask(sold, provider, Verb.CANCEL_AT_PERIOD_END)).action == now.action


@both
async def test_the_providers_word_settles_each_verb(sold: Desk, provider: Provider) -> None:
    words: list[tuple[Verb, dict[str, object]]] = [
        (Verb.PAUSE, {"status": "paused"}),
        (Verb.RESUME, {"status": "active"}),
        (Verb.CANCEL_AT_PERIOD_END, {"status": "active", "cancel_at": START + 30 * DAY}),
        (Verb.UNDO_CANCEL, {"status": "active"}),
    ]
    for number, (verb, plan) in enumerate(words, 1):
        asking = await ask(sold, provider, verb, "byhand")
        assert asking.answer is Answer.ASKED, verb
        await told(sold, number, **plan)
        row = await reread(sold, asking.action)
        assert (row.state, row.done_by) == (ActionState.DONE, "provider"), verb
    customer = await sold.customer()
    assert await sold.store.read(lambda tx: provider_actions.cancels_of(tx, customer.id)) == {}  # it was undone
    done = [each.what for each in await sold.store.read(lambda tx: audit.of_customer(tx, customer.id))]
    assert {"pause_done", "resume_done", "cancel_done", "undo_cancel_done"} < set(done)
    assert not [kind for kind in await kinds(sold) if "reminder" in kind]


@inline
async def test_an_end_makes_a_pause_pointless(sold: Desk, provider: Provider) -> None:
    asking = await ask(sold, provider, Verb.PAUSE, "byhand")
    await told(sold, 1, status="cancelled")
    assert (await reread(sold, asking.action)).state is ActionState.CALLED_OFF
    assert await kinds(sold) == ["action_todo"]


@both
async def test_newer_details_take_the_place_of_older_ones(sold: Desk, provider: Provider) -> None:
    customer = await sold.customer()
    asked = []
    for city in ("Kiel", "Ulm"):
        wish = NewDetails(customer.id, "paid", "cus_1", Customer(name="Ada", address=Address(city=city)))
        fresh = sold.fresh
        asked.append(
            await sold.store.write(lambda tx, w=wish, f=fresh: ask_for_details(tx, w, policy(provider), f))  # type: ignore[misc]
        )
    assert (await reread(sold, asked[0].action)).state is ActionState.CALLED_OFF
    assert (await reread(sold, asked[1].action)).details == '{"name":"Ada","address":{"city":"Ulm"}}'
    assert await kinds(sold) == []  # nobody is promised a word about details
    fresh, wish = sold.fresh, NewDetails(customer.id, "byhand", "cus_1", Customer(name="Ada"))
    refused = await sold.store.write(lambda tx: ask_for_details(tx, wish, policy(provider), fresh))
    assert refused.answer is Answer.REFUSED


@both
async def test_a_lease_is_held_by_one_and_lost_in_time(sold: Desk, provider: Provider) -> None:
    action = (await ask(sold, provider, Verb.PAUSE)).action
    assert action is not None

    async def claim(owner: str) -> list[ActionRow]:
        now = sold.clock.now()
        return await sold.store.write(lambda tx: provider_actions.claim(tx, "paid", owner, now, 5))

    assert [row.id for row in await claim("one")] == [action.id]
    assert await claim("two") == []
    late = Called(action.id, ActionState.ACCEPTED, 1, START, START, None)
    await sold.database.pass_seconds(91)
    assert [row.id for row in await claim("two")] == [action.id]
    assert await sold.store.write(lambda tx: provider_actions.settle(tx, "one", late)) is None
    assert await sold.store.write(lambda tx: provider_actions.settle(tx, "two", late)) is not None


@both
async def test_the_answer_alone_is_the_word_that_it_was_taken_back(sold: Desk, provider: Provider) -> None:
    ending = Subscription(ref="S-7", next_payment_at=START + 30 * DAY, cancel_at=START + 30 * DAY)
    change = Transaction(id="ev_1", kind=Kind.SUBSCRIPTION_CHANGED, occurred_at=START + 1, subscription=ending)
    await sold.tell(change, source="paid")
    action = (await ask(sold, provider, Verb.UNDO_CANCEL)).action
    assert action is not None
    goes_on = replace(change, id="ev_2", occurred_at=START + 2, subscription=replace(ending, cancel_at=None))
    [held] = await sold.store.write(lambda tx: provider_actions.claim(tx, "paid", "one", START, 5))
    await sold.tell(goes_on, source="paid")  # the event comes while the answer is on its way
    call, fresh = Call(held, Result.TOLD, "200", told=(replace(goes_on, id="answer"),)), sold.fresh
    hearing = Hearing(policy(provider), POLICY)
    await sold.store.write(lambda tx: record_call(tx, "one", call, hearing, fresh))
    assert (await reread(sold, action)).state is ActionState.DONE


@both
@pytest.mark.parametrize(("source", "keeps_key"), [("paid", False), ("shop", True)])
async def test_once_more_from_the_start(sold: Desk, provider: Provider, source: str, keeps_key: bool) -> None:
    action = (await ask(sold, provider, Verb.PAUSE, source)).action
    assert action is not None
    fresh, ways, id_ = sold.fresh, provider.ways, action.id

    async def fail(tx: Tx) -> None:
        await provider_actions.claim(tx, source, "one", START, 5)
        await provider_actions.settle(tx, "one", Called(id_, ActionState.MANUAL, 7, START, None, "no"))

    await sold.store.write(fail)
    again = await sold.store.write(lambda tx: try_again(tx, id_, "may@shop.example", ways, fresh))
    assert again is not None
    assert (again.state, again.attempts, again.key == action.key) == (ActionState.DUE, 0, keeps_key)
    assert await sold.store.write(lambda tx: carry_out(tx, id_, "may@shop.example", fresh))
    assert await sold.store.write(lambda tx: try_again(tx, id_, "may@shop.example", ways, fresh)) is None


@both
async def test_after_a_restore_a_person_looks_first(sold: Desk, provider: Provider) -> None:
    action = (await ask(sold, provider, Verb.CANCEL_NOW)).action
    fresh = sold.fresh
    await sold.store.write(lambda tx: settle_restored(tx, {}, fresh))
    row = await reread(sold, action)
    assert row.state is ActionState.MANUAL
    assert "before the restore" in (row.words or "")
    assert await sold.store.read(outbox.next_due) is None
