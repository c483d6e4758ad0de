"""How a subscription stands after all that was told of it, in whatever order the tellings came.

Rules: what happened last counts, and of two things at one moment the more final one; what isn't told stays as it was
last told. A payment says that money came, not how the subscription stands, unless its teller says that too: no trailing
invoice undoes an end. The total of a sale is taken for the price only while nothing better is known, for it may hold a
fee or a part of a period. Tests never touch what is live.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

from worker.core.cancelling import Term
from worker.core.plans import ENDED
from worker.core.transaction import Kind, Subscription, Transaction

UNHEARD = -1
"""`told_at` of a subscription of which nothing was told yet: before all times."""

_KINDS = (Kind.CUSTOMER_CHANGED, Kind.SALE, Kind.RENEWAL, Kind.PAYMENT_FAILED, Kind.SUBSCRIPTION_CHANGED)
"""Of one moment, in their order: whoever tells of the subscription itself knows best."""
_STATUSES = (None, "trialing", "active", "past_due", "paused", "completed", "cancelled")


@dataclass(frozen=True, slots=True)
class Followed:
    """A subscription as it stands. `name` is the first line of its payment, or of a change that says what it is to;
    times are UTC microseconds. `pay_url` is the provider's page where the payment that failed can be paid.
    """

    source: str
    ref: str
    customer_id: str | None = None
    name: str | None = None
    amount: int | None = None
    currency: str | None = None
    interval: str | None = None
    interval_count: int = 1
    status: str = "active"
    next_payment_at: int | None = None
    payments_made: int | None = None
    payments_total: int | None = None
    cancel_at: int | None = None
    pay_url: str | None = None
    test: bool = False
    told_at: int = UNHEARD

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
    def term(self) -> Term:
        """What the rules of cancelling look at."""
        return Term(self.status, self.next_payment_at, self.payments_total, self.cancel_at, self.told_at)

    def kept(self) -> "Followed":
        """As it stands once its end is taken back; what has ended stays so."""
        if self.status in ENDED or self.term.runs:
            return self
        return replace(self, cancel_at=None, next_payment_at=self.next_payment_at or self.cancel_at)


@dataclass(frozen=True, slots=True)
class Report:
    """A transaction that tells of the subscription, and whose it is."""

    customer_id: str | None
    told: Transaction


def comes_next(before: Followed, told: Transaction) -> bool:
    """Whether it happened after all that was told before, so that `follow` alone takes it in."""
    return before.told_at == UNHEARD or (told.occurred_at > before.told_at and told.test == before.test)


def follow(before: Followed, report: Report) -> Followed:
    """The subscription after what came next."""
    told, plan = report.told, _plan(report.told)
    status, cancel_at = _stands(before, told)
    return replace(
        before,
        customer_id=report.customer_id or before.customer_id,
        name=_name(before, told),
        amount=_amount(before, told),
        currency=told.currency or before.currency,
        interval=plan.interval or before.interval,
        interval_count=plan.interval_count if plan.interval else before.interval_count,
        status=status,
        next_payment_at=_either(plan.next_payment_at, before.next_payment_at),
        payments_made=_either(plan.payments_made, before.payments_made),
        payments_total=_either(plan.payments_total, before.payments_total),
        cancel_at=cancel_at,
        pay_url=_pay_url(before, told) if status == "past_due" else None,
        test=told.test,
        told_at=told.occurred_at,
    )


def followed(source: str, ref: str, reports: Iterable[Report]) -> Followed:
    """The subscription after all that was told of it."""
    known = sorted(reports, key=lambda report: _order(report.told))
    live = [report for report in known if not report.told.test]
    return reduce(follow, live or known, Followed(source, ref))


def _order(told: Transaction) -> tuple[int, bool, int, bool, int, int, str]:
    plan = _plan(told)
    return (
        told.occurred_at,
        plan.status in ENDED,
        _KINDS.index(told.kind),
        plan.cancel_at is not None,
        _STATUSES.index(plan.status),
        plan.next_payment_at or 0,
        told.id,
    )


def _stands(before: Followed, told: Transaction) -> tuple[str, int | None]:
    plan, failed = _plan(told), told.kind is Kind.PAYMENT_FAILED
    if plan.status is not None and not (
        failed and plan.status == "active"
    ):  # what a teller who says nothing else means
        return plan.status, plan.cancel_at
    if failed and before.status in ("trialing", "active"):
        return "past_due", before.cancel_at
    if told.kind.is_payment and before.status == "past_due":
        return "active", before.cancel_at
    return before.status, before.cancel_at


def _pay_url(before: Followed, told: Transaction) -> str | None:
    failed = told.kind is Kind.PAYMENT_FAILED and told.invoice.url is not None
    return told.invoice.url if failed else before.pay_url


def _name(before: Followed, told: Transaction) -> str | None:
    better = told.lines and (before.name is None or told.kind in (Kind.RENEWAL, Kind.SUBSCRIPTION_CHANGED))
    return told.lines[0].description if better else before.name


def _amount(before: Followed, told: Transaction) -> int | None:
    plan = _plan(told)
    if plan.next_amount is not None:
        return plan.next_amount
    better = told.kind is Kind.RENEWAL or (told.kind is Kind.SALE and before.amount is None)
    return _either(told.total, before.amount) if better else before.amount


def _plan(told: Transaction) -> Subscription:
    assert told.subscription is not None, "only what tells of a subscription is followed"
    return told.subscription


def _either(told: int | None, before: int | None) -> int | None:
    return before if told is None else told
