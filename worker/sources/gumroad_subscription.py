"""Gumroad's subscriptions as they change.

Who cancels keeps what is paid for: `cancelled_at` is when that ends, and until then the subscription goes on. Most of
these events tell no time of their own: then they happened when they came. What a plan costs is told in a currency that
is not named, so it isn't taken.
"""

from collections.abc import Callable, Mapping

from worker.core import instant
from worker.core.transaction import Customer, Kind, Subscription, Transaction
from worker.sources.event import Reading, Told
from worker.sources.gumroad_shapes import interval_of, is_test, moment_of
from worker.sources.picking import Pick, made, required

_RAN_OUT = "fixed_subscription_period_ended"


def _cancelled(event: Pick, received_at: int) -> Reading:
    ends_at = required(event["cancelled_at"], moment_of)
    if event["cancelled_due_to_payment_failures"].is_true():
        return _told(event, ends_at, status="cancelled")
    if ends_at <= received_at:
        return _told(event, received_at, status="cancelled")
    return _told(event, received_at, status=_running(event, received_at), cancel_at=ends_at)


def _ended(event: Pick, received_at: int) -> Reading:
    ran_out = event["ended_reason"].value == _RAN_OUT
    return _told(event, moment_of(event["ended_at"]) or received_at, status="completed" if ran_out else "cancelled")


def _restarted(event: Pick, received_at: int) -> Reading:
    at = moment_of(event["restarted_at"]) or received_at
    return _told(event, at, status=_running(event, at))


def _updated(event: Pick, received_at: int) -> Reading:
    return _told(event, received_at, status=None, recurs=event["new_plan"]["recurrence"])


READERS: Mapping[str, Callable[[Pick, int], Reading]] = {
    "cancellation": _cancelled,
    "subscription_ended": _ended,
    "subscription_restarted": _restarted,
    "subscription_updated": _updated,
}


def _running(event: Pick, at: int) -> str:
    trial_ends = moment_of(event["free_trial_ends_at"])
    return "trialing" if trial_ends is not None and trial_ends > at else "active"


def _told(event: Pick, at: int, recurs: Pick | None = None, **stands: object) -> Reading:
    ref = required(event["subscription_id"], Pick.reference)
    interval, count = interval_of(event["recurrence"] if recurs is None or not recurs.value else recurs)
    plan = made(
        event,
        Subscription,
        ref=ref,
        interval=interval,
        interval_count=count,
        payments_total=event["charge_occurrence_count"].whole(),
        **stands,
    )
    transaction = made(
        event,
        Transaction,
        id=f"{event['resource_name'].text()}:{ref}:{at // instant.SECOND}",
        kind=Kind.SUBSCRIPTION_CHANGED,
        occurred_at=at,
        customer=made(
            event["user_email"], Customer, email=event["user_email"].text(), ref=event["user_id"].reference()
        ),
        subscription=plan,
        test=is_test(event),
    )
    return Told((transaction,))
