"""Payments and refunds told by two sources in any order, repeated, linked and delayed: each brings one document."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from support.databases import START, open_database
from support.desk import Desk, at, bare, refund, rich
from worker.actions.accept_transaction import Answer
from worker.core.transaction import Customer, Kind, Line, Payment, Transaction

PURCHASES = 4
REFUNDS = 2
"""So many of each purchase, all of one amount: what tells them apart is only who told them."""

purchases = st.integers(0, PURCHASES - 1)
tellers = st.sampled_from(["charge", "invoice", "order"])


def payment(number: int, teller: str) -> tuple[str, Transaction]:
    """What a teller says of a purchase. A charge knows no email, and no two purchases are of one amount."""
    ref, email = f"cus_{number % 2}", f"c{number % 2}@example.com"
    total = 1000 + 100 * number
    line = {"lines": (Line("Course", Decimal(1), total),)}
    common: dict[str, Any] = {"total": total, "occurred_at": at(number)}
    if teller == "charge":
        told = bare(f"ch_{number}", f"ch_{number}", f"pi_{number}", customer=Customer(ref=ref), **common)
        return "stripe", told
    if teller == "invoice":
        customer = Customer(ref=ref, email=email)
        return "stripe", rich(f"in_{number}", f"in_{number}", customer=customer, **common, **line)
    references = (f"ch_{number}", f"thrivecart:{number}")
    return "thrivecart", rich(f"o-{number}", *references, customer=Customer(email=email), **common, **line)


def giving_back(number: int, which: int, teller: str) -> tuple[str, Transaction]:
    """What a processor or a cart says of a refund: they share no reference."""
    if teller == "order":
        return "thrivecart", refund(f"o-{number}:refund:{which}", f"o-{number}", 300)
    own = Payment(references=(f"re_{number}_{which}",))
    return "stripe", refund(f"re_{number}_{which}", f"ch_{number}", 300, payment=own)


class AnyOrder(RuleBasedStateMachine):
    """What was told is remembered; at the end all that is missing is told, and then everything must be in order."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.stack = AsyncExitStack()
        url = f"sqlite:///{Path(self.folder.name) / 'letterkey.db'}"
        database = self.runner.run(self.stack.enter_async_context(open_database("sqlite-inline", url)))
        self.desk = Desk(database)
        self.told: set[tuple[str, str]] = set()
        self.bought: set[int] = set()
        self.refunded: set[tuple[int, int]] = set()
        self.links = 0

    def tell(self, source: str, told: Transaction) -> None:
        (answer,) = self.runner.run(self.desk.tell(told, source=source))
        known = (source, told.id) in self.told
        assert answer is (Answer.DUPLICATE if known else Answer.ACCEPTED)
        self.told.add((source, told.id))

    @rule(number=purchases, teller=tellers)
    def a_payment_is_told(self, number: int, teller: str) -> None:
        self.bought.add(number)
        self.tell(*payment(number, teller))

    @rule(number=purchases, which=st.integers(0, REFUNDS - 1), teller=st.sampled_from(["charge", "order"]))
    def a_refund_is_told(self, number: int, which: int, teller: str) -> None:
        self.refunded.add((number, which))
        self.tell(*giving_back(number, which, teller))

    @rule(number=purchases, with_=st.sampled_from(["pi", "ch"]))
    def references_are_linked(self, number: int, with_: str) -> None:
        self.links += 1
        self.runner.run(self.desk.link(f"evt_{self.links}", f"in_{number}", f"{with_}_{number}"))

    @rule(number=st.integers(0, 1))
    def a_customer_is_told(self, number: int) -> None:
        customer = Customer(ref=f"cus_{number}", email=f"c{number}@example.com")
        self.tell(
            "stripe", Transaction(id=f"c-{number}", kind=Kind.CUSTOMER_CHANGED, occurred_at=START, customer=customer)
        )

    @rule(seconds=st.sampled_from([0, 1, 30, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.runner.run(self.desk.later(seconds))

    @invariant()
    def numbers_have_no_gap(self) -> None:
        assert self.desk.numbers == list(range(1, len(self.desk.issued) + 1))

    @invariant()
    def nothing_is_issued_twice(self) -> None:
        sales = [each for each in self.desk.issued if each.number is not None]
        assert len(sales) <= len(self.bought) + len(self.refunded)

    def finish(self) -> None:
        for number in {*self.bought, *(sale for sale, _ in self.refunded)}:
            self.bought.add(number)
            for teller in ("charge", "order"):
                self.tell(*payment(number, teller))
        for number, which in sorted(self.refunded):
            for teller in ("charge", "order"):
                self.tell(*giving_back(number, which, teller))
        for number in (0, 1):
            self.a_customer_is_told(number)
        for _ in range(3):
            self.time_passes(7200)
        assert self.runner.run(self.desk.waiting()) == {}
        assert len(self.desk.issued) == len(self.bought) + len(self.refunded)
        outbox = self.runner.run(self.desk.outbox())
        assert sum(outbox.values()) == len(self.desk.issued)

    def teardown(self) -> None:
        try:
            self.finish()
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()


_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def test_each_payment_and_refund_brings_one_document() -> None:
    run_state_machine_as_test(AnyOrder, settings=settings(_PATIENT, max_examples=25, stateful_step_count=20))


@pytest.mark.long
def test_each_payment_and_refund_brings_one_document_long() -> None:
    run_state_machine_as_test(AnyOrder, settings=settings(_PATIENT, max_examples=1000, stateful_step_count=50))
