"""Subscriptions as their sources last told of them."""

from worker.core.following import UNHEARD, Followed, Report, comes_next, follow, followed
from worker.core.transaction import Transaction, from_json
from worker.store.engine import Row, Tx

_FIELDS = tuple(Followed.__dataclass_fields__)


async def tell(tx: Tx, source: str, told: Transaction, customer_id: str | None) -> tuple[Followed, Followed]:
    """Take over what a kept transaction says; returns how the subscription stood before, and how it stands now."""
    assert told.subscription is not None, "only what tells of a subscription is taken over"
    ref = told.subscription.ref
    before = _subscription(_must(await tx.one("subscription_begin", source=source, ref=ref, told_at=UNHEARD)))
    if comes_next(before, told):
        after = follow(before, Report(customer_id, told))
    else:
        rows = await tx.all("subscription_tellings", source=source, ref=ref)
        after = followed(source, ref, [Report(row["customer_id"], from_json(row["body"])) for row in rows])
    await tx.run("subscription_set", **{name: getattr(after, name) for name in _FIELDS} | {"test": int(after.test)})
    return before, after


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


def _subscription(row: Row) -> Followed:
    values = {name: row[name] for name in _FIELDS}
    return Followed(**{**values, "test": bool(values["test"])})


def _must(row: Row | None) -> Row:
    assert row is not None, "an upsert with RETURNING gives a row"
    return row
