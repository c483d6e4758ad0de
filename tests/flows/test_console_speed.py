"""The console's pages open quickly with a million transactions: whole pages, asked for over HTTP."""

import time

import pytest

from flows.hub import visiting
from flows.merchants import come_in, console_server
from flows.way_in import Browser
from store.test_finding_rows import TYPED, a_million
from support.databases import Database

PAGES = (
    "/console/",
    "/console/customers",
    *(f"/console/customers?q={typed}" for typed in TYPED),
    "/console/customers/c7",
    "/console/mails",
    "/console/mails?state=sent",
    "/console/mails?state=failed",
    "/console/mails?address=a@b.example",
    "/console/mails/o1000",
    "/console/queue",
    "/console/actions",
    "/console/suppressions",
    "/console/settings/hub",
    "/console/settings/receipts",
    "/console/audit",
)


@pytest.mark.long
@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_a_million_transactions_cost_no_page_a_tenth_of_a_second(database: Database) -> None:
    await a_million(database)
    async with visiting(console_server(database), database) as visitor:
        merchant = Browser(visitor)
        await come_in(merchant)
        slow = {page: await _quickest(merchant, page) for page in PAGES}
    assert {page: seconds for page, seconds in slow.items() if seconds > 0.1} == {}


async def _quickest(merchant: Browser, page: str) -> float:
    """Of three, in seconds: other processes share this machine."""
    took = []
    for _ in range(3):
        began = time.perf_counter()
        answer = await merchant.get(page)
        took.append(time.perf_counter() - began)
        assert answer.status == 200, page
    return min(took)
