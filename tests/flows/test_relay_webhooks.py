"""Relays tell of bounces by webhook: proven, kept before they are answered, and the address is suppressed."""

import asyncio
import json
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from flows.hub import Visitor, server_on, visiting
from flows.test_sale_becomes_receipt import post, shop, text_of, until_said
from support.databases import Database
from support.desk import Desk, rich
from support.sales import sale
from support.sink import Sink
from support.sns import SUBSCRIBE_URL, TOPIC, bounce, certificate, confirmation, mail, notification
from worker.core.suppression import SuppressionKind
from worker.metrics import new_metrics
from worker.relays import RELAYS
from worker.store import suppressions
from worker.store.changes import Topic
from worker.transactions import TransactionQueue, run_transactions

BUYER, USER = "buyer1@example.com", "letterkey:a-secret-of-the-relay"
HEADERS = {"Content-Type": "application/json", "Authorization": "Basic " + b64encode(USER.encode()).decode()}


def told(**more: object) -> bytes:
    said = {"RecordType": "Bounce", "ID": secrets.randbits(50), "Type": "HardBounce", "Email": BUYER}
    return json.dumps(said | {"Details": "550 5.1.1 no such user"} | more).encode()


async def test_postmark_on_the_running_program(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with shop(sink, tmp_path, store_url, LETTERKEY_RELAY__POSTMARK__SECRETS=USER) as running:
        await running.tell([sale(1), sale(3)])
        await sink.wait_for(2)
        of_three = next(each for each in sink.mails if "buyer3@example.com" in each.recipients)
        mark = of_three.message()["X-PM-Metadata-letterkey"]
        path, body = "/webhooks/relay/postmark", told()
        assert await post(running, path, body, {"Content-Type": "application/json"}) == 400
        assert await post(running, "/webhooks/relay/ses", body, HEADERS) == 404
        assert await post(running, path, body, HEADERS) == 200
        assert await post(running, path, body, HEADERS) == 200
        await until_said(running, "came back for good: 550 5.1.1 no such user", "mails", BUYER)
        by_mark = told(Email="buyer3@example.com", Metadata={"letterkey": mark}, RecordType="SpamComplaint")
        assert await post(running, path, by_mark, HEADERS) == 200
        assert "only what" not in await until_said(
            running, "its reader complained of it", "mails", "buyer3@example.com"
        )
        assert await post(running, path, told(Email=None), HEADERS) == 200
        await until_said(running, "quarantined", "events", "list", "--state", "quarantined")
        await running.tell([sale(2, customer={"email": BUYER})])
        await until_said(running, "1 withheld", "status")
    assert [text_of(each.message()) for each in sink.mails if BUYER in each.recipients][1:] == []


class Amazon:
    """What lies at SNS: its certificate; whatever else is asked there is answered, and remembered."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = True

    async def fetch(self, address: str) -> bytes | None:
        self.asked.append(address)
        return certificate() if self.answers else None


@asynccontextmanager
async def hearing_ses(database: Database) -> AsyncIterator[tuple[Visitor, Amazon, TransactionQueue]]:
    """A hub server that is told by SES, and the queue that understands it."""
    amazon, desk = Amazon(), Desk(database)
    server = replace(server_on(database, relay={"ses": {"secrets": [TOPIC]}}), fetch=amazon.fetch)
    queue = TransactionQueue(database.store, server.clock, desk.policy, {}, new_metrics(), {"relay/ses": RELAYS["ses"]})
    stopping = asyncio.Event()
    async with visiting(server, database) as visitor:
        running = asyncio.create_task(run_transactions(lambda: queue, stopping))
        try:
            yield visitor, amazon, queue
        finally:
            stopping.set()
            database.store.changes.tell(Topic)
            await running


async def tell(visitor: Visitor, body: bytes) -> int:
    headers = {"Content-Type": "text/plain; charset=UTF-8"}
    return (await visitor.ask("POST", "/webhooks/relay/ses", data=body, headers=headers)).status


async def settled(visitor: Visitor, count: int) -> list[str]:
    """The states of all events, once so many are settled."""
    async with asyncio.timeout(20):
        while True:
            rows = await visitor.rows("events_list", state=None, most=100)
            if sum(row["state"] != "waiting" for row in rows) >= count:
                return sorted(row["state"] for row in rows)
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_ses_through_sns(database: Database) -> None:
    desk = Desk(database)
    await desk.tell(rich("T-1"))
    await desk.issue()
    [receipt] = await desk.mails()
    headers = [{"name": "Message-ID", "value": receipt.message_id}]
    said = {"notificationType": "Bounce", "bounce": bounce(), "mail": mail(headers=headers)}
    async with hearing_ses(database) as (visitor, amazon, _):
        assert await tell(visitor, confirmation()) == 200
        assert amazon.asked[1:] == [SUBSCRIBE_URL]
        for version in ("1", "2"):
            assert await tell(visitor, notification(said, version, MessageId=f"m{version}")) == 200
        assert await tell(visitor, notification(said, MessageId="m2")) == 200
        assert await settled(visitor, 3) == ["ignored", "understood", "understood"]
        assert len(amazon.asked) == 2  # the certificate once, the confirmation once
    found = await database.store.read(lambda tx: suppressions.in_force(tx, "ada@example.com"))
    assert [(each.kind, each.outbox_id) for each in found] == [(SuppressionKind.BOUNCE, receipt.id)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_forger_gets_nowhere_with_ses(database: Database) -> None:
    said = {"notificationType": "Bounce", "bounce": bounce(), "mail": mail()}
    theirs = "arn:aws:sns:eu-west-1:999999999999:theirs"
    async with hearing_ses(database) as (visitor, amazon, _):
        assert await tell(visitor, notification(said, TopicArn=theirs)) == 400
        assert await tell(visitor, confirmation(TopicArn=theirs)) == 400
        assert await tell(visitor, json.dumps(said).encode()) == 400
        assert await tell(visitor, b" " * (1024 * 1024 + 1)) == 413
        assert amazon.asked == []
        assert await tell(visitor, notification(said, signer="mallory")) == 400
        assert await tell(visitor, notification(said, SigningCertURL="https://mallory.example/x.pem")) == 400
        amazon.answers = False
        assert await visitor.rows("events_list", state=None, most=1) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_confirmation_that_fails_is_asked_for_again(database: Database) -> None:
    async with hearing_ses(database) as (visitor, amazon, _):
        assert await tell(visitor, notification({}, MessageId="first")) == 200  # brings the certificate
        amazon.answers = False
        assert await tell(visitor, confirmation()) == 503
        amazon.answers = True
        assert await tell(visitor, confirmation()) == 200
