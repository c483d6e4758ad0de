"""What PayPal's events tell, beyond what the golden readings show one by one."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.goldens import RECEIVED_AT, body_of, read
from worker.core.money import EXPONENTS
from worker.core.transaction import Issuer, Kind, Transaction, sums_match
from worker.sources import SOURCES
from worker.sources.event import Ignored, Reading, Told, Unreadable

CAPTURE, ORDER = "PAYMENT.CAPTURE.COMPLETED", "CHECKOUT.ORDER.COMPLETED"
SALE, ACTIVATED = "PAYMENT.SALE.COMPLETED.subscription", "BILLING.SUBSCRIPTION.ACTIVATED"


def changed(name: str, change: Callable[[Any], object] = lambda _: None) -> Reading:
    event = json.loads(body_of("paypal", f"{name}.json"))
    change(event)
    return read("paypal", json.dumps(event).encode())


def told(name: str, change: Callable[[Any], object] = lambda _: None) -> tuple[Transaction, ...]:
    reading = changed(name, change)
    assert isinstance(reading, Told), reading
    return reading.transactions


def only(name: str, change: Callable[[Any], object] = lambda _: None) -> Transaction:
    (transaction,) = told(name, change)
    return transaction


def of(**fields: object) -> Callable[[Any], None]:
    return lambda event: event["resource"].update(fields)


@given(minor=st.integers(1, 10**12), currency=st.sampled_from(sorted(EXPONENTS)), cut=st.booleans())
def test_amounts_of_every_currency_and_both_shapes_are_exact(minor: int, currency: str, cut: bool) -> None:
    exact = Decimal(minor).scaleb(-EXPONENTS[currency])
    value = f"{exact.normalize():f}" if cut else f"{exact:f}"  # 1000 yen, 1000.00 forints, 12.5 euros

    newer = only(CAPTURE, of(amount={"currency_code": currency, "value": value}))
    older = only(SALE, of(amount={"total": value, "currency": currency}))

    assert (newer.total, newer.currency) == (older.total, older.currency) == (minor, currency)


@pytest.mark.parametrize("value", ["58,31", "58.311", "1e3", "", "null", None, 58.31, True, "NaN", "-", "٥٨"])
def test_an_amount_that_is_none_is_set_aside_by_its_field(value: object) -> None:
    reading = changed(CAPTURE, of(amount={"currency_code": "EUR", "value": value}))

    if value == 58.31:
        assert isinstance(reading, Told)  # a number is read as it is written, without a binary float
    else:
        assert isinstance(reading, Unreadable)
        assert reading.field in ("resource.amount.value", "resource.amount.total")


def test_paypal_moves_money_and_we_invoice_but_for_what_was_invoiced_there() -> None:
    assert SOURCES["paypal"].default_issuer is Issuer.US
    assert (only(CAPTURE).invoice.number, only("INVOICING.INVOICE.PAID").invoice.number) == (None, "#123")


def test_an_invoice_is_the_payment_of_its_captures() -> None:
    capture = only(CAPTURE, of(supplementary_data={}, links=[]))

    assert set(capture.payment.references) <= set(only("INVOICING.INVOICE.PAID").payment.references)


def test_two_captures_of_one_order_are_two_payments() -> None:
    first, second = only(CAPTURE), only(CAPTURE, of(id="22A34567BC123456S"))

    assert set(first.payment.references) & set(second.payment.references) == set()
    assert first.customer.ref == second.customer.ref == "1AB234567A1234567"


def test_a_completed_order_is_the_payment_of_its_captures() -> None:
    order, capture = only(ORDER), only(CAPTURE)

    assert set(capture.payment.references) <= set(order.payment.references)
    assert (order.total, order.occurred_at) == (capture.total, capture.occurred_at)
    assert sums_match(order)


def test_a_capture_that_failed_is_no_part_of_an_order() -> None:
    def one_declined(event: Any) -> None:
        captures = event["resource"]["purchase_units"][0]["payments"]["captures"]
        captures.append({**captures[0], "id": "declined", "status": "DECLINED"})

    assert only(ORDER, one_declined).total == 5831


def test_a_subscriptions_sale_and_its_activation_are_one_payment() -> None:
    renewal, (first, _) = only(SALE), told(ACTIVATED)

    assert set(renewal.payment.references) & set(first.payment.references)
    assert (renewal.kind, first.kind) == (Kind.RENEWAL, Kind.SALE)


@pytest.mark.parametrize("minutes", [59, -59])
def test_though_their_times_differ_by_minutes(minutes: int) -> None:
    at = f"2026-11-22T{19 if minutes > 0 else 17}:{49 if minutes > 0 else 51}:00Z"
    renewal, (first, _) = only(SALE, of(create_time=at)), told(ACTIVATED)

    assert set(renewal.payment.references) & set(first.payment.references)


@pytest.mark.parametrize(
    "change",
    [
        of(create_time="2026-11-23T18:50:05Z"),
        of(amount={"total": "10.00", "currency": "EUR"}),
        of(billing_agreement_id="I-2"),
    ],
)
def test_another_payment_of_it_is_another(change: Callable[[Any], None]) -> None:
    renewal, (first, _) = only(SALE, change), told(ACTIVATED)

    assert not set(renewal.payment.references) & set(first.payment.references)


@pytest.mark.parametrize("name", ["ACTIVATED.again", "ACTIVATED.trial", "UPDATED", "RE-ACTIVATED"])
def test_only_a_beginning_tells_a_first_payment(name: str) -> None:
    assert only(f"BILLING.SUBSCRIPTION.{name}").kind is Kind.SUBSCRIPTION_CHANGED


def test_a_subscription_is_called_as_paypals_api_calls_it() -> None:
    plans = [each.subscription for each in (only(SALE), *told(ACTIVATED), *told("BILLING.SUBSCRIPTION.PAYMENT.FAILED"))]

    assert {plan.ref for plan in plans if plan is not None} == {"I-BW452GLLEP1G"}


@pytest.mark.parametrize(
    ("links", "test"),
    [
        ([{"href": "https://api.sandbox.paypal.com/v2/x", "rel": "self"}], True),
        ([{"href": "https://api-m.sandbox.paypal.com/v2/x", "rel": "self"}], True),
        ([{"href": "https://api.paypal.com/v2/sandbox.paypal.com", "rel": "self"}], False),
        ([{"href": "https://[::1", "rel": "self"}, {"href": 7}, "x", None], False),
        ("sandbox.paypal.com", False),
    ],
)
def test_the_sandbox_is_told_by_the_hosts_of_links(links: object, test: bool) -> None:
    sale = only(CAPTURE, lambda event: event.update(links=links, resource={**event["resource"], "links": []}))

    assert sale.test is test


@pytest.mark.parametrize("value", ["-12.00", "99999999999.00"])
def test_a_failed_payment_of_an_impossible_amount_is_set_aside(value: str) -> None:
    def impossible(event: Any) -> None:
        event["resource"]["billing_info"]["last_failed_payment"]["amount"]["value"] = value

    reading = changed("BILLING.SUBSCRIPTION.PAYMENT.FAILED", impossible)

    assert isinstance(reading, Unreadable)
    assert reading.field == "resource.billing_info.last_failed_payment"


def test_what_has_no_time_of_its_own_happened_when_it_came() -> None:
    def timeless(event: Any) -> None:
        del event["create_time"], event["resource"]["create_time"]

    assert only(CAPTURE, timeless).occurred_at == RECEIVED_AT


@pytest.mark.parametrize(
    "name", ["null", "PAYMENT.CAPTURE.RISEN", "INVOICING.INVOICE.SENT", "VAULT.PAYMENT-TOKEN.CREATED"]
)
def test_an_event_that_says_nothing_is_ignored(name: str) -> None:
    assert isinstance(changed(CAPTURE, lambda event: event.update(event_type=name)), Ignored)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"event_type": "\\ud800"}'])
def test_what_is_no_event_is_set_aside(body: bytes) -> None:
    assert isinstance(read("paypal", body), Unreadable | Ignored)


def test_names_in_another_encoding_are_set_aside_and_entities_shown_as_they_are() -> None:
    order = body_of("paypal", f"{ORDER}.json")
    latin = read("paypal", order.replace(b"Lovelace", b"L\xfcders"))

    assert isinstance(latin, Unreadable)
    assert only(ORDER, lambda event: event["resource"]["payer"]["name"].update(surname="B&ouml;ll")).customer.name == (
        "Ada B&ouml;ll"
    )


def test_steps_of_a_dispute_are_told_once_each() -> None:
    def announced(name: str, change: Callable[[Any], object] = lambda _: None) -> Any:
        reading = changed(f"CUSTOMER.DISPUTE.{name}", change)
        assert isinstance(reading, Told)
        (announcement,) = reading.announced
        return announcement

    opened, again = announced("CREATED"), announced("UPDATED", of(status="OPEN"))

    assert opened.id == again.id
    assert len({announced(name).id for name in ("CREATED", "UPDATED", "RESOLVED")}) == 3
    assert (announced("RESOLVED").due_at, announced("RESOLVED").reason) == (
        None,
        "merchandise or service not received, resolved buyer favour",
    )


def test_an_activation_long_after_a_payment_tells_no_first_one() -> None:
    later = of(update_time="2026-12-05T08:00:00Z", status_update_time="2026-12-05T08:00:00Z")

    assert [each.kind for each in told(ACTIVATED, later)] == [Kind.SUBSCRIPTION_CHANGED]
