"""Stripe's subscriptions as they change.

Both shapes are read: since 2025 the period's end stands with each item; before, with the subscription, as the one
`plan` did before there were items. A subscription whose first payment hasn't come isn't told: nothing was bought yet,
and where it never comes nothing ever was. Prices are told only where nothing is added to them or taken off.
"""

from collections.abc import Sequence

from worker.core.announcement import Announcement, Matter
from worker.core.transaction import Customer, Kind, Subscription, Transaction
from worker.sources.event import Ignored, Reading, Told
from worker.sources.picking import Amounts, Pick, made, required
from worker.sources.stripe_shapes import is_test, money_of
from worker.sources.stripe_unpaid import upcoming_id

_ENDS, _TRIAL_ENDS = "customer.subscription.deleted", "customer.subscription.trial_will_end"
EVENTS = (
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    _TRIAL_ENDS,
    "customer.subscription.pending_update_applied",
    "customer.subscription.pending_update_expired",
    _ENDS,
)
_STATUSES = {
    "trialing": "trialing",
    "active": "active",
    "past_due": "past_due",
    "unpaid": "past_due",
    "paused": "paused",
    "canceled": "cancelled",
}
_NOT_BEGUN = ("incomplete", "incomplete_expired")
_TAXED_OR_CHEAPER = ("tax_percent", "default_tax_rates", "tax_rates", "discount", "discounts")


def read(event: Pick, told_at: int) -> Reading:
    """How the subscription stands, from any of `EVENTS`."""
    told = event["data"]["object"]
    if told["status"].value in _NOT_BEGUN:
        return Ignored("its first payment has not come, so nothing has begun")
    items = told["items"]["data"].each() or (told,)
    priced = next((each for each in (told, *map(_price, items)) if each["currency"].text()), None)
    money = None if priced is None else money_of(priced)
    transaction = made(
        told,
        Transaction,
        id=required(event["id"], Pick.reference),
        kind=Kind.SUBSCRIPTION_CHANGED,
        occurred_at=told_at,
        currency=None if money is None else money.currency,
        customer=Customer(ref=told["customer"].reference()),
        test=is_test(event),
        subscription=_subscription(told, items, money, ended=event["type"].value == _ENDS),
    )
    return Told((transaction,), announced=_first_payment(event, transaction))


def _first_payment(event: Pick, told: Transaction) -> tuple[Announcement, ...]:
    """Where a trial ends, the payment that follows it."""
    plan, ends_at = told.subscription, event["data"]["object"]["trial_end"].moment()
    if event["type"].value != _TRIAL_ENDS or plan is None or plan.status != "trialing" or ends_at is None:
        return ()
    if plan.next_amount == 0 or (plan.cancel_at is not None and plan.cancel_at <= ends_at):
        return ()
    announcement = Announcement(
        id=upcoming_id(plan.ref, ends_at),
        matter=Matter.UPCOMING_PAYMENT,
        occurred_at=told.occurred_at,
        customer=told.customer,
        due_at=ends_at,
        amount=plan.next_amount,
        currency=told.currency,
        subscription=plan.ref,
        test=told.test,
    )
    return (announcement,)


def _subscription(told: Pick, items: Sequence[Pick], money: Amounts | None, *, ended: bool) -> Subscription:
    status = "cancelled" if ended else _status(told)
    pays_at = None if status == "cancelled" else _period_end(told, items)
    plan = _recurring(items[0])
    return made(
        told,
        Subscription,
        ref=required(told["id"], Pick.reference),
        interval=plan["interval"].matching("day|week|month|year"),
        interval_count=plan["interval_count"].whole() or 1,
        status=status,
        next_payment_at=pays_at,
        next_amount=None if money is None else _amount(told, items, money),
        cancel_at=None if status == "cancelled" else _cancel_at(told, pays_at),
    )


def _status(told: Pick) -> str:
    word = required(told["status"], Pick.text)
    status = _STATUSES.get(word) or told["status"].refuse("is no status of a subscription that we know")
    # Stripe's own dashboard shows these as paused, too: the period goes on, and nobody is charged.
    on_hold = told["pause_collection"].value is not None and status in ("trialing", "active")
    return "paused" if on_hold else status


def _period_end(told: Pick, items: Sequence[Pick]) -> int | None:
    ends = [end for each in (told, *items) if (end := each["current_period_end"].moment()) is not None]
    return min(ends, default=None)


def _cancel_at(told: Pick, pays_at: int | None) -> int | None:
    at = told["cancel_at"].moment()
    if at is not None or not told["cancel_at_period_end"].is_true():
        return at
    return told["current_period_end"].refuse("is missing, and says when it ends") if pays_at is None else pays_at


def _price(item: Pick) -> Pick:
    return item["price"] if item["price"].value else item["plan"]


def _recurring(item: Pick) -> Pick:
    return item["price"]["recurring"] if item["price"]["recurring"].value else item["plan"]


def _amount(told: Pick, items: Sequence[Pick], money: Amounts) -> int | None:
    """What each payment costs, None where the prices alone don't say it."""
    owners = (told, *items)
    if told["automatic_tax"]["enabled"].is_true() or any(
        each[key].value for each in owners for key in _TAXED_OR_CHEAPER
    ):
        return None
    every = {(_recurring(item)["interval"].text(), _recurring(item)["interval_count"].whole() or 1) for item in items}
    costs = [_cost(item, money) for item in items]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) and len(every) == 1 else None


def _cost(item: Pick, money: Amounts) -> int | None:
    metered = _recurring(item)["usage_type"].value == "metered"
    unit = money.of(item["price"]["unit_amount"] if item["price"].value else item["plan"]["amount"])
    quantity = item["quantity"].whole()
    return None if metered or unit is None else unit * (1 if quantity is None else quantity)
