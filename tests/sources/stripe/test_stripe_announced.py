"""What Stripe announces: payments that are coming, cards that end, disputes, and refunds that came to nothing."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sources.goldens import body_of, read
from worker.core.announcement import Announcement, Matter
from worker.core.instant import DAY, SECOND, parse
from worker.sources.event import Ignored, Reading, Told, Unreadable

UPCOMING, OLDER = "invoice.upcoming.json", "invoice.upcoming.older_shape.json"
TRIAL = "customer.subscription.trial_will_end.json"
CARD, METHOD = "customer.source.expiring.json", "payment_method.attached.ends_soon.json"
DISPUTE = "charge.dispute.created.json"


def changed(name: str, change: Callable[[Any], object] = lambda told: None) -> Reading:
    event = json.loads(body_of("stripe", name))
    change(event["data"]["object"])
    return read("stripe", json.dumps(event).encode())


def announced(name: str, change: Callable[[Any], object] = lambda told: None) -> Announcement:
    reading = changed(name, change)
    assert isinstance(reading, Told), reading
    (announcement,) = reading.announced
    return announcement


def of(**fields: object) -> Callable[[Any], object]:
    return lambda told: told.update(fields)


@pytest.mark.parametrize("name", [UPCOMING, OLDER])
@pytest.mark.parametrize(
    "change", [of(amount_due=0), of(amount_due=-500), of(collection_method="send_invoice"), of(billing="send_invoice")]
)
def test_where_nothing_will_be_taken_nothing_is_announced(name: str, change: Callable[[Any], object]) -> None:
    assert isinstance(changed(name, change), Ignored)


def test_a_trials_end_and_the_upcoming_invoice_announce_one_payment() -> None:
    trial = announced(TRIAL)
    assert trial.due_at is not None

    invoice = announced(UPCOMING, of(period_end=trial.due_at // SECOND, parent=_of_subscription("sub_1SVsub")))

    assert invoice.id == trial.id
    assert invoice.matter is trial.matter is Matter.UPCOMING_PAYMENT
    assert invoice.subscription == trial.subscription == "sub_1SVsub"


def _of_subscription(ref: str) -> dict[str, object]:
    return {"type": "subscription_details", "subscription_details": {"subscription": ref}}


@pytest.mark.parametrize(
    "change",
    [
        of(cancel_at_period_end=True, cancel_at=1796582880),
        of(cancel_at=1796582880),
        of(status="active"),
        of(pause_collection={"behavior": "void", "resumes_at": None}),
        of(trial_end=None),
    ],
)
def test_a_trial_that_leads_to_no_payment_announces_none(change: Callable[[Any], object]) -> None:
    reading = changed(TRIAL, change)

    assert isinstance(reading, Told)
    assert (len(reading.transactions), reading.announced) == (1, ())


def test_the_next_payment_is_another_one() -> None:
    assert announced(UPCOMING).id != announced(UPCOMING, of(period_end=1797965280 + 31 * 86_400)).id


def test_a_payment_without_a_subscription_is_its_customers() -> None:
    upcoming = announced(UPCOMING, of(parent=None, period_end=None, next_payment_attempt=None, due_date=1797965280))
    assert (upcoming.id, upcoming.subscription) == ("cus_TbAda:upcoming:1797965280", None)
    assert upcoming.due_at == 1797965280 * SECOND


@pytest.mark.parametrize("change", [of(amount_due=None), of(currency=None), of(period_end="soon")])
def test_what_is_wrong_with_an_upcoming_invoice_is_said(change: Callable[[Any], object]) -> None:
    assert isinstance(changed(UPCOMING, change), Unreadable)


def test_a_card_ends_with_the_last_day_of_its_month() -> None:
    assert announced(CARD).due_at == parse("2026-12-01T00:00:00Z")
    assert announced(CARD, of(exp_month=12)).due_at == parse("2027-01-01T00:00:00Z")
    assert announced("customer.source.expiring.source.json").due_at == parse("2027-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "change", [of(exp_month=13), of(exp_year=None), of(exp_year=26), of(object="bank_account", exp_month=None)]
)
def test_what_has_no_month_does_not_end(change: Callable[[Any], object]) -> None:
    assert isinstance(changed(CARD, change), Ignored)


@pytest.mark.parametrize(
    ("month", "year", "soon"),
    [(10, 2026, False), (11, 2026, True), (12, 2026, True), (1, 2027, False), (4, 2031, False)],
)
def test_only_a_card_that_ends_soon_is_warned_of(month: int, year: int, soon: bool) -> None:
    reading = changed(METHOD, lambda method: method["card"].update(exp_month=month, exp_year=year))
    assert isinstance(reading, Told if soon else Ignored)


def test_a_method_of_nobody_is_no_card_of_a_customer() -> None:
    assert isinstance(changed(METHOD, of(customer=None)), Ignored)


def test_a_renewals_charge_warns_of_its_card_under_the_same_id() -> None:
    def ends_in_december(charge: Any) -> None:
        charge["payment_method_details"]["card"].update(exp_month=12, exp_year=2026)

    assert announced("charge.succeeded.renewal.json", ends_in_december).id == announced(METHOD).id

    def once(charge: Any) -> None:
        ends_in_december(charge)
        charge["description"] = "Course"

    sale = changed("charge.succeeded.renewal.json", once)
    assert isinstance(sale, Told)
    assert sale.announced == ()


def test_a_dispute_is_told_once_for_each_of_its_states() -> None:
    names = (DISPUTE, "charge.dispute.updated.json", "charge.dispute.closed.json")
    assert len({announced(name).id for name in names}) == 3
    assert announced("charge.dispute.updated.json", of(status="needs_response")).id == announced(DISPUTE).id
    assert announced(DISPUTE).matter is Matter.DISPUTE


def test_a_dispute_must_be_answered_by_a_day_and_names_its_payment() -> None:
    dispute = announced(DISPUTE)
    assert dispute.due_at is not None
    assert 9 * DAY < dispute.due_at - dispute.occurred_at < 10 * DAY
    assert dispute.payment == "pi_3SVsession"
    assert announced(DISPUTE, of(payment_intent=None)).payment == "ch_3SVcharge"


@pytest.mark.parametrize(("currency", "ours"), [("jpy", 4900), ("kwd", 4900), ("isk", 49), ("mga", 490000)])
def test_what_is_announced_is_exact_in_every_currency(currency: str, ours: int) -> None:
    for name, field in ((DISPUTE, "amount"), (UPCOMING, "amount_due"), ("refund.failed.json", "amount")):
        announcement = announced(name, of(currency=currency, **{field: 4900}))
        assert (announcement.currency, announcement.amount) == (currency.upper(), ours)


@pytest.mark.parametrize("change", [of(id=None), of(status=None), of(amount="much"), of(currency="points")])
def test_what_is_wrong_with_a_dispute_is_said(change: Callable[[Any], object]) -> None:
    assert isinstance(changed(DISPUTE, change), Unreadable)


def test_a_refund_that_failed_is_told_once_by_either_of_its_events() -> None:
    failed, updated = announced("refund.failed.json"), announced("charge.refund.updated.failed.json")

    assert failed.id == updated.id
    assert (failed.matter, failed.amount, failed.reason) == (Matter.REFUND_FAILED, 1500, "lost or stolen card")
    assert announced("refund.created.json", of(status="canceled")).reason == "canceled"


@pytest.mark.parametrize("status", ["pending", "requires_action", "succeeded", None])
def test_a_refund_that_goes_well_is_told_by_its_charge(status: str | None) -> None:
    assert isinstance(changed("refund.created.json", of(status=status)), Ignored)


def test_a_payment_that_failed_says_where_to_pay_and_when_it_is_tried_again() -> None:
    for name in ("invoice.payment_failed.json", "invoice.payment_failed.older_shape.json"):
        again, given_up = _failed(name), _failed(name, next_payment_attempt=None)
        assert again[0] == given_up[0] is not None
        assert again[1:] != given_up[1:] == (None, None)
    assert _failed("invoice.payment_failed.json", amount_remaining=None, amount_due=100)[2] == 100
    assert _failed("invoice.payment_failed.json", amount_remaining=-5)[2] is None
    assert _failed("invoice.payment_failed.json", hosted_invoice_url="http://invoice.stripe.example/i")[0] is None


def _failed(name: str, **fields: object) -> tuple[str | None, int | None, int | None]:
    reading = changed(name, of(**fields))
    assert isinstance(reading, Told)
    (told,) = reading.transactions
    assert told.subscription is not None
    return told.invoice.url, told.subscription.next_payment_at, told.subscription.next_amount
