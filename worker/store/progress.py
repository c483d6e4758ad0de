"""How far transactions have come, for whoever looks after them: what waits or failed, and what is odd about one."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.core.inquiry import Inquiry
from worker.core.transaction import Kind
from worker.store import inquiries, transactions
from worker.store.engine import Row, Tx
from worker.store.transactions import State, WaitsFor


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a transaction stands. `body` is what was told, as JSON; `reason` says why it is in quarantine, `asked` what
    became of asking the provider for the address that it waits for."""

    id: str
    source: str
    source_id: str
    kind: Kind
    accepted_at: int
    state: State
    waits_for: WaitsFor | None
    reason: str | None
    flag: str | None
    attempts: int
    event_id: str | None
    body: str
    asked: Inquiry | None = None


async def of(tx: Tx, transaction_id: str) -> Progress | None:
    """Where the transaction of our id stands."""
    row = await tx.one("transaction_by_id", id=transaction_id)
    return None if row is None else (await _progress(tx, [row]))[0]


async def held(tx: Tx, state: State | None, most: int) -> list[Progress]:
    """Transactions that wait or are quarantined, or only those of one state; the newest first."""
    rows = await tx.all("transactions_held", state=state.value if state else None, most=most)
    return await _progress(tx, rows)


async def odd(tx: Tx, customer_id: str, most: int) -> list[Progress]:
    """A customer's transactions that were kept though something about them is odd, the newest first."""
    return await _progress(tx, await tx.all("transactions_odd", customer_id=customer_id, most=most))


async def counts(tx: Tx) -> dict[str, int]:
    """How many transactions wait, and how many are quarantined."""
    row = await tx.one("transactions_quarantined")
    waiting = sum((await transactions.waiting_counts(tx)).values())
    return {State.WAITING.value: waiting, State.QUARANTINED.value: int(row["n"]) if row else 0}


async def requeue(tx: Tx, transaction_id: str, now: int) -> bool:
    """Have a quarantined transaction issued anew; False for any other."""
    return await tx.one("transaction_requeue", id=transaction_id, now=now) is not None


async def _progress(tx: Tx, rows: Sequence[Row]) -> list[Progress]:
    without_address = [row["id"] for row in rows if row["waits_for"] == WaitsFor.ADDRESS.value]
    asked = await inquiries.about(tx, without_address) if without_address else {}
    return [_one(row, asked.get(row["id"])) for row in rows]


def _one(row: Row, asked: Inquiry | None) -> Progress:
    return Progress(
        id=row["id"],
        source=row["source"],
        source_id=row["source_id"],
        kind=Kind(row["kind"]),
        accepted_at=row["accepted_at"],
        state=State(row["state"]),
        waits_for=WaitsFor(row["waits_for"]) if row["waits_for"] else None,
        reason=row["reason"],
        flag=row["flag"],
        attempts=row["attempts"],
        event_id=row["event_id"],
        body=row["body"],
        asked=asked,
    )
