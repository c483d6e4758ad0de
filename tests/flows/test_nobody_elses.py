"""Two customers, every page: whoever is in, with whatever ids of the other's, never reads a thing that is the other's.

The pages come from the server's own table of routes: a new one is walked from the day it is there, and one whose ids
this test doesn't know fails it.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from flows.hub import Visitor, sale, visiting
from flows.way_in import ADA, GRACE, HIDDEN, Browser, come_in, server
from support.databases import Database
from worker.actions.issue_receipt import Result, issue_receipt
from worker.hub_server import hub_application
from worker.wiring.policy import policy_of

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
IDS = re.compile(r"\{(\w+)\}")
SESSION = re.compile(r'name="end" value="([0-9a-f]{64})"')
INVOICE = re.compile(r'href="/hub/invoices/([^"]+)"')
CANCEL = re.compile(r'href="/hub/subscriptions/([0-9a-f]+)/cancel"')
LEAVING = ("/hub/sign-out",)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer, and words that stand on that customer's pages and on nobody else's."""

    address: str
    name: str
    product: str
    street: str
    total: int
    shown: str

    @property
    def words(self) -> tuple[str, ...]:
        return (self.address, self.name, self.product, self.street, self.shown)


PEOPLE = (
    Person(ADA, "Ada Quillfeather", "Knots and splices", "Larkspur Lane 4", 61_317, "€613.17"),
    Person(GRACE, "Grace Umberwood", "Tar and hemp", "Heron Quay 9", 72_429, "€724.29"),
)


@dataclass(frozen=True, slots=True)
class Inside:
    """A person who is in, and the ids that lead to what is theirs."""

    person: Person
    browser: Browser
    ids: dict[str, str]  # by the name of the route's parameter, and `end` of the form
    csrf: str

    @property
    def secrets(self) -> tuple[str, ...]:
        return (*self.person.words, *self.ids.values())


@pytest.fixture
async def both(database: Database) -> AsyncIterator[tuple[Inside, Inside]]:
    async with visiting(server(database), database) as visitor:
        for person in PEOPLE:
            await _sell(visitor, person)
        yield (await _inside(visitor, PEOPLE[0]), await _inside(visitor, PEOPLE[1]))


async def _sell(visitor: Visitor, person: Person) -> None:
    address = {"line1": person.street, "city": "Ulm", "postal_code": "89073", "country": "DE"}
    plan = {"ref": f"S-{person.total}", "interval": "month", "next_payment_at": "2026-12-22T18:48:00Z"}
    told = sale(
        id=f"T-{person.total}",
        customer={"email": person.address, "name": person.name, "address": address},
        lines=[{"description": person.product, "quantity": 1, "unit_amount": person.total}],
        total=person.total,
        subscription={**plan, "next_amount": person.total},
    )
    assert (await visitor.tell(told)).status == 201
    policy, fresh = policy_of(visitor.server.settings), visitor.server.fresh()
    [due] = await visitor.rows("transactions_due", now=fresh.now, most=10)
    issued = await visitor.database.store.write(lambda tx: issue_receipt(tx, due["id"], policy, fresh))
    assert issued.result is Result.ISSUED


async def _inside(visitor: Visitor, person: Person) -> Inside:
    browser, phone = Browser(visitor), Browser(visitor)
    await come_in(phone, person.address)
    overview = (await come_in(browser, person.address)).text
    sessions = (await browser.get("/hub/sessions")).text
    ids = {
        "id": INVOICE.findall(overview)[0],
        "key": CANCEL.findall(overview)[0],
        "end": SESSION.findall(sessions)[0],
    }
    return Inside(person, browser, ids, dict(HIDDEN.findall(sessions))["csrf"])


def routes(visitor: Visitor) -> Iterator[tuple[str, str]]:
    """Every (method, path) for customers who are in."""
    for route in hub_application(visitor.server).router.routes():
        path = route.resource.canonical if route.resource else ""
        if path.startswith("/hub/") and path not in LEAVING:
            yield route.method, path


def filled(path: str, ids: dict[str, str]) -> str:
    return IDS.sub(lambda found: (ids | {"act": "undo"})[found[1]], path)


async def everything_of(one: Inside) -> str:
    """What its owner reads on all pages."""
    paths = {filled(path, one.ids) for method, path in routes(one.browser.visitor) if method == "GET"}
    return "\n".join([(await one.browser.get(path)).text for path in sorted(paths)])


async def test_each_reads_all_that_is_their_own(both: tuple[Inside, Inside]) -> None:
    """Without this, the next test could look for words that stand nowhere."""
    for one, other in (both, both[::-1]):
        read = await everything_of(one)
        assert [word for word in one.secrets if word not in read] == []
        assert [word for word in other.secrets if word in read] == []


async def test_no_page_shows_or_changes_what_is_another_s(both: tuple[Inside, Inside]) -> None:
    for one, other in (both, both[::-1]):
        before = await everything_of(other)
        crossed = []
        for method, path in routes(one.browser.visitor):
            for fields in ({}, {**other.ids, "email": other.person.address, "csrf": other.csrf}):
                aimed = filled(path, other.ids)
                if method == "POST":
                    answer = await one.browser.post(aimed, **fields)
                else:
                    answer = await one.browser.get(aimed, params=fields)
                assert not (IDS.search(path) and answer.status < 400), (method, path, answer.status)
                said = f"{answer.text} {dict(answer.headers)}"
                sent = {*aimed.split("/"), *fields.values()}  # whoever typed it may see it again
                unsent = [word for word in other.secrets if word not in sent]
                crossed += [(method, path, word) for word in unsent if word in said]
        assert crossed == []
        assert await everything_of(other) == before
