"""Who asked to keep a subscription can cancel it all the same: at any moment, and it ends in the end."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from support.databases import START
from support.desk import POLICY, Desk, rich
from support.provider import ENDS, Provider, running_provider
from worker.actions.ask_provider import Answer, Asking
from worker.actions.cancel_subscription import CancelAnswer, Cancelling, CancelPolicy, cancel_subscription
from worker.actions.change_subscription import change_subscription
from worker.actions.record_call import Call, Hearing, record_call
from worker.core.open_action import ActionState
from worker.core.provider_action import Verb
from worker.core.provider_call import Result
from worker.core.rights import Act
from worker.core.transaction import Kind, Subscription, Transaction
from worker.store import provider_actions
from worker.store.provider_actions import ActionRow
from worker.web.own_plans import own_plans

pytestmark = pytest.mark.parametrize("database", ["sqlite-inline", "postgres"], indirect=True)
PLAN = Subscription(ref="S-7", interval="month", next_payment_at=ENDS, next_amount=4900)
ENDING = replace(PLAN, cancel_at=ENDS, next_payment_at=None)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running_provider() as found:
        yield found


@pytest.fixture
async def ending(desk: Desk, provider: Provider) -> Desk:
    """It was cancelled, and the provider said so."""
    await desk.tell(rich("in_1", "in_1", subscription=PLAN), source="paid")
    await cancel(desk, provider)
    await answer(desk, provider, 1, ENDING)
    return desk


def policy(provider: Provider) -> CancelPolicy:
    return CancelPolicy(merchant=("merchant@shop.example",), message_domain="shop.example", ways=provider.ways)


async def cancel(desk: Desk, provider: Provider) -> Cancelling:
    customer, fresh = await desk.customer(), desk.fresh
    wish = policy(provider)
    return await desk.store.write(lambda tx: cancel_subscription(tx, customer.id, ("paid", "S-7"), wish, fresh))


async def keep(desk: Desk, provider: Provider) -> Asking:
    customer, fresh = await desk.customer(), desk.fresh
    wish = (Act.UNDO, policy(provider))
    return await desk.store.write(lambda tx: change_subscription(tx, customer.id, ("paid", "S-7"), wish, fresh))


async def claim(desk: Desk) -> list[ActionRow]:
    now = desk.clock.now()
    return await desk.store.write(lambda tx: provider_actions.claim(tx, "paid", "exit", now, 5))


def change(number: int, plan: Subscription) -> Transaction:
    return Transaction(f"ev_{number}", Kind.SUBSCRIPTION_CHANGED, START + number, subscription=plan)


async def hear(desk: Desk, provider: Provider, action: ActionRow, told: Transaction) -> None:
    call, fresh, hearing = (
        Call(action, Result.TOLD, "200", told=(told,)),
        desk.fresh,
        Hearing(policy(provider).asking, POLICY),
    )
    await desk.store.write(lambda tx: record_call(tx, "exit", call, hearing, fresh))


async def answer(desk: Desk, provider: Provider, number: int, plan: Subscription) -> None:
    """The provider is asked for what is due, and says how it stands."""
    [action] = await claim(desk)
    await hear(desk, provider, action, change(number, plan))


async def shown(desk: Desk, provider: Provider) -> tuple[str, tuple[Act, ...]]:
    customer, wish, now = await desk.customer(), policy(provider), desk.clock.now()
    [plan] = await desk.store.read(lambda tx: own_plans(tx, customer, wish, now))
    return plan.own.standing.value, plan.own.acts


async def stands(desk: Desk, cancelling: Cancelling) -> ActionState:
    assert cancelling.cancel is not None
    row = await desk.store.read(lambda tx: provider_actions.by_id(tx, cancelling.cancel.id))  # type: ignore[union-attr]
    assert row is not None
    return row.state


async def news(desk: Desk) -> list[str]:
    return [mail.kind.value for mail in await desk.mails() if mail.state == "due"]


async def test_while_it_is_being_kept_at_the_provider(ending: Desk, provider: Provider) -> None:
    await keep(ending, provider)
    [asked] = await claim(ending)
    assert (await shown(ending, provider))[1] == (Act.CANCEL,)
    again = await cancel(ending, provider)
    assert (again.answer, again.cancel and again.cancel.ends_at) == (CancelAnswer.RECEIVED, ENDS)
    assert again.cancel is not None
    assert again.cancel.verb is Verb.CANCEL_AT_PERIOD_END
    assert (await shown(ending, provider))[0] == "cancelling"
    assert await claim(ending) == [], "nothing else is asked while the provider is busy with what came before"
    await ending.tell(change(2, ENDING), source="paid")  # of the first time, told once more
    assert await stands(ending, again) is ActionState.DUE
    assert (await shown(ending, provider))[0] == "cancelling", "it may be kept in this moment"
    await hear(ending, provider, asked, change(3, PLAN))
    assert await stands(ending, again) is ActionState.DUE
    await answer(ending, provider, 4, ENDING)
    assert await stands(ending, again) is ActionState.DONE
    assert await shown(ending, provider) == ("cancelled", (Act.UNDO,))
    assert await news(ending) == ["cancel_received", "cancel_done", "cancel_received", "cancel_done"]


async def test_before_anybody_heard_that_it_was_to_be_kept(ending: Desk, provider: Provider) -> None:
    kept = await keep(ending, provider)
    again = await cancel(ending, provider)
    assert again == Cancelling(CancelAnswer.RECEIVED)
    assert kept.action is not None
    action = await ending.store.read(lambda tx: provider_actions.by_id(tx, kept.action.id))  # type: ignore[union-attr]
    assert action is not None
    assert action.state is ActionState.CALLED_OFF
    assert await claim(ending) == []
    assert await shown(ending, provider) == ("cancelled", (Act.UNDO,))
    assert await news(ending) == ["cancel_received", "cancel_done", "cancel_done"]


async def test_kept_once_more_it_is_asked_for_once_more(ending: Desk, provider: Provider) -> None:
    """The first asking may have been lost with what took its place: only the provider's word says how it is."""
    await keep(ending, provider)
    [lost] = await claim(ending)
    await cancel(ending, provider)
    kept = await keep(ending, provider)
    assert kept.answer is Answer.ASKED
    await ending.store.write(lambda tx: provider_actions.release(tx, "exit", lost.id))
    [asked] = await claim(ending)
    assert (asked.verb, asked.id) == (Verb.UNDO_CANCEL, kept.action and kept.action.id)
    await hear(ending, provider, asked, change(5, PLAN))
    assert await shown(ending, provider) == ("active", (Act.CANCEL,))


async def test_what_was_heard_and_called_off_is_asked_for_again(desk: Desk, provider: Provider) -> None:
    """Cancelled, kept, cancelled, while the first is still with the provider: nothing says that it ended."""
    await desk.tell(rich("in_1", "in_1", subscription=PLAN), source="paid")
    await cancel(desk, provider)
    [first] = await claim(desk)
    await keep(desk, provider)
    again = await cancel(desk, provider)
    assert (again.answer, again.cancel is not None) == (CancelAnswer.RECEIVED, True)
    await desk.store.write(lambda tx: provider_actions.release(tx, "exit", first.id))
    await answer(desk, provider, 1, ENDING)
    assert await stands(desk, again) is ActionState.DONE
