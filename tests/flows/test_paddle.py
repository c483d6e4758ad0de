"""Paddle connected as its page says, by the real program and a small Paddle: history, late address, receipt, cancel."""

import json
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.paddle_api import KEY, SANDBOX_KEY, PaddleApi, running_paddle_api
from support.paddle_entities import PERIOD_ENDS
from support.pressing import cancel_the_only_one, mail_about, subjects
from support.program import Program
from support.sink import Sink
from worker import clock
from worker.core.instant import parse
from worker.settings import load_settings
from worker.sources.event import RawEvent, Told
from worker.store import purchases, subscriptions
from worker.store.customers import by_email
from worker.store.opening import open_store
from worker.wiring.sources import sources_of

SECRET, ADA = "pdl_ntfset_01kc_of_the_shop", "ada@example.com"


@pytest.fixture
async def paddle() -> AsyncIterator[PaddleApi]:
    async with running_paddle_api() as server:
        yield server


def shop(folder: Path, sink: Sink, paddle: PaddleApi) -> Program:
    """Its account stands in the file that `connect` writes; only where Paddle lies is ours."""
    (folder / "letterkey.toml").write_text('[mail]\nfrom = "Shop <shop@example.org>"\n', encoding="utf-8")
    return Program(
        {
            "LETTERKEY_STATE_DIR": str(folder),
            "LETTERKEY_MAIL__SMTP_URL": sink.url,
            "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@example.org",
            "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
            "LETTERKEY_SOURCES__PADDLE__API_URL": paddle.url,
        }
    )


async def connect(program: Program, folder: Path) -> str:
    config = str(folder / "letterkey.toml")
    plain = Program({name: value for name, value in program.settings.items() if "PADDLE" not in name})
    code, out, err = await plain.command(
        "connect", "paddle", "--no-wait", "--config", config, given=f"{SECRET}\n{KEY}\n".encode()
    )
    assert code == 0, out + err
    return out


async def test_connected_as_the_page_says(paddle: PaddleApi, tmp_path: Path, sink: Sink) -> None:
    program = shop(tmp_path, sink, paddle)
    words, config = await connect(program, tmp_path), ("--config", str(tmp_path / "letterkey.toml"))
    page = (Path(__file__).parents[2] / "docs" / "sources" / "paddle.md").read_text(encoding="utf-8")
    account = tomllib.loads((tmp_path / "letterkey.toml").read_text(encoding="utf-8"))["sources"]["paddle"]
    assert account == {"secrets": [SECRET], "api_key": KEY, "issuer": "provider"}
    for name in ("transaction.completed", "adjustment.created", "customer.created"):
        assert (name in words, name in page) == (True, True)

    paddle.customer("ctm_1", email="bert@example.com")
    paddle.address("add_1", "ctm_1")
    paddle.transaction("txn_1", "ctm_1", subscription_id=None)
    paddle.refund("adj_1", "txn_1", 1000)
    code, out, err = await program.command("import", "paddle", *config)
    assert (code, "4 are new" in out) == (0, True), out + err

    paddle.customer("ctm_2", email=ADA)
    paddle.address("add_2", "ctm_2")
    paddle.subscription("sub_2", "ctm_2")
    sale = paddle.transaction("txn_2", "ctm_2", subscription_id="sub_2", address_id="add_2")
    async with program.running(*config) as running:
        paddle.events_to = (f"{program.url}/webhooks/paddle", SECRET)
        assert await paddle.tell("subscription.created", paddle.subscriptions["sub_2"]) == 200
        assert await paddle.tell("transaction.completed", sale) == 200
        await running.note("event_understood", 2)
        code, out, _ = await program.command("status", "--json", *config)
        assert (code, json.loads(out)["outbox"]["sent"]) == (0, 0)
        assert await paddle.tell("customer.created", paddle.customers["ctm_2"]) == 200
        (mail,) = await sink.wait_for(1)
        assert mail.recipients == (ADA,)
        assert "325-1" in str(mail.message().get_body(("plain",)))

        await cancel_the_only_one(program.url, ADA, sink, 1)
        await running.note("event_understood", 4)
        assert await paddle.tell("transaction.completed", sale) == 200
        await running.note("event_understood", 5)
        await mail_about(sink, ADA, "Cancelled")
        assert await running.stop() == 0
    assert len([each for each in subjects(sink, ADA) if each.startswith("Cancelled")]) == 1
    await look(f"sqlite:///{tmp_path / 'letterkey.db'}")


async def look(store_url: str) -> None:
    """What the hub shows of the two: one from the history, one told by events."""
    store = await open_store(store_url, clock.now)
    try:
        bert, ada = [await store.read(lambda tx: by_email(tx, f"{name}@example.com")) for name in ("bert", "ada")]  # noqa: B023
        assert bert is not None
        assert ada is not None
        listed = await store.read(lambda tx: purchases.newest(tx, bert.id, 9))
        assert sorted(each.entry.total for each in listed) == [1000, 5831]
        [plan] = await store.read(lambda tx: subscriptions.of_customer(tx, ada.id))
    finally:
        await store.close()
    assert (plan.ref, plan.status, plan.cancel_at) == ("sub_2", "active", parse(PERIOD_ENDS))
    assert (plan.name, plan.amount, plan.interval) == ("Pro · Monthly", 5831, "month")


@pytest.mark.parametrize(
    ("said", "test"),
    [
        ({}, False),
        ({"API_KEY": KEY}, False),
        ({"API_KEY": SANDBOX_KEY}, True),
        ({"API_URL": "https://sandbox-api.paddle.com"}, True),
    ],
)
def test_a_sandbox_is_known_by_its_key_or_address(tmp_path: Path, said: dict[str, str], test: bool) -> None:
    account = {f"LETTERKEY_SOURCES__PADDLE__{name}": value for name, value in said.items()}
    common = {"LETTERKEY_STATE_DIR": str(tmp_path), "LETTERKEY_SOURCES__PADDLE__SECRETS": SECRET}
    reader = sources_of(load_settings(None, {**common, **account}))["paddle"]
    customer = {
        "event_type": "customer.created",
        "event_id": "evt_1",
        "data": {"id": "ctm_1", "email": "a@example.com"},
    }
    told = reader.read(RawEvent({}, json.dumps(customer).encode(), 0))
    assert isinstance(told, Told)
    assert told.transactions[0].test is test
