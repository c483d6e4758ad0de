"""A provider's webhooks: what is proven is kept byte for byte before the answer, what isn't leaves no trace."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from flows.hub import PATH_SECRET, THRIVECART_SECRET, Answer, Visitor, server_on, signed, visiting
from sources.goldens import body_of
from support.databases import START, Database
from worker.clock import SECOND
from worker.store import events
from worker.store.changes import Topic
from worker.store.events import KeptEvent

INVOICE = body_of("stripe", "invoice.paid.json")
ORDER_FORM = body_of("thrivecart", "order.success.form")
ORDER_JSON = body_of("thrivecart", "order.success.json")
THRIVECART = f"/webhooks/thrivecart/{PATH_SECRET}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def visitor(database: Database) -> AsyncIterator[Visitor]:
    async with visiting(server_on(database), database) as visitor:
        yield visitor


async def post(visitor: Visitor, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    return await visitor.ask("POST", path, data=body, headers=headers)


async def kept(visitor: Visitor) -> list[KeptEvent]:
    """The events that wait, as another process finds them."""
    another = await visitor.database.another()
    return await another.read(lambda tx: events.waiting(tx, 100))


async def test_a_signed_event_is_kept_byte_for_byte_before_the_answer(visitor: Visitor) -> None:
    seen = visitor.database.store.changes.count(Topic.EVENTS)
    headers = signed(INVOICE) | {"Cookie": "session=1", "Authorization": "Basic abc", "X-Forwarded-For": "192.0.2.7"}

    answer = await post(visitor, "/webhooks/stripe", INVOICE, headers)

    assert (answer.status, answer.json()) == (200, {"outcome": "accepted"})
    [event] = await kept(visitor)
    assert (event.source, event.name, event.body) == ("stripe", "invoice.paid", INVOICE)
    assert event.event_id.startswith("evt_")
    assert event.received_at == START
    assert set(event.headers) == {"content-type", "stripe-signature"}
    assert visitor.database.store.changes.count(Topic.EVENTS) > seen


async def test_an_event_told_again_is_kept_once(visitor: Visitor) -> None:
    answers = await asyncio.gather(
        *(post(visitor, "/webhooks/stripe", INVOICE, signed(INVOICE, START + n * SECOND)) for n in range(8))
    )

    assert {answer.status for answer in answers} == {200}
    assert sorted(answer.json()["outcome"] for answer in answers) == ["accepted"] + ["duplicate"] * 7
    assert len(await kept(visitor)) == 1


@pytest.mark.parametrize(("body", "headers"), [(ORDER_FORM, FORM), (ORDER_JSON, {"Content-Type": "application/json"})])
async def test_thrivecarts_order_is_kept_as_form_and_as_json(
    visitor: Visitor, body: bytes, headers: Mapping[str, str]
) -> None:
    answer = await post(visitor, THRIVECART, body, headers)

    assert answer.status == 200
    [event] = await kept(visitor)
    assert (event.source, event.name, event.body) == ("thrivecart", "order.success", body)
    assert event.headers == {"content-type": headers["Content-Type"]}


async def test_while_the_database_is_away_the_provider_is_asked_to_come_again(visitor: Visitor) -> None:
    await visitor.database.store.close()

    answer = await post(visitor, "/webhooks/stripe", INVOICE, signed(INVOICE))

    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


TAMPERED = INVOICE.replace(b"4900", b"4901") + b" "


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (INVOICE, {}),
        (INVOICE, {"Stripe-Signature": ""}),
        (INVOICE, {"Stripe-Signature": "t=1,v1=abc"}),
        (INVOICE, {"Stripe-Signature": "é\udc80"}),
        (INVOICE, signed(INVOICE, secret="whsec_of_somebody_else")),
        (INVOICE, signed(INVOICE, secret="")),
        (INVOICE, signed(INVOICE, START - 301 * SECOND)),
        (INVOICE, signed(INVOICE, START + 301 * SECOND)),
        (TAMPERED, signed(INVOICE)),
        (b"", signed(INVOICE)),
        (b"\x00\xff" * 1000, {}),
        (INVOICE, {"Stripe-Signature": signed(INVOICE)["Stripe-Signature"].replace("v1=", "v0=")}),
    ],
    ids="none empty malformed bytes another_secret empty_secret old future tampered no_body garbage v0".split(),
)
async def test_a_forger_learns_nothing_and_leaves_nothing(
    sqlite_visitor: Visitor, body: bytes, headers: Mapping[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    answer = await post(sqlite_visitor, "/webhooks/stripe", body, headers)

    assert answer.status == 400
    [problem] = answer.json()["problems"]
    assert problem["reason"] == "is not proven to come from the provider; the journal here says why"
    assert await kept(sqlite_visitor) == []


async def test_an_event_that_is_replayed_later_is_refused(sqlite_visitor: Visitor) -> None:
    captured = signed(INVOICE)
    assert (await post(sqlite_visitor, "/webhooks/stripe", INVOICE, captured)).status == 200

    await sqlite_visitor.database.pass_seconds(301)

    assert (await post(sqlite_visitor, "/webhooks/stripe", INVOICE, captured)).status == 400


async def test_thrivecarts_secret_is_asked_for_besides_the_path(sqlite_visitor: Visitor) -> None:
    forged = ORDER_FORM.replace(THRIVECART_SECRET.encode(), b"ANOTHER0SECRET00")
    assert forged != ORDER_FORM

    assert (await post(sqlite_visitor, THRIVECART, forged, FORM)).status == 400
    assert await kept(sqlite_visitor) == []


NOWHERE = [
    "/webhooks/thrivecart",
    "/webhooks/thrivecart/",
    "/webhooks/thrivecart/wrong",
    f"/webhooks/thrivecart/{PATH_SECRET[:-1]}",
    f"/webhooks/thrivecart/{PATH_SECRET}x",
    f"/webhooks/thrivecart/{PATH_SECRET.upper()}",
    f"/webhooks/thrivecart/{PATH_SECRET}/more",
    "/webhooks/thrivecart/%C3%A9%FF",
    f"/webhooks/stripe/{PATH_SECRET}",
    "/webhooks/paddle",
    "/webhooks/relay",
    "/webhooks/Stripe",
    "/webhooks/",
    "/webhooks/..%2Fstripe",
]


@pytest.mark.parametrize("path", NOWHERE)
@pytest.mark.parametrize("method", ["POST", "HEAD"])
async def test_a_wrong_path_secret_looks_like_an_unknown_source(
    sqlite_visitor: Visitor, method: str, path: str
) -> None:
    unknown = await sqlite_visitor.ask(method, "/webhooks/nobody", data=ORDER_FORM, headers=FORM)

    answer = await sqlite_visitor.ask(method, path, data=ORDER_FORM, headers=FORM)

    assert answer.status == unknown.status == 404
    assert answer.body == unknown.body
    assert set(answer.headers) == set(unknown.headers)
    assert await kept(sqlite_visitor) == []


@pytest.mark.parametrize("path", ["/webhooks/stripe", THRIVECART])
async def test_a_provider_may_ask_whether_the_address_exists(sqlite_visitor: Visitor, path: str) -> None:
    head = await sqlite_visitor.ask("HEAD", path)
    get = await sqlite_visitor.get(path)

    assert (head.status, head.body) == (200, b"")
    assert get.status == 405
    assert set(get.headers["Allow"].split(",")) == {"HEAD", "POST"}
    assert get.json()["problems"]


async def test_an_event_beyond_the_limit_is_refused(sqlite_visitor: Visitor) -> None:
    fits, beyond = b" " * 1024 * 1024, b" " * (1024 * 1024 + 1)

    assert (await post(sqlite_visitor, "/webhooks/stripe", beyond, signed(beyond))).status == 413
    assert (await post(sqlite_visitor, "/webhooks/stripe", fits, signed(fits))).status == 200


async def test_a_signed_event_that_nobody_understands_is_kept_for_a_person(sqlite_visitor: Visitor) -> None:
    body = b"\xff\x00 not JSON at all"

    assert (await post(sqlite_visitor, "/webhooks/stripe", body, signed(body))).status == 200

    [event] = await kept(sqlite_visitor)
    assert (event.name, event.body) == ("unreadable", body)


async def test_what_became_of_events_is_counted(sqlite_visitor: Visitor) -> None:
    for headers in (signed(INVOICE), signed(INVOICE), {}):
        await post(sqlite_visitor, "/webhooks/stripe", INVOICE, headers)

    counted: Any = (await sqlite_visitor.get(f"{sqlite_visitor.ops}/metrics")).text

    for outcome in ("kept", "duplicate", "forged"):
        assert f'letterkey_events_total{{outcome="{outcome}",source="stripe"}} 1.0' in counted
