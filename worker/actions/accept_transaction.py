"""Accept a transaction: keep it once, know its customer, join the payment that it tells of, and have it issued.

Rules: the same id told twice is a duplicate, with other content a conflict that is reported and changes nothing. A bare
charge waits for its richer event before a number is taken. What is imported waits until all of it is there, and never
conflicts: history and live tellings of one thing may differ in their words.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from worker.actions.follow_subscription import follow_subscription
from worker.actions.join_payment import API, join_payment
from worker.actions.keep_announcement import keep_announcement
from worker.actions.recognise_customer import recognise_customer
from worker.core.acceptance import is_ahead
from worker.core.announcement import of_failed
from worker.core.fresh import Fresh
from worker.core.instant import DAY, SECOND
from worker.core.transaction import Kind, Transaction, fingerprint, sums_match
from worker.store import payments, refunds, transactions
from worker.store.changes import Topic
from worker.store.engine import Tx
from worker.store.transactions import NewTransaction, State

RICHER_WITHIN = 30 * SECOND
"""How long a charge without lines waits for the event that has them."""
DRAWN_WITHIN = DAY
"""How long what was imported is left to its import to draw up; one that never ended leaves it to the queue."""
SUMS_DIFFER, AHEAD = "sums_differ", "ahead"


class Answer(StrEnum):
    """What became of a telling."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Telling:
    """Who told what. `event_id` is the kept event that it was read from; the API and the command line have none.
    What is `imported` is history: it takes no number, and no mail follows from it. `so_far`: a refund's total is all
    that was given back of its sale until then, so what was told before is taken off.
    """

    source: str
    transaction: Transaction
    event_id: str | None = None
    imported: bool = False
    so_far: bool = False


async def accept_transaction(tx: Tx, telling: Telling, fresh: Fresh) -> Answer:
    """Keep what was told and have it issued in its time."""
    transaction_id = fresh.new_id()
    if telling.so_far and telling.transaction.kind is Kind.REFUND:
        rest = await _rest(tx, telling, transaction_id)
        if rest is None:
            return Answer.DUPLICATE
        telling = rest
    told, new = telling.transaction, _new(telling, transaction_id, fresh)
    if not await transactions.insert(tx, new):
        known = await transactions.known(tx, telling.source, told.id)
        same = known is not None and (known.fingerprint == new.fingerprint or known.imported or telling.imported)
        return Answer.DUPLICATE if same else Answer.CONFLICT
    customer_id = await recognise_customer(tx, telling.source, told.customer, fresh)
    if customer_id is not None:
        await transactions.set_customer(tx, transaction_id, customer_id)
    if told.subscription is not None and told.kind is not Kind.REFUND:
        await follow_subscription(tx, telling.source, told, customer_id, fresh)
    failed = of_failed(told)
    if failed is not None and not telling.imported:
        await keep_announcement(tx, telling.source, failed, telling.event_id, fresh)
    if told.kind.has_money:
        payment = await join_payment(tx, telling.source, transaction_id, told, customer_id)
        if told.kind.is_payment:
            await transactions.wake_refunds(tx, telling.source, told, payment, fresh.now)
    tx.wake(Topic.TRANSACTIONS)
    return Answer.ACCEPTED


def flag_of(told: Transaction, now: int) -> str | None:
    """What is odd about it: who tells through the API can mend it and is refused, a provider can't."""
    if not sums_match(told):
        return SUMS_DIFFER
    return AHEAD if is_ahead(told, now) else None


async def _rest(tx: Tx, telling: Telling, transaction_id: str) -> Telling | None:
    """The refund with what wasn't told before; None where that is nothing, or it was told itself."""
    told = telling.transaction
    if told.refund_of is None or told.total is None:
        return telling
    family = payments.family(told.kind, test=told.test)
    # Two sums of one sale, told at the same moment, are taken one after the other.
    await payments.claim_reference(tx, family, f"so_far:{told.refund_of}"[:200], transaction_id)
    if await transactions.known(tx, telling.source, told.id) is not None:
        return None
    rest = told.total - await refunds.given_back(tx, telling.source, told)
    return replace(telling, transaction=replace(told, total=rest)) if rest > 0 else None


def _new(telling: Telling, transaction_id: str, fresh: Fresh) -> NewTransaction:
    told = telling.transaction
    return NewTransaction(
        id=transaction_id,
        source=telling.source,
        told=told,
        fingerprint=fingerprint(told),
        accepted_at=fresh.now,
        due_at=fresh.now + _waits(telling),
        state=State.DUE if told.kind.has_money else State.DONE,
        customer_id=None,
        event_id=telling.event_id,
        flag=flag_of(told, fresh.now),
        imported_at=fresh.now if telling.imported else None,
    )


def _waits(telling: Telling) -> int:
    told = telling.transaction
    if telling.imported:
        return DRAWN_WITHIN
    return RICHER_WITHIN if told.kind.is_payment and not told.lines and telling.source != API else 0
