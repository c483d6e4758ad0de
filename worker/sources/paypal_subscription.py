"""PayPal's subscriptions as they change, and payments of theirs that failed.

Both shapes are read: subscriptions, and the billing agreements before them. One that nobody approved isn't told. A
suspended one is paused, or overdue where payments failed before. The activation tells of the first payment, which is
the sale: PayPal's own event of that payment looks like any renewal's.
"""

import hashlib
import json

from worker.core.instant import DAY
from worker.core.transaction import Customer, ExternalInvoice, Kind, Payment, Subscription, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.paypal_capture import METHOD
from worker.sources.paypal_shapes import around, is_test, moment_of, money_of, payer, references
from worker.sources.picking import Pick, made, required

_ACTIVATED = "BILLING.SUBSCRIPTION.ACTIVATED"
EVENTS = (
    "BILLING.SUBSCRIPTION.CREATED",
    _ACTIVATED,
    "BILLING.SUBSCRIPTION.UPDATED",
    "BILLING.SUBSCRIPTION.CANCELLED",
    "BILLING.SUBSCRIPTION.EXPIRED",
    "BILLING.SUBSCRIPTION.SUSPENDED",
    "BILLING.SUBSCRIPTION.RE-ACTIVATED",
)
_NOT_BEGUN = ("APPROVAL_PENDING", "APPROVED", "PENDING")
_STATUSES = {
    "ACTIVE": "active",
    "SUSPENDED": "paused",
    "CANCELLED": "cancelled",
    "EXPIRED": "completed",
    "COMPLETED": "completed",
}
_CHANGING = ("status", "plan_id", "quantity", "billing_info", "subscriber")
_UNITS = {"DAY": "day", "WEEK": "week", "MONTH": "month", "YEAR": "year"}


def read(event: Pick, received_at: int) -> Reading:
    """How the subscription stands, from any of `EVENTS`, and its first payment."""
    told = event["resource"]
    if _status_word(told) in _NOT_BEGUN:
        return Ignored("nobody has approved it yet, so nothing has begun")
    at = moment_of(told["update_time"], told["status_update_time"], event["create_time"]) or received_at
    change = _changed(told, required(event["id"], Pick.reference), at, test=is_test(event))
    begun = _first_payment(event, change) if event["event_type"].value == _ACTIVATED else None
    return Told((change,) if begun is None else (begun, change))


def as_it_stands(told: Pick, asked_at: int, *, by: str = "") -> Transaction:
    """How the API shows a subscription. The id is a print of what it says; `by` is who asked, and is told anew."""
    at = moment_of(told["update_time"], told["status_update_time"]) or asked_at
    said = json.dumps([told[name].value for name in _CHANGING], sort_keys=True, default=str)
    print_ = hashlib.sha256(said.encode()).hexdigest()[:16]
    told_id = f"{required(told['id'], Pick.reference)}:{print_}{by}"
    return _changed(told, told_id, at, test=is_test(Pick({"resource": told.value})))


def _changed(told: Pick, told_id: str, at: int, *, test: bool) -> Transaction:
    return made(
        told,
        Transaction,
        id=told_id,
        kind=Kind.SUBSCRIPTION_CHANGED,
        occurred_at=at,
        customer=customer_of(told),
        subscription=_plan(told),
        test=test,
    )


def read_failed(event: Pick, received_at: int) -> Reading:
    """A payment that failed, and when PayPal tries again."""
    told = event["resource"]
    failed, test = told["billing_info"]["last_failed_payment"], is_test(event)
    money, amount = money_of(failed["amount"]) if failed["amount"].value else (None, None)
    ref = required(told["id"], Pick.reference)
    plan = made(
        failed,
        Subscription,
        ref=ref,
        status=None,
        next_payment_at=moment_of(failed["next_payment_retry_time"], failed["next_payment_retry_date"]),
        next_amount=amount,
    )
    transaction = made(
        told,
        Transaction,
        id=required(event["id"], Pick.reference),
        kind=Kind.PAYMENT_FAILED,
        occurred_at=moment_of(failed["time"], told["update_time"], event["create_time"]) or received_at,
        currency=None if money is None else money.currency,
        customer=customer_of(told),
        subscription=plan,
        invoice=ExternalInvoice(url=autopay(ref, test=test)),
        test=test,
    )
    return Told((transaction,))


def customer_of(told: Pick) -> Customer:
    """Who subscribed; the subscription's own id stands for them."""
    older = told["payer"]["payer_info"]
    return payer(older if older.value else told["subscriber"], required(told["id"], Pick.reference))


def autopay(ref: str, *, test: bool) -> str:
    """The payer's own page at PayPal for a subscription: how it is paid, and its end."""
    return f"https://www.{'sandbox.' if test else ''}paypal.com/myaccount/autopay/connect/{ref}"


def _plan(told: Pick) -> Subscription:
    status, info = _status(told), told["billing_info"]
    unit, count = _interval(told["plan"])
    done, total = _cycles(info)
    runs = status in ("active", "trialing")
    return made(
        told,
        Subscription,
        ref=required(told["id"], Pick.reference),
        interval=unit,
        interval_count=count,
        status=status,
        next_payment_at=moment_of(info["next_billing_time"], told["agreement_details"]["next_billing_date"])
        if runs
        else None,
        payments_made=done,
        payments_total=total,
    )


def _status_word(told: Pick) -> str:
    word = told["status"].text() or required(told["state"], Pick.text)
    return word.upper()


def _status(told: Pick) -> str:
    status = _STATUSES.get(_status_word(told)) or told["status"].refuse("is no status of a subscription that we know")
    if status == "paused" and (told["billing_info"]["failed_payments_count"].whole() or 0) > 0:
        return "past_due"
    return "trialing" if status == "active" and _on_trial(told) else status


def _on_trial(told: Pick) -> bool:
    cycles = told["billing_info"]["cycle_executions"].each()
    left = [(each["cycles_remaining"].whole() or 0) for each in cycles if each["tenure_type"].value == "TRIAL"]
    return sum(left) > 0


def _interval(plan: Pick) -> tuple[str | None, int]:
    newer = [each["frequency"] for each in plan["billing_cycles"].each() if each["tenure_type"].value == "REGULAR"]
    if newer:
        return _UNITS.get(newer[0]["interval_unit"].text() or ""), newer[0]["interval_count"].whole() or 1
    older = [each for each in plan["payment_definitions"].each() if each["type"].value == "REGULAR"]
    if older:
        return _UNITS.get((older[0]["frequency"].text() or "").upper()), older[0]["frequency_interval"].whole() or 1
    return None, 1


def _cycles(info: Pick) -> tuple[int | None, int | None]:
    """How many payments were made of how many, where their number is limited."""
    regular = [each for each in info["cycle_executions"].each() if each["tenure_type"].value == "REGULAR"]
    total = sum(each["total_cycles"].whole() or 0 for each in regular)
    return (sum(each["cycles_completed"].whole() or 0 for each in regular), total) if total else (None, None)


def _first_payment(event: Pick, change: Transaction) -> Transaction | None:
    """The payment that came with the approval; an activation later on tells of one that was told before."""
    info, plan = event["resource"]["billing_info"], change.subscription
    paid = info["last_payment"]
    done = sum(each["cycles_completed"].whole() or 0 for each in info["cycle_executions"].each())
    at = moment_of(paid["time"])
    if plan is None or at is None or done > 1 or abs(change.occurred_at - at) > DAY:
        return None
    money, total = money_of(paid["amount"])
    if total == 0:
        return None
    return made(
        paid,
        Transaction,
        id=f"{plan.ref}:first",
        kind=Kind.SALE,
        occurred_at=at,
        currency=money.currency,
        total=total,
        customer=change.customer,
        subscription=Subscription(
            ref=plan.ref, interval=plan.interval, interval_count=plan.interval_count, status=None
        ),
        payment=Payment(method=METHOD, references=references(*around(plan.ref, at, total))),
        test=change.test,
    )
