"""What Stripe's events tell, beyond what the golden readings show one by one."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sources.goldens import RECEIVED_AT, body_of, read
from worker.core.transaction import Kind, Transaction, fingerprint, sums_match
from worker.sources import GUIDES
from worker.sources.event import Ignored, Linked, Reading, Told, Unreadable


def told(name: str, change: Callable[[Any], object] = lambda event: None) -> Transaction:
    reading = changed(name, change)
    assert isinstance(reading, Told), reading
    (transaction,) = reading.transactions
    return transaction


def changed(name: str, change: Callable[[Any], object]) -> Reading:
    event = json.loads(body_of("stripe", name))
    change(event)
    return read("stripe", json.dumps(event).encode())


def of(key: str, value: object) -> Callable[[Any], object]:
    return lambda event: event["data"]["object"].__setitem__(key, value)


def test_two_event_types_for_one_invoice_tell_the_same() -> None:
    paid, succeeded = told("invoice.paid.json"), told("invoice.payment_succeeded.json")

    assert paid.id == succeeded.id
    assert fingerprint(paid) == fingerprint(succeeded)


def test_events_of_one_payment_share_a_reference_in_a_chain() -> None:
    session = told("checkout.session.completed.json").payment.references
    charge = told("charge.succeeded.json").payment.references
    assert set(session) & set(charge)

    subscription = told("checkout.session.completed.subscription.json").payment.references
    invoice = told("invoice.paid.json").payment.references
    joined = read("stripe", body_of("stripe", "invoice_payment.paid.json"))
    intent = read("stripe", body_of("stripe", "payment_intent.succeeded.json"))
    assert isinstance(joined, Linked)
    assert isinstance(intent, Linked)
    assert set(subscription) & set(invoice) & set(joined.references)
    assert set(joined.references) & set(intent.references)


def test_a_subscription_is_no_reference_for_it_is_common_to_all_its_payments() -> None:
    first, renewal = told("invoice.paid.json"), told("invoice.paid.renewal_seats_discount.json")

    assert first.subscription is not None
    assert renewal.subscription is not None
    assert first.subscription.ref == renewal.subscription.ref
    assert not set(first.payment.references) & set(renewal.payment.references)


def test_a_charge_is_bare() -> None:
    assert told("charge.succeeded.json").lines == ()


def test_a_charge_of_nothing_is_ignored() -> None:
    assert isinstance(changed("charge.succeeded.json", of("amount_captured", 0)), Ignored)


def test_a_charge_without_email_waits_with_its_customer_ref() -> None:
    charge, customer = told("charge.succeeded.no_email.json"), told("customer.updated.json")

    assert charge.customer.email is None
    assert charge.customer.ref == customer.customer.ref
    assert customer.kind is Kind.CUSTOMER_CHANGED
    assert customer.customer.email == "late@example.org"


def test_several_refunds_are_told_one_by_one_in_either_order() -> None:
    first, rest = told("charge.refunded.partial.json"), told("charge.refunded.rest.json")

    assert first.id != rest.id
    assert (first.total, rest.total) == (1500, 3400)
    assert first.refund_of == rest.refund_of
    assert first.refund_of in told("charge.succeeded.json").payment.references


def test_a_refund_does_not_pose_as_the_payment_it_gives_back() -> None:
    reading = read("stripe", body_of("stripe", "charge.refunded.partial.json"))

    assert isinstance(reading, Told)
    assert not set(reading.transactions[0].payment.references) & set(told("charge.succeeded.json").payment.references)
    assert set(reading.linked) == {"ch_3SVcharge", "pi_3SVsession"}


def test_a_refund_without_what_was_before_is_all_that_was_given_back() -> None:
    refund = told("charge.refunded.rest.json", lambda event: event["data"].pop("previous_attributes"))

    assert refund.total == 4900


def test_a_refund_that_gives_nothing_more_back_is_ignored() -> None:
    def same(event: Any) -> None:
        event["data"]["previous_attributes"]["amount_refunded"] = 1500

    assert isinstance(changed("charge.refunded.partial.json", same), Ignored)


@pytest.mark.parametrize(
    ("currency", "told_by_stripe", "ours"),
    [
        ("eur", 4900, 4900),
        ("jpy", 4900, 4900),
        ("kwd", 5120, 5120),
        ("isk", 500, 5),
        ("ugx", 500, 5),
        ("mga", 5, 500),
        ("huf", 4900, 4900),
        ("twd", 80000, 80000),
        ("EUR", 4900, 4900),
    ],
)
def test_amounts_are_exact_in_every_currency(currency: str, told_by_stripe: int, ours: int) -> None:
    def pay(event: Any) -> None:
        event["data"]["object"].update(currency=currency, amount=told_by_stripe, amount_captured=told_by_stripe)

    charge = told("charge.succeeded.json", pay)

    assert (charge.currency, charge.total) == (currency.upper(), ours)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (of("amount_paid", None), "data.object.amount_paid"),
        (of("amount_paid", "many"), "data.object.amount_paid"),
        (of("amount_paid", 58.315), "data.object.amount_paid"),
        (of("amount_paid", True), "data.object.amount_paid"),
        (of("amount_paid", 10**15), "data.object"),
        (of("currency", "eur0"), "data.object.currency"),
        (of("currency", None), "data.object.currency"),
        (of("id", None), "data.object.id"),
        (of("customer_email", "not an address"), "data.object.customer_email"),
        (of("lines", {"data": [{}]}), "data.object.lines.data[0].description"),
        (of("lines", {"data": [{"description": "x"}]}), "data.object.lines.data[0].amount"),
        (
            of("lines", {"data": [{"description": "x", "amount": 1, "quantity": 1.5}]}),
            "data.object.lines.data[0].quantity",
        ),
        (
            of("lines", {"data": [{"description": "x", "amount": 10**12, "quantity": 10**12}]}),
            "data.object.lines.data[0]",
        ),
        (of("lines", {"data": [{}] * 1001}), "data.object.lines.data"),
        (of("status_transitions", {"paid_at": 10**12}), "data.object.status_transitions.paid_at"),
        (lambda event: event.pop("type"), "type"),
        (lambda event: event.pop("data"), "data.object.currency"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(change: Callable[[Any], object], field: str) -> None:
    reading = changed("invoice.paid.json", change)

    assert isinstance(reading, Unreadable)
    assert reading.field == field
    assert reading.reason


def test_whole_numbers_may_come_in_quotes_or_with_a_point() -> None:
    assert told("invoice.paid.json", of("amount_paid", "5831")).total == 5831
    assert told("invoice.paid.json", of("amount_paid", 5831.0)).total == 5831


@pytest.mark.parametrize(
    ("due", "total"), [({"amount_due": 4831, "total": 5831}, 4831), ({"total": 5831}, 5831)], ids=["due", "total"]
)
def test_before_there_was_amount_paid_a_paid_invoice_says_it_otherwise(due: dict[str, int], total: int) -> None:
    def older(event: Any) -> None:
        invoice = event["data"]["object"]
        for key in ("amount_paid", "amount_due", "total"):
            invoice.pop(key, None)
        invoice.update(due, paid=True)

    assert told("invoice.paid.json", older).total == total


def test_what_is_due_is_not_what_was_paid_unless_the_invoice_says_paid() -> None:
    def unpaid(event: Any) -> None:
        del event["data"]["object"]["amount_paid"]
        event["data"]["object"].update(amount_due=5831, total=5831, paid=False)

    assert isinstance(changed("invoice.paid.json", unpaid), Unreadable)


def test_all_that_is_optional_may_be_missing() -> None:
    def strip(event: Any) -> None:
        kept = ("id", "amount_paid", "currency")
        event["data"]["object"] = {key: event["data"]["object"][key] for key in kept}
        del event["livemode"], event["created"]

    sale = told("invoice.paid.json", strip)

    assert (sale.id, sale.total, sale.lines, sale.test, sale.occurred_at) == (
        "in_1SVpaid",
        5831,
        (),
        False,
        RECEIVED_AT,
    )
    assert sale.customer.email is None


def test_details_of_no_use_are_left_out() -> None:
    def spoil(event: Any) -> None:
        event["data"]["object"].update(
            customer_name="x" * 600 + "\x00\ud800",
            customer_address={"country": "Germany", "line1": ["?"], "city": "Kiel"},
            customer_tax_ids="none",
            hosted_invoice_url="javascript:alert(1)",
            number={"no": 1},
            payments=[],
            customer_phone=17,
        )

    sale = told("invoice.paid.json", spoil)

    assert sale.customer.name == "x" * 500
    assert sale.customer.address is not None
    assert (sale.customer.address.country, sale.customer.address.line1, sale.customer.address.city) == (
        None,
        None,
        "Kiel",
    )
    assert (sale.customer.tax_id, sale.customer.phone) == (None, "17")
    assert (sale.invoice.number, sale.invoice.url) == (None, None)


def test_a_line_that_does_not_divide_says_how_many_in_words() -> None:
    (line,) = told(
        "invoice.paid.renewal_seats_discount.json", lambda event: _first_line(event).update(amount=6001)
    ).lines

    assert (line.description, int(line.quantity), line.unit_amount) == ("3 × Seat (at €20.00 / month)", 1, 6001)


def test_a_negative_discount_on_a_credit_is_a_higher_price() -> None:
    def credit(event: Any) -> None:
        _first_line(event).update(amount=-6000, discount_amounts=[{"amount": -600}], taxes=[])

    (line,) = told("invoice.paid.renewal_seats_discount.json", credit).lines

    assert (int(line.quantity), line.unit_amount, line.discount_amount) == (3, -1800, 0)
    assert line.amount(prices_include_tax=False) == -5400


def test_of_several_taxes_on_a_line_no_single_rate_is_shown() -> None:
    def two_taxes(event: Any) -> None:
        line = _first_line(event)
        line["taxes"] = [{**line["taxes"][0], "amount": 500}, {**line["taxes"][0], "amount": 431}]

    (line,) = told("invoice.paid.json", two_taxes).lines

    assert (line.tax_amount, line.tax_rate, line.tax_category) == (931, None, None)


def test_an_expanded_tax_rate_needs_no_lookup() -> None:
    def expand(event: Any) -> None:
        event["data"]["object"]["default_tax_rates"] = []
        _first_line(event)["taxes"][0]["tax_rate_details"]["tax_rate"] = {"id": "txr_1", "percentage": 7.7}

    (line,) = told("invoice.paid.json", expand).lines

    assert str(line.tax_rate) == "7.7"


def test_test_mode_is_marked() -> None:
    assert told("invoice.paid.json", lambda event: event.update(livemode=False)).test
    assert told("charge.succeeded.json", of("livemode", False)).test
    assert not told("invoice.paid.json").test


def test_what_joins_nothing_is_ignored() -> None:
    assert isinstance(changed("invoice_payment.paid.json", of("payment", None)), Ignored)


def test_only_what_goes_back_outside_of_stripe_is_told_by_its_credit_note() -> None:
    bank = told("credit_note.created.out_of_band.json")
    refunded = told("charge.refunded.partial.json")

    assert (bank.kind, bank.total, bank.refund_of) == (Kind.REFUND, 1500, "in_1SVpaid")
    assert bank.invoice.number == "ATLR-0042-CN-02"
    assert bank.id != refunded.id
    assert isinstance(changed("credit_note.created.refunded.json", lambda event: None), Ignored)


def test_before_2019_tax_and_discount_stood_with_the_invoice() -> None:
    def one_line(event: Any) -> None:
        invoice = event["data"]["object"]
        invoice["lines"]["data"] = invoice["lines"]["data"][:1]
        invoice.update(subtotal=2000, tax=300, total=1800, amount_paid=1800)

    (line,) = told("invoice.payment_succeeded.of_2017.json", one_line).lines

    assert (line.unit_amount, line.discount_amount, line.tax_amount, line.tax_rate) == (2000, 500, 300, Decimal(20))


def test_sums_of_the_whole_that_explain_nothing_are_left_out() -> None:
    def unexplained(event: Any) -> None:
        event["data"]["object"].update(discount=None, total=3100, amount_paid=3100)

    paid = told("invoice.payment_succeeded.of_2017.json", unexplained)

    assert [line.description for line in paid.lines] == ["Choir pass", "Sheet music"]
    assert not sums_match(paid)


def test_what_connect_asks_to_select_is_read() -> None:
    for name in GUIDES["stripe"].events:
        body = json.dumps({"id": "evt_1", "type": name, "data": {"object": {}}})
        assert not isinstance(read("stripe", body.encode()), Ignored) or name in NAMES_NOTHING


NAMES_NOTHING = {
    "invoice_payment.paid",
    "payment_intent.succeeded",
    "customer.source.expiring",
    "payment_method.attached",
    "payment_method.automatically_updated",
    "refund.failed",
}
"""What is empty joins nothing, ends nothing and failed nothing."""


def _first_line(event: Any) -> Any:
    return event["data"]["object"]["lines"]["data"][0]
