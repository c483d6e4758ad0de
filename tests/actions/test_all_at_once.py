"""Payments, refunds and links told and issued by two processes all at the same moment."""

import asyncio
import random

import pytest

from support.desk import Desk, at, bare, refund, rich
from worker.core.transaction import Customer, Payment, Transaction

PURCHASES = 12


def tellings() -> list[tuple[str, Transaction]]:
    """Each purchase by charge and by order, and its two equal refunds by both."""
    told: list[tuple[str, Transaction]] = []
    for n in range(PURCHASES):
        email, ref, moment = f"c{n % 3}@example.com", f"cus_{n % 3}", at(n * 3600)
        charge = bare(f"ch_{n}", f"ch_{n}", f"pi_{n}", customer=Customer(email, ref), occurred_at=moment)
        order = rich(f"o-{n}", f"ch_{n}", f"thrivecart:{n}", customer=Customer(email), occurred_at=moment)
        told += [("stripe", charge), ("thrivecart", order)]
        for which in range(2):
            own = Payment(references=(f"re_{n}_{which}",))
            told.append(("stripe", refund(f"re_{n}_{which}", f"ch_{n}", 300, payment=own)))
            told.append(("thrivecart", refund(f"o-{n}:refund:{which}", f"o-{n}", 300)))
    return told


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_each_payment_and_refund_brings_one_document(desk: Desk, seed: int) -> None:
    told = tellings()
    random.Random(seed).shuffle(told)
    half = len(told) // 2
    await desk.tell_at_once(told[:half])
    await desk.database.pass_seconds(30)
    await asyncio.gather(desk.issue_at_once(), desk.tell_at_once(told[half:]))
    for _ in range(3):
        await desk.database.pass_seconds(7200)
        await desk.issue_at_once()
    assert await desk.waiting() == {}
    assert desk.numbers == list(range(1, 3 * PURCHASES + 1))
    assert await desk.outbox() == {"due": 3 * PURCHASES}
