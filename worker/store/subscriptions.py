"""Subscriptions as their sources last told of them, and cancellations on their way to the provider."""

from dataclasses import dataclass

from worker.core.cancelling import Cancel, Plan
from worker.core.transaction import Kind, Subscription, Transaction
from worker.store.engine import Row, Tx


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A subscription. `name` is the first line of its payment; times are UTC microseconds."""

    source: str
    ref: str
    customer_id: str | None
    name: str | None
    amount: int | None
    currency: str | None
    interval: str | None
    interval_count: int
    status: str
    next_payment_at: int | None
    payments_made: int | None
    payments_total: int | None
    cancel_at: int | None
    test: bool
    told_at: int

    @property
    def as_told(self) -> Subscription:
        """The subscription in the words of a transaction."""
        return Subscription(
            ref=self.ref,
            interval=self.interval,  # type: ignore[arg-type]  # told as one of its words
            interval_count=self.interval_count,
            status=self.status,  # type: ignore[arg-type]  # likewise
            next_payment_at=self.next_payment_at,
            next_amount=self.amount,
            payments_made=self.payments_made,
            payments_total=self.payments_total,
            cancel_at=self.cancel_at,
        )

    @property
    def plan(self) -> Plan:
        """What the rules of cancelling look at."""
        return Plan(self.status, self.next_payment_at, self.payments_total, self.cancel_at, self.told_at)


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
        return Cancel(self.ends_at, self.done_at)


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


async def tell(tx: Tx, source: str, told: Transaction, customer_id: str | None) -> SubscriptionRow | None:
    """Take over what a transaction says; None where something later is known, which it then only completes."""
    values = _values(source, told, customer_id)
    row = await tx.one("subscription_tell", **values)
    if row is not None:
        return _subscription(row)
    known = ("status", "next_payment_at", "payments_made", "cancel_at", "test", "told_at")
    await tx.run("subscription_fill", **{name: value for name, value in values.items() if name not in known})
    return None


async def of_customer(tx: Tx, customer_id: str) -> list[SubscriptionRow]:
    """A customer's subscriptions, the last told of first."""
    return [_subscription(row) for row in await tx.all("subscriptions_of", customer_id=customer_id)]


async def one_of(tx: Tx, source: str, ref: str, customer_id: str) -> SubscriptionRow | None:
    """The subscription, if it is this customer's."""
    row = await tx.one("subscription_of", source=source, ref=ref, customer_id=customer_id)
    return None if row is None else _subscription(row)


async def by_name(tx: Tx, source: str, ref: str) -> SubscriptionRow | None:
    """The subscription that a source calls `ref`, whoever's it is."""
    row = await tx.one("subscription_by_name", source=source, ref=ref)
    return None if row is None else _subscription(row)


async def take(tx: Tx, source: str, ref: str, customer_id: str) -> SubscriptionRow | None:
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


def _values(source: str, told: Transaction, customer_id: str | None) -> dict[str, object]:
    plan = told.subscription
    assert plan is not None, "only what tells of a subscription is taken over"
    failed = told.kind is Kind.PAYMENT_FAILED and plan.status == "active"  # what a teller who says nothing else means
    return {
        "source": source,
        "ref": plan.ref,
        "customer_id": customer_id,
        "name": told.lines[0].description if told.lines else None,
        "amount": plan.next_amount if plan.next_amount is not None else told.total if told.kind.is_payment else None,
        "currency": told.currency,
        "interval": plan.interval,
        "interval_count": plan.interval_count,
        "status": "past_due" if failed else plan.status,
        "next_payment_at": plan.next_payment_at,
        "payments_made": plan.payments_made,
        "payments_total": plan.payments_total,
        "cancel_at": plan.cancel_at,
        "test": int(told.test),
        "told_at": told.occurred_at,
    }


def _subscription(row: Row) -> SubscriptionRow:
    values = {name: row[name] for name in SubscriptionRow.__dataclass_fields__}
    return SubscriptionRow(**{**values, "test": bool(values["test"])})


def _cancel(row: Row | None) -> CancelRow | None:
    return None if row is None else CancelRow(**{name: row[name] for name in CancelRow.__dataclass_fields__})
