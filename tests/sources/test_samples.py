"""What ships in data/samples/ is what a shop or provider would really send, and is read without a word of complaint."""

import json
from pathlib import Path

import pytest

from worker.core.acceptance import read as accept
from worker.core.transaction import Kind, Transaction, sums_match
from worker.sources import SOURCES
from worker.sources.event import RawEvent, Told

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
NOVEMBER_2026 = range(1_793_491_200_000_000, 1_796_083_200_000_000)
EVENTS = sorted(path for source in SOURCES for path in (SAMPLES / source).glob("*"))


def told(path: Path) -> Transaction:
    reading = SOURCES[path.parent.name].read(RawEvent({}, path.read_bytes(), NOVEMBER_2026[0]))
    assert isinstance(reading, Told), reading
    (transaction,) = reading.transactions
    return transaction


def accepted() -> list[Transaction]:
    lines = (SAMPLES / "transactions.jsonl").read_text(encoding="utf-8").splitlines()
    found = [accept(json.loads(line)) for line in lines]
    assert [item for item in found if not isinstance(item, Transaction)] == []
    return [item for item in found if isinstance(item, Transaction)]


def test_the_transactions_are_accepted_and_varied() -> None:
    transactions = accepted()

    assert {each.currency for each in transactions} == {"EUR", "USD", "GBP", "JPY", "KWD"}
    assert {(each.customer.locale or "")[:2] for each in transactions} == {"en", "de", "fr", "ja"}
    assert {each.kind for each in transactions} == {Kind.SALE, Kind.RENEWAL, Kind.REFUND}
    assert len({each.id for each in transactions}) == len(transactions)


def test_a_refund_follows_its_sale() -> None:
    transactions = accepted()
    seen: set[str] = set()
    for each in transactions:
        assert each.refund_of is None or each.refund_of in seen
        seen.add(each.id)


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.name)
def test_the_events_are_read(path: Path) -> None:
    transaction = told(path)

    assert sums_match(transaction)
    assert transaction.occurred_at in NOVEMBER_2026
    assert not transaction.test


def test_everybody_lives_in_the_domains_for_examples() -> None:
    for transaction in [*accepted(), *map(told, EVENTS)]:
        email = transaction.customer.email
        assert email is None or email.endswith(("@example.com", "@example.org", "@example.net"))
        assert transaction.occurred_at in NOVEMBER_2026
