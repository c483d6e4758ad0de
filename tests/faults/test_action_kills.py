"""The real program, killed while it tells an endpoint of an action: told again under the same id, and never lost."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from support.databases import START
from support.desk import rich
from support.program import Program
from support.provider import SECRET, Provider, running_provider
from support.sink import Sink
from worker import clock
from worker.actions.accept_transaction import Telling, accept_transaction
from worker.actions.ask_provider import ActionPolicy, Wish, ask_provider
from worker.core.fresh import Fresh
from worker.core.open_action import ActionState
from worker.core.provider_action import Verb
from worker.core.transaction import Subscription
from worker.sources.ways import Endpoint, Reach, Ways
from worker.store import customers, provider_actions, subscriptions
from worker.store.engine import Store, Tx
from worker.store.opening import open_store
from worker.store.provider_actions import ActionRow

T = TypeVar("T")


def program_for(sink: Sink, provider: Provider, store_url: str, folder: Path) -> Program:
    return Program(
        {
            "LETTERKEY_STATE_DIR": str(folder),
            "LETTERKEY_DATABASE_URL": store_url,
            "LETTERKEY_SECRET_KEYS": "0" * 64,
            "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
            "LETTERKEY_MAIL__SMTP_URL": sink.url,
            "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
            "LETTERKEY_ENDPOINTS__API__URL": f"{provider.url}/hook",
            "LETTERKEY_ENDPOINTS__API__SECRETS": SECRET,
        }
    )


async def ask(store: Store, url: str) -> ActionRow:
    """As a press in the hub does, in its one transaction."""
    fresh = Fresh(clock.now(), clock.new_id, clock.secret_id)
    sale = rich("T-1", "T-1", subscription=Subscription(ref="S-7", interval="month"), occurred_at=START)
    policy = ActionPolicy(Ways({"api": Reach(endpoint=Endpoint(url, (SECRET,)))}), ("help@example.org",))

    async def body(tx: Tx) -> ActionRow:
        await accept_transaction(tx, Telling("api", sale), fresh)
        customer = await customers.by_email(tx, "ada@example.com")
        assert customer is not None
        row = await subscriptions.take(tx, "api", "S-7", customer.id)
        assert row is not None
        action = (await ask_provider(tx, Wish(customer.id, row, Verb.CANCEL_NOW, fresh.now), policy, fresh)).action
        assert action is not None
        return action

    return await store.write(body)


async def on(store_url: str, what: Callable[[Store], Awaitable[T]]) -> T:
    """Done beside the program, in a store of its own."""
    store = await open_store(store_url, clock.now)
    try:
        return await what(store)
    finally:
        await store.close()


@pytest.mark.parametrize("times", [2, pytest.param(12, marks=pytest.mark.long)])
async def test_a_kill_in_the_middle_of_a_call(store_url: str, tmp_path: Path, sink: Sink, times: int) -> None:
    async with running_provider() as provider:
        program = program_for(sink, provider, store_url, tmp_path)
        provider.script[:] = ["slow"] * times
        action: ActionRow | None = None
        for _ in range(times):
            provider.came.clear()
            async with program.running() as running:
                action = action or await on(store_url, lambda store: ask(store, provider.url))
                await provider.came.wait()
                await running.kill()
            # What died holds it for 90 seconds.
            await on(store_url, lambda store: store.write(provider_actions.end_leases))
        assert action is not None
        key = action.id
        async with program.running() as running:
            await running.note("action_taken", 1)
            assert await running.stop() == 0
        row = await on(store_url, lambda store: store.read(lambda tx: provider_actions.by_id(tx, key)))
    assert row is not None
    assert (row.state, row.attempts) == (ActionState.ACCEPTED, 1)  # heard; that it is so is for a transaction to say
    assert {headers["webhook-id"] for headers, _ in provider.hooks} == {action.key}
    assert len(provider.hooks) == times + 1
    assert provider.done == {action.key: 1}
