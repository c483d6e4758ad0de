"""`letterkey actions`: what is open, each call about it, and asking again."""

from pathlib import Path

import pytest

from support.databases import Database, open_database
from support.desk import Desk, rich
from support.program import Program
from support.provider import SECRET
from worker.actions.ask_provider import ActionPolicy, Wish, ask_provider
from worker.core.instant import HOUR
from worker.core.open_action import ActionState, Way
from worker.core.provider_action import Verb
from worker.core.transaction import Subscription
from worker.sources.ways import Endpoint, Reach, Ways
from worker.store import provider_actions, subscriptions
from worker.store.engine import Tx
from worker.store.provider_actions import ActionAttempt, ActionRow, Called

WAYS = Ways({"shop": Reach(endpoint=Endpoint("https://shop.example/hook", (SECRET,)))})


async def asked(database: Database) -> ActionRow:
    """A cancellation that the shop's endpoint didn't take, so that a person is to do it."""
    desk = Desk(database)
    plan = Subscription(ref="S-7", interval="month")
    await desk.tell(rich("in_1", "in_1", subscription=plan), source="shop")
    customer, fresh = await desk.customer(), desk.fresh

    async def body(tx: Tx) -> ActionRow:
        row = await subscriptions.take(tx, "shop", "S-7", customer.id)
        assert row is not None
        policy = ActionPolicy(WAYS, ("merchant@shop.example",), "shop.example")
        action = (await ask_provider(tx, Wish(customer.id, row, Verb.PAUSE, fresh.now), policy, fresh)).action
        assert action is not None
        [leased] = await provider_actions.claim(tx, "shop", "one", fresh.now, 5)
        called = Called(leased.id, ActionState.MANUAL, 1, fresh.now, None, "closed for today")
        await provider_actions.settle(tx, "one", called)
        attempt = ActionAttempt("a1", action.id, fresh.now + HOUR, Way.ENDPOINT, "failed", 503, "closed for today")
        await provider_actions.add_attempt(tx, attempt)
        return action

    return await desk.store.write(body)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program({"LETTERKEY_DATABASE_URL": f"sqlite:///{tmp_path / 'letterkey.db'}"})


async def test_they_are_listed_shown_and_asked_again(program: Program, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'letterkey.db'}"
    async with open_database("sqlite-inline", url) as database:
        action = await asked(database)
    code, out, _ = await program.command("actions", "list")
    assert (code, out.count("\n")) == (0, 1)
    assert f"{action.id}  pause  shop S-7  Ada L.  to be done by hand: closed for today" in out
    code, out, _ = await program.command("actions", "show", action.id)
    assert code == 0
    assert "Action     pause of S-7 at shop, by your endpoint" in out
    assert "failed, status 503: closed for today" in out
    code, _, err = await program.command("actions", "again", action.id)
    assert (code, "can only be done by hand: sources.shop has no api_key" in err) == (1, True)
    endpoint = {
        "LETTERKEY_ENDPOINTS__SHOP__URL": "https://shop.example/hook",
        "LETTERKEY_ENDPOINTS__SHOP__SECRETS": SECRET,
    }
    program = Program({**program.settings, **endpoint})
    code, out, err = await program.command("actions", "again", action.id)
    assert (code, err) == (0, "")
    async with open_database("sqlite-inline", url) as database:
        row = await database.store.read(lambda tx: provider_actions.by_id(tx, action.id))
        assert row is not None
        assert (row.state, row.attempts, row.key) == ("due", 0, action.key)  # the endpoint knows it by its id
        await database.store.write(lambda tx: provider_actions.done(tx, action.id, 1, "merchant"))
    assert (await program.command("actions", "list"))[1] == "Nothing is open.\n"
    assert "  done\n" in (await program.command("actions", "list", "--all"))[1]
    code, _, err = await program.command("actions", "again", action.id)
    assert (code, "is done: only open ones" in err) == (1, True)
    code, _, err = await program.command("actions", "show", "nothing")
    assert (code, "There is no action nothing." in err) == (1, True)
