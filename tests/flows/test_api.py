"""A shop tells its transactions to `POST /api/transactions`: what it hears, and that all of it is durable by then."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from flows.hub import API_KEY, BEARER, OLDER_KEY, Visitor, sale, server_on, visiting
from support.databases import Database
from worker.store import transactions
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.web.transactions import MOST_ITEMS


@pytest.fixture
async def visitor(database: Database) -> AsyncIterator[Visitor]:
    async with visiting(server_on(database), database) as visitor:
        yield visitor


async def kept(visitor: Visitor) -> list[str]:
    """The ids of all transactions that wait for their receipt, as another process finds them."""
    another, now = await visitor.database.another(), visitor.database.clock.now()

    async def due(tx: Tx) -> list[str]:
        rows = await tx.all("transactions_due", now=now, most=5000)
        return [(await tx.one("transaction_by_id", id=row["id"]) or row)["source_id"] for row in rows]

    return await another.read(due)


async def test_a_sale_is_accepted_once_and_durable_before_the_answer(visitor: Visitor) -> None:
    seen = visitor.database.store.changes.count(Topic.TRANSACTIONS)

    first = await visitor.tell(sale())

    assert first.status == 201
    assert first.json() == {"id": "T-1042", "outcome": "accepted", "path": None, "reason": None, "problems": []}
    assert await kept(visitor) == ["T-1042"]
    assert visitor.database.store.changes.count(Topic.TRANSACTIONS) > seen

    again = await visitor.tell(sale())

    assert again.status == 200
    assert again.json()["outcome"] == "duplicate"
    assert await kept(visitor) == ["T-1042"]


async def test_the_same_sale_in_other_words_is_a_duplicate(visitor: Visitor) -> None:
    await visitor.tell(sale())

    reordered = dict(reversed(sale(occurred_at="2026-11-22T19:48:00+01:00", test=False).items()))

    assert (await visitor.tell(reordered)).status == 200


async def test_other_content_under_a_known_id_is_a_conflict_and_changes_nothing(visitor: Visitor) -> None:
    await visitor.tell(sale())
    before = await visitor.database.store.read(lambda tx: transactions.known(tx, "api", "T-1042"))

    answer = await visitor.tell(sale(customer={"email": "eve@example.com"}))

    assert answer.status == 409
    assert answer.json()["outcome"] == "conflict"
    assert answer.json()["path"] == "id"
    assert "nothing was changed" in answer.json()["reason"]
    after = await visitor.database.store.read(lambda tx: transactions.known(tx, "api", "T-1042"))
    assert after == before


async def test_each_item_of_a_list_has_its_own_end(visitor: Visitor) -> None:
    await visitor.tell(sale(id="known"))

    answer = await visitor.tell(
        [sale(), sale(id="known"), sale(id="known", test=True), sale(id="wrong", total=1), 7, {"id": "bare"}, sale()]
    )

    assert answer.status == 200
    assert [set(item) for item in answer.json()] == [{"id", "outcome", "path", "reason"}] * 7
    assert [(item["id"], item["outcome"], item["path"]) for item in answer.json()] == [
        ("T-1042", "accepted", None),
        ("known", "duplicate", None),
        ("known", "conflict", "id"),
        ("wrong", "rejected", "total"),
        (None, "rejected", ""),
        ("bare", "rejected", "kind"),
        ("T-1042", "duplicate", None),
    ]
    assert sorted(await kept(visitor)) == ["T-1042", "known"]


async def test_the_first_of_one_id_in_a_list_is_the_one_that_counts(visitor: Visitor) -> None:
    answer = await visitor.tell([sale(receipt_style=style) for style in ("simple", "invoice", "none", "simple")])

    assert [item["outcome"] for item in answer.json()] == ["accepted", "conflict", "conflict", "duplicate"]


async def test_a_full_list_is_taken_and_one_more_is_not(visitor: Visitor) -> None:
    many = [sale(id=f"T-{number}") for number in range(MOST_ITEMS + 1)]

    too_many = await visitor.tell(many)
    full = await visitor.tell(many[1:])

    assert too_many.status == 413
    assert str(MOST_ITEMS) in too_many.json()["problems"][0]["reason"]
    assert full.status == 200
    assert {item["outcome"] for item in full.json()} == {"accepted"}
    assert len(await kept(visitor)) == MOST_ITEMS


async def test_an_empty_list_is_nothing(visitor: Visitor) -> None:
    answer = await visitor.tell([])

    assert (answer.status, answer.json()) == (200, [])


async def test_a_shop_that_retries_while_its_first_request_runs_is_told_once_that_it_is_new(visitor: Visitor) -> None:
    answers = await asyncio.gather(*(visitor.tell(sale()) for _ in range(20)))

    assert sorted(answer.status for answer in answers) == [200] * 19 + [201]
    assert await kept(visitor) == ["T-1042"]


async def test_while_the_database_is_away_the_shop_is_asked_to_come_again(visitor: Visitor) -> None:
    await visitor.database.store.close()

    for said in (sale(), [sale(), sale(id="another")]):
        answer = await visitor.tell(said)
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "again" in answer.json()["problems"][0]["reason"]


async def test_either_of_two_keys_opens(visitor: Visitor) -> None:
    for number, authorization in enumerate((f"Bearer {API_KEY}", f"bearer {OLDER_KEY}", f"Bearer   {API_KEY} ")):
        answer = await visitor.ask(
            "POST", "/api/transactions", json=sale(id=f"T-{number}"), headers={"Authorization": authorization}
        )
        assert answer.status == 201


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {API_KEY[:-1]}",
        f"Bearer {API_KEY}x",
        f"Bearer {API_KEY},{OLDER_KEY}",
        f"Basic {API_KEY}",
        API_KEY,
        "Bearer schlüssel",
    ],
)
async def test_without_a_key_nothing_is_even_read(sqlite_visitor: Visitor, authorization: str | None) -> None:
    headers = {"Content-Type": "text/plain"} | ({} if authorization is None else {"Authorization": authorization})

    answer = await sqlite_visitor.ask("POST", "/api/transactions", data=b"not even JSON", headers=headers)

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Authorization: Bearer" in answer.json()["problems"][0]["reason"]
    assert API_KEY not in answer.text


async def test_a_server_without_keys_takes_nothing_and_says_which_setting_to_make(sqlite_visitor: Visitor) -> None:
    database = sqlite_visitor.database
    async with visiting(server_on(database, api_keys=[]), database) as visitor:
        for headers in ({}, {"Authorization": "Bearer "}, BEARER):
            answer = await visitor.ask("POST", "/api/transactions", json=sale(), headers=headers)
            assert answer.status == 401
            assert "api_keys" in answer.json()["problems"][0]["reason"]


async def test_a_client_that_leaves_early_disturbs_nobody(sqlite_visitor: Visitor) -> None:
    with pytest.raises((TimeoutError, aiohttp.ClientError)):
        await sqlite_visitor.ask(
            "POST",
            "/api/transactions",
            data=_endless(),
            headers=BEARER | {"Content-Type": "application/json"},
            timeout=aiohttp.ClientTimeout(total=0.2),
        )

    assert (await sqlite_visitor.tell(sale())).status == 201


async def _endless() -> AsyncIterator[bytes]:
    yield b"["
    await asyncio.Event().wait()
