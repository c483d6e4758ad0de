"""A document link: it opens one document for whoever holds it, changes nothing, and ends kindly."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from flows.hub import DOCUMENT_KEY, SUPPORT, Visitor, sale, server_on, visiting
from support.databases import Database
from worker.actions.issue_receipt import Result, issue_receipt
from worker.core import tokens
from worker.core.instant import DAY, SECOND
from worker.core.invoice import Seller
from worker.core.policy import Policy
from worker.settings import Keys
from worker.store import invoices
from worker.store.engine import Tx
from worker.store.invoices import LinkRow, Purpose
from worker.store.sqlite import SqliteStore

POLICY = Policy(seller=Seller(name="Harbour & Pine Studio GmbH"), number_prefix="HP-", timezone="Europe/Berlin")
TENS_OF_YEARS = 40 * 366 * DAY // SECOND


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale with its receipt: the visitor, and the ids of the receipt's links."""

    visitor: Visitor
    invoice_id: str
    links: dict[Purpose, str]

    def path(self, purpose: Purpose = Purpose.DOCUMENT, key: str = DOCUMENT_KEY) -> str:
        return f"/documents/{tokens.sign(self.links[purpose], purpose, [key])}"


@pytest.fixture
async def sold(database: Database) -> AsyncIterator[Sold]:
    async with visiting(server_on(database), database) as visitor:
        yield await sell(visitor, sale())


async def sell(visitor: Visitor, said: dict[str, Any]) -> Sold:
    assert (await visitor.tell(said)).status == 201
    store, fresh = visitor.database.store, visitor.server.fresh()
    [due] = await visitor.rows("transactions_due", now=fresh.now, most=10)
    issued = await store.write(lambda tx: issue_receipt(tx, due["id"], POLICY, fresh))
    assert issued.result is Result.ISSUED

    async def links(tx: Tx) -> dict[str, dict[Purpose, str]]:
        row = await tx.one("transaction_by_id", id=due["id"])
        assert row is not None
        document = await invoices.of_payment(tx, row["payment_id"])
        assert document is not None
        return await invoices.links_of(tx, [document.id])

    [(invoice_id, found)] = (await store.read(links)).items()
    return Sold(visitor, invoice_id, found)


async def test_the_link_opens_the_document_as_it_was_issued(sold: Sold) -> None:
    answer = await sold.visitor.get(sold.path())

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    for shown in ("HP-1", "€58.31", "Course", "Ada Lindqvist", "Harbour &amp; Pine Studio GmbH"):
        assert shown in answer.text
    assert "/updateinfo" not in answer.text
    assert "/access" not in answer.text


async def test_opening_changes_nothing_however_often(sold: Sold) -> None:
    async def all_of_it(tx: Tx) -> list[object]:
        link = await invoices.link(tx, sold.links[Purpose.DOCUMENT])
        return [link, await invoices.by_id(tx, sold.invoice_id)]

    before = await sold.visitor.database.store.read(all_of_it)
    answers = [await sold.visitor.ask(method, sold.path()) for method in ("HEAD", "GET", "GET", "HEAD", "GET")]

    assert [answer.status for answer in answers] == [200] * 5
    assert not answers[0].body
    assert answers[0].headers["Content-Length"] == answers[1].headers["Content-Length"]
    assert await sold.visitor.database.store.read(all_of_it) == before


async def test_a_link_that_has_run_out_says_so_and_leads_to_a_person(sold: Sold) -> None:
    await sold.visitor.database.pass_seconds(TENS_OF_YEARS)

    answer = await sold.visitor.get(sold.path())

    assert answer.status == 410
    assert "no longer works" in answer.text
    assert f'href="mailto:{SUPPORT}"' in answer.text
    assert "HP-1" not in answer.text


async def test_a_revoked_link_says_so(sqlite_visitor: Visitor) -> None:
    sold = await sell(sqlite_visitor, sale())
    store = sqlite_visitor.database.store
    assert isinstance(store, SqliteStore)
    await store.on_writer(lambda connection: connection.execute("UPDATE links SET revoked_at = 1"))

    answer = await sqlite_visitor.get(sold.path())

    assert answer.status == 410
    assert "no longer works" in answer.text


async def test_a_link_without_its_document_is_nothing(sold: Sold) -> None:
    fresh = sold.visitor.server.fresh()

    async def add(tx: Tx) -> str:
        known = await invoices.link(tx, sold.links[Purpose.DOCUMENT])
        assert known is not None
        alone = LinkRow(fresh.secret_id(), Purpose.DOCUMENT, known.customer_id, None, fresh.now, known.expires_at)
        await invoices.add_links(tx, [alone])
        return alone.id

    link_id = await sold.visitor.database.store.write(add)
    path = replace(sold, links={Purpose.DOCUMENT: link_id}).path()

    assert (await sold.visitor.get(path)).status == 404


async def test_only_the_right_purpose_and_key_open(sold: Sold) -> None:
    good = sold.path()
    link_id, _, signature = good.removeprefix("/documents/").rpartition(".")
    another = "x" * 26
    paths = [
        sold.path(Purpose.FOOT),
        sold.path(key="another-key-0123456789abcdef0123456789"),
        f"/documents/{tokens.sign(sold.links[Purpose.FOOT], Purpose.DOCUMENT, [DOCUMENT_KEY])}",
        f"/documents/{tokens.sign(sold.links[Purpose.DOCUMENT], Purpose.FOOT, [DOCUMENT_KEY])}",
        f"/documents/{tokens.sign(another, Purpose.DOCUMENT, [DOCUMENT_KEY])}",
        f"/documents/{link_id}",
        f"/documents/{link_id}.",
        f"/documents/{another}.{signature}",
        good[:-1],
        good + "x",
        good + "/",
        "/documents/" + "x" * 4000,
        "/documents/%00",
        "/documents/%F0%9F%8E%A8.%E9",
        "/documents/",
        "/documents",
    ]

    answers = [await sold.visitor.get(path) for path in paths]

    assert [answer.status for answer in answers] == [404] * len(paths)
    assert all("There is nothing here" in answer.text and "HP-1" not in answer.text for answer in answers)


async def test_a_link_lives_on_when_its_key_was_replaced(sold: Sold) -> None:
    rotated = replace(
        sold.visitor.server, keys=Keys(("s" * 32,), (DOCUMENT_KEY, "newest-key-0123456789abcdef01234567"))
    )

    async with visiting(rotated, sold.visitor.database) as visitor:
        assert (await visitor.get(sold.path())).status == 200


async def test_while_the_database_is_away_the_page_asks_for_a_moment(sold: Sold) -> None:
    await sold.visitor.database.store.close()

    answer = await sold.visitor.get(sold.path())

    assert answer.status == 503
    assert "in a moment" in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"


NASTY = '<script>alert(1)</script> "quoted" \u202egnp.exe 👩🏽‍🎨 {{ 7 * 7 }} =?utf-8?q?x?='


async def test_what_customers_wrote_stays_text(sqlite_visitor: Visitor) -> None:
    [line] = sale()["lines"]
    said = sale(customer={"email": "ada@example.com", "name": NASTY}, lines=[{**line, "description": NASTY}])
    sold = await sell(sqlite_visitor, said)

    answer = await sqlite_visitor.get(sold.path())

    assert answer.status == 200
    assert "<script" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    assert "{{ 7 * 7 }}" in answer.text


async def test_a_document_loads_nothing_but_our_style_sheet(sqlite_visitor: Visitor) -> None:
    """The content security policy would stop anything else, and then the page would look broken."""
    page = (await sqlite_visitor.get((await sell(sqlite_visitor, sale())).path())).text

    for loads in ("<script", "style=", "<style", "onclick", 'src="http', "@import", "<iframe"):
        assert loads not in page
    assert '<link rel="stylesheet" href="/static/letterkey.css">' in page
    assert (await sqlite_visitor.get("/static/letterkey.css")).status == 200
    assert (await sqlite_visitor.get("/static/logo")).status == 200
