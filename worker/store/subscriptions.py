"""Subscriptions as their sources last told of them, and cancellations on their way to the provider."""

from dataclasses import dataclass

from worker.core.cancelling import Cancel
from worker.core.following import UNHEARD, Followed, Report, comes_next, follow, followed
from worker.core.transaction import Transaction, from_json
from worker.store.engine import Row, Tx

_FIELDS = tuple(Followed.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class CancelRow:
    """A cancellation that a customer asked for. `done_by` is who confirmed it: the merchant or the provider."""

    id: str
    source: str
    ref: str
    customer_id: str
    state: str
    requested_at: int
    ends_at: int
    reason: str | None
    done_at: int | None
    done_by: str | None
    link_id: str
    message_domain: str

    @property
    def cancel(self) -> Cancel:
        """What the rules of cancelling look at."""
        return Cancel(self.ends_at, self.done_at, self.done_by)


@dataclass(frozen=True, slots=True)
class NewCancel:
    """A cancellation to be kept."""

    id: str
    source: str
    ref: str
    customer_id: str
    requested_at: int
    ends_at: int
    link_id: str
    message_domain: str


async def tell(tx: Tx, source: str, told: Transaction, customer_id: str | None) -> Followed:
    """Take over what a kept transaction says; returns how the subscription stands now."""
    assert told.subscription is not None, "only what tells of a subscription is taken over"
    ref = told.subscription.ref
    before = _subscription(_must(await tx.one("subscription_begin", source=source, ref=ref, told_at=UNHEARD)))
    if comes_next(before, told):
        after = follow(before, Report(customer_id, told))
    else:
        rows = await tx.all("subscription_tellings", source=source, ref=ref)
        after = followed(source, ref, [Report(row["customer_id"], from_json(row["body"])) for row in rows])
    await tx.run("subscription_set", **{name: getattr(after, name) for name in _FIELDS} | {"test": int(after.test)})
    return after


async def of_customer(tx: Tx, customer_id: str) -> list[Followed]:
    """A customer's subscriptions, the last told of first."""
    return [_subscription(row) for row in await tx.all("subscriptions_of", customer_id=customer_id)]


async def one_of(tx: Tx, source: str, ref: str, customer_id: str) -> Followed | None:
    """The subscription, if it is this customer's."""
    row = await tx.one("subscription_of", source=source, ref=ref, customer_id=customer_id)
    return None if row is None else _subscription(row)


async def by_name(tx: Tx, source: str, ref: str) -> Followed | None:
    """The subscription that a source calls `ref`, whoever's it is."""
    row = await tx.one("subscription_by_name", source=source, ref=ref)
    return None if row is None else _subscription(row)


async def take(tx: Tx, source: str, ref: str, customer_id: str) -> Followed | None:
    """The same, and nobody else changes it until this transaction ends."""
    row = await tx.one("subscription_take", source=source, ref=ref, customer_id=customer_id)
    return None if row is None else _subscription(row)


async def add_cancel(tx: Tx, new: NewCancel) -> bool:
    """Keep a cancellation; False where one is open."""
    values = {name: getattr(new, name) for name in NewCancel.__dataclass_fields__}
    return await tx.one("cancel_insert", **values) is not None


async def cancel(tx: Tx, cancel_id: str) -> CancelRow | None:
    """The cancellation of an id."""
    return _cancel(await tx.one("cancel_by_id", id=cancel_id))


async def cancel_by_link(tx: Tx, link_id: str) -> CancelRow | None:
    """The cancellation that the merchant's link names."""
    return _cancel(await tx.one("cancel_by_link", link_id=link_id))


async def open_cancel(tx: Tx, source: str, ref: str) -> CancelRow | None:
    """The cancellation of a subscription that nobody confirmed yet."""
    return _cancel(await tx.one("cancel_open", source=source, ref=ref))


async def cancels_of(tx: Tx, customer_id: str) -> dict[tuple[str, str], CancelRow]:
    """The last cancellation of each of a customer's subscriptions, by (source, ref)."""
    rows = [_cancel(row) for row in await tx.all("cancels_of", customer_id=customer_id)]
    return {(row.source, row.ref): row for row in rows if row is not None}


async def cancel_done(tx: Tx, cancel_id: str, now: int, by: str) -> CancelRow | None:
    """It is confirmed; None where it was before."""
    return _cancel(await tx.one("cancel_done", id=cancel_id, done_at=now, done_by=by))


async def give_reason(tx: Tx, cancel_id: str, customer_id: str, reason: str | None) -> bool:
    """Keep why, in the customer's words; False where it is nobody's, or another's."""
    return await tx.one("cancel_reason", id=cancel_id, customer_id=customer_id, reason=reason) is not None


def _subscription(row: Row) -> Followed:
    values = {name: row[name] for name in _FIELDS}
    return Followed(**{**values, "test": bool(values["test"])})


def _cancel(row: Row | None) -> CancelRow | None:
    return None if row is None else CancelRow(**{name: row[name] for name in CancelRow.__dataclass_fields__})


def _must(row: Row | None) -> Row:
    assert row is not None, "an upsert with RETURNING gives a row"
    return row


async def open_cancels_before(tx: Tx, before: int) -> int:
    """How many cancellations were asked for until then and are still to do."""
    row = await tx.one("cancels_open_before", before=before)
    return int(row["n"]) if row is not None else 0
