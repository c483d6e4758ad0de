"""Customers as a merchant looks them up: by name, email, order or card, and what is shown of one.

Rules: each way comes off an index and stops at a number, so that a search costs the same with a million transactions;
what is typed finds what equals it or begins with it. Only ASCII letters are folded, as the databases do it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from worker.core.email_address import identity
from worker.store.customers import CustomerRow, row_of
from worker.store.engine import Tx

MOST = 50
"""Customers that a search shows."""
_EACH_WAY = 200
"""One customer's payments may come first among these."""
_BEYOND = "\U0010ffff"
"""After every text that begins as what stands before it."""


class By(StrEnum):
    """What a customer was found by."""

    EMAIL = "email"
    NAME = "name"
    COMPANY = "company"
    ORDER = "order"
    NUMBER = "number"
    REFERENCE = "reference"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Found:
    """A customer, and what of theirs is like what was typed."""

    customer: CustomerRow
    by: By
    matched: str


@dataclass(frozen=True, slots=True)
class Told:
    """A transaction of a customer's and the document of its payment. Times are UTC microseconds."""

    id: str
    source: str
    source_id: str
    kind: str
    total: int | None
    currency: str | None
    occurred_at: int
    state: str
    test: int
    flag: str | None
    card_end: str | None
    invoice_id: str | None
    number: str | None


async def find(tx: Tx, typed: str) -> list[Found]:
    """The customers whom these words may mean; `typed` holds more than white space. The likeliest come first."""
    matches: dict[str, tuple[By, str]] = {}
    for by, query, values in _ways(typed):
        for row in await tx.all(query, most=_EACH_WAY, **values):
            matches.setdefault(row["customer_id"], (by, str(row["matched"])))
    chosen = list(matches)[:MOST]
    rows = [row_of(row) for row in await tx.all("customers_of", ids=json.dumps(chosen))]
    known = {row.id: row for row in rows}
    return [Found(known[each], *matches[each]) for each in chosen if each in known]


async def newest(tx: Tx, most: int) -> list[CustomerRow]:
    """Who came last."""
    return [row_of(row) for row in await tx.all("customers_newest", most=most)]


async def transactions_of(tx: Tx, customer_id: str, most: int) -> list[Told]:
    """A customer's newest transactions."""
    rows = await tx.all("customer_transactions", customer_id=customer_id, most=most)
    return [Told(*(row[name] for name in Told.__dataclass_fields__)) for row in rows]


def _ways(typed: str) -> Iterator[tuple[By, str, dict[str, str]]]:
    key = identity(typed)
    yield By.EMAIL, "find_emails", _beginning(key)
    for reference in ("find_references", "find_subscriptions", "find_refs"):
        yield By.REFERENCE, reference, {"reference": typed}
    if len(typed) == 4 and typed.isascii() and typed.isdigit():
        yield By.CARD, "find_cards", {"card_end": typed}
    for spelled in dict.fromkeys((typed, typed.upper())):
        yield By.NUMBER, "find_numbers", _beginning(spelled)
        yield By.ORDER, "find_orders", _beginning(spelled)
    # Other letters than ASCII's are not folded: a name is found as it is written, and as names are usually written.
    for name in dict.fromkeys(identity(each) for each in (typed, typed.title(), typed.upper())):
        yield By.NAME, "find_names", _beginning(name)
        yield By.NAME, "find_last_names", _beginning(name)
        yield By.COMPANY, "find_companies", _beginning(name)


def _beginning(text: str) -> dict[str, str]:
    return {"since": text, "until": text + _BEYOND}
