"""What ThriveCart tells beside payments: subscriptions that change, payments that failed, customers who moved.

Both vocabularies are read: the account's webhooks (`order.subscription_paused`) and the newer event subscriptions
(`subscription_paused`). Many of these events tell no time of their own: then they happened when they came.
"""

from worker.core import instant
from worker.core.transaction import Kind, Subscription, Transaction
from worker.sources.event import Reading, Told
from worker.sources.picking import Pick, made
from worker.sources.thrivecart_body import moment_of
from worker.sources.thrivecart_charges import interval_of, item_of
from worker.sources.thrivecart_order import customer_of, first_moment, is_test, order_of

STATUSES = {
    "order.subscription_cancelled": "cancelled",
    "order.subscription_paused": "paused",
    "order.subscription_resumed": "active",
    "order_rebill_cancelled": "cancelled",
    "order_rebill_completed": "completed",
    "subscription_paused": "paused",
    "subscription_resumed": "active",
}
FAILURES = ("order.rebill_failed", "order_rebill_failed")
OF_CUSTOMERS = ("customer_updated",)


def read(event: Pick, received_at: int) -> Reading:
    """How a subscription stands, from any of `STATUSES`."""
    status = STATUSES[event["event"].text() or ""]
    plan = _subscription(event, status)
    return _told(event, received_at, plan.ref, kind=Kind.SUBSCRIPTION_CHANGED, subscription=plan)


def read_failed(event: Pick, received_at: int) -> Reading:
    """A recurring payment that failed."""
    plan = _subscription(event, None)
    return _told(event, received_at, plan.ref, kind=Kind.PAYMENT_FAILED, subscription=plan)


def read_customer(event: Pick, received_at: int) -> Reading:
    """A customer whose details were changed."""
    about = event["customer_id"].reference() or event["customer"]["id"].reference() or "customer"
    return _told(event, received_at, about, kind=Kind.CUSTOMER_CHANGED)


def _told(event: Pick, received_at: int, about: str, **fields: object) -> Reading:
    at = first_moment(event["date_unix"], event["date_iso8601"]) or received_at
    told_id = f"{event['event'].text()}:{about}:{at // instant.SECOND}"  # `event_id` names what was bought, not this
    transaction = made(
        event, Transaction, id=told_id, occurred_at=at, customer=customer_of(event), test=is_test(event), **fields
    )
    return Told((transaction,))


def _subscription(event: Pick, status: str | None) -> Subscription:
    told = event["subscription"]
    interval, count = interval_of(told)
    due = moment_of(told["next_payment_date"]) or moment_of(told["next_payment_date_iso8601"])
    return made(
        told,
        Subscription,
        ref=f"{order_of(event)}:{item_of(told) or told['id'].refuse('is missing, so nothing says which')}",
        interval=interval,
        interval_count=count,
        status=status,
        next_payment_at=due if status == "active" else None,
    )
