"""What ThriveCart's events tell, beyond what the golden readings show one by one."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sources.goldens import RECEIVED_AT, body_of, read
from worker.core.money import EXPONENTS
from worker.core.transaction import Issuer, Kind, Transaction, fingerprint, sums_match
from worker.sources import SOURCES
from worker.sources.event import Ignored, Reading, Told, Unreadable


def told(name: str, change: Callable[[Any], object] = lambda event: None) -> Transaction:
    return only(changed(name, change) if name.endswith(".json") else read("thrivecart", body_of("thrivecart", name)))


def only(reading: Reading) -> Transaction:
    assert isinstance(reading, Told), reading
    (transaction,) = reading.transactions
    return transaction


def changed(name: str, change: Callable[[Any], object]) -> Reading:
    event = json.loads(body_of("thrivecart", name))
    change(event)
    return read("thrivecart", json.dumps(event).encode())


def test_form_and_json_tell_the_same() -> None:
    assert fingerprint(told("order.success.form")) == fingerprint(told("order.success.json"))


def test_thrivecart_invoices_by_itself() -> None:
    assert SOURCES["thrivecart"].default_issuer is Issuer.PROVIDER
    assert told("order.success.form").invoice.number == "000001382"


def test_an_order_and_its_charge_at_stripe_share_a_reference() -> None:
    def pay_by_stripe(event: Any) -> None:
        event["transactions"] = {"product-12": "ch_3SVcharge"}

    charge = only(read("stripe", body_of("stripe", "charge.succeeded.json")))

    assert set(told("order.success.json", pay_by_stripe).payment.references) & set(charge.payment.references)


def test_the_products_number_is_no_reference_for_it_is_common_to_all_its_buyers() -> None:
    def another(event: Any) -> None:
        event["order_id"] = event["order"]["id"] = "23379999"
        event["transactions"] = {"product-12": "ch_3SVanother"}

    assert not set(told("order.success.json", another).payment.references) & set(
        told("order.success.json").payment.references
    )


def test_several_recurring_payments_have_several_ids() -> None:
    def later(event: Any) -> None:
        event["subscription"]["recurring_payment_idx"] = "3"

    first = told("order.subscription_payment.last_of_split.json")
    second = told("order.subscription_payment.last_of_split.json", later)

    assert first.id != second.id
    assert not {"thrivecart:" + first.id} & set(second.payment.references)


def test_a_refund_names_the_order_or_the_recurring_payment_it_gives_back() -> None:
    assert told("order.refund.form").refund_of == told("order.success.form").id
    assert told("order.refund.of_recurring_payment.json").refund_of == "41000556:000001382-1"


def test_several_refunds_of_one_order_have_several_ids() -> None:
    def later(event: Any) -> None:
        event["date_unix"] = "1795424999"

    one = told("order.refund.of_recurring_payment.json")
    assert one.id != told("order.refund.of_recurring_payment.json", later).id


@pytest.mark.parametrize(
    ("currency", "hundredths", "ours"), [("EUR", "1499", 1499), ("JPY", "150000", 1500), ("KWD", "1250", 12500)]
)
def test_amounts_are_hundredths_in_every_currency(currency: str, hundredths: str, ours: int) -> None:
    def pay(event: Any) -> None:
        event["currency"] = currency
        event["order"].update(total=hundredths, total_gross=hundredths)
        event["order"]["charges"][0].update(amount=hundredths, amount_gross=hundredths, original_amount=hundredths)

    order = told("order.success.json", pay)

    assert EXPONENTS[currency] in (0, 2, 3)
    assert (order.total, order.lines[0].unit_amount) == (ours, ours)
    assert sums_match(order)


def test_half_a_yen_is_unreadable() -> None:
    def pay(event: Any) -> None:
        event["currency"] = "JPY"
        event["order"]["charges"][0]["amount"] = "499750"

    reading = changed("order.success.json", pay)

    assert isinstance(reading, Unreadable)
    assert reading.field == "order.charges[0].amount"


@pytest.mark.parametrize(
    ("amount", "gross", "tax", "inclusive", "total"),
    [
        ("10000", "11900", "1900", False, 11900),
        ("11900", "11900", "1900", True, 11900),
        ("11900", "10000", "1900", True, 11900),
        ("10000", None, "0", False, 10000),
    ],
)
def test_the_numbers_say_where_the_tax_is(
    amount: str, gross: str | None, tax: str, inclusive: bool, total: int
) -> None:
    def charge(event: Any) -> None:
        event["order"].update(total=amount, total_gross=gross or amount)
        event["order"]["charges"][0].update(amount=amount, amount_gross=gross, tax_paid=tax, original_amount=None)

    order = told("order.success.json", charge)

    assert (order.prices_include_tax, order.total) == (inclusive, total)
    assert order.lines[0].tax_amount == int(tax)
    assert sums_match(order)


def test_a_price_before_tax_beside_one_with_it_is_no_discount() -> None:
    def charge(event: Any) -> None:
        event["order"].update(total="10000", total_gross="11900")
        event["order"]["charges"][0].update(
            amount="10000", amount_gross="11900", tax_paid="1900", original_amount="11900"
        )

    assert told("order.success.json", charge).lines[0].discount_amount == 0


@pytest.mark.parametrize(("total", "tax_amount", "sum_of_lines"), [("1190", 190, 1190), ("1000", 190, 1000)])
def test_the_tax_of_an_order_with_one_charge_is_that_charges(total: str, tax_amount: int, sum_of_lines: int) -> None:
    def single(event: Any) -> None:
        event["order"].update(tax="190", total=total, charges=[{"name": "Seeds", "reference": "5", "amount": "1000"}])

    order = told("order.success.order_tax.json", single)

    assert (order.total, order.lines[0].tax_amount) == (sum_of_lines, tax_amount)
    assert sums_match(order)


def test_tax_inside_several_charges_can_not_be_shared_out() -> None:
    order = told("order.success.order_tax.json", lambda event: event["order"].update(total="3000"))

    assert (order.total, [line.tax_amount for line in order.lines]) == (3000, [0, 0])


def test_a_total_that_the_charges_do_not_come_to_is_told_as_it_is() -> None:
    order = told("order.success.order_tax.json", lambda event: event["order"].update(total="4000", tax=None))

    assert order.total == 4000
    assert not sums_match(order)


def test_a_deferred_charge_is_not_paid_yet() -> None:
    def defer(event: Any) -> None:
        event["order"]["charges"].append({**event["order"]["charges"][0], "defer": "true"})

    assert len(told("order.success.json", defer).lines) == 1


def test_an_order_without_charges_is_bare() -> None:
    order = told("order.success.json", lambda event: event["order"].pop("charges"))

    assert (order.lines, order.total) == ((), 499700)


def test_without_any_time_it_happened_when_it_came() -> None:
    def timeless(event: Any) -> None:
        for key in ("order_timestamp",):
            event.pop(key)
        for key in ("date_unix", "date_iso8601"):
            event["order"].pop(key)

    assert told("order.success.json", timeless).occurred_at == RECEIVED_AT


def test_the_next_payment_may_be_told_as_a_date() -> None:
    def dated(event: Any) -> None:
        event["order"]["future_charges"][0].update(defer_date="null", frequency="fortnightly", frequency_days="14")

    subscription = told("order.success.json", dated).subscription

    assert subscription is not None
    assert (subscription.interval, subscription.interval_count) == ("day", 14)
    assert subscription.next_payment_at == 1826909280 * 1_000_000


def test_a_charge_that_names_no_thing_begins_no_subscription() -> None:
    order = told("order.success.json", lambda event: event["order"].update(future_charges=[{"amount": "5"}]))

    assert order.subscription is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda event: event.update(currency="XXL"), "currency"),
        (lambda event: event.update(currency="null"), "currency"),
        (lambda event: event.pop("event"), "event"),
        (lambda event: (event.pop("order_id"), event["order"].pop("id")), "order_id"),
        (lambda event: event.update(order_timestamp="not-a-time"), "order_timestamp"),
        (lambda event: event.update(order_timestamp="99999999999999"), "order_timestamp"),
        (lambda event: event["customer"].update(email="tove at example.com"), "customer.email"),
        (lambda event: event["order"]["charges"][0].update(amount="12,50"), "order.charges[0].amount"),
        (lambda event: event["order"].update(charges=[{"amount": "499700"}]), "order.charges[0].name"),
        (lambda event: event["order"]["charges"][0].update(quantity="1.5"), "order.charges[0].quantity"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(change: Callable[[Any], object], field: str) -> None:
    reading = changed("order.success.json", change)

    assert isinstance(reading, Unreadable)
    assert reading.field == field


def test_a_refund_of_nothing_is_ignored() -> None:
    def nothing(event: Any) -> None:
        event["refund"].update(amount="0", amount_gross="0")

    assert isinstance(changed("order.refund.of_recurring_payment.json", nothing), Ignored)


@pytest.mark.parametrize(
    "body",
    [
        b"event=order.success&order=5&order[total]=6&order_id=1&currency=EUR&customer[email]=a@example.com",
        b"event=order.success&order[charges][]=1&order[charges][][amount]=5&currency=EUR&order_id=1",
        b"event=order.success&order[[charges]]=1&]=2&[x]=3&currency=EUR&order_id=7",
        b"event=order.success&a[b][c][d][e][f][g][h][i][j][k]=1&currency=EUR&order_id=7",
        b"event=order.success&order[charges][999999999999999999][amount]=5&currency=EUR&order_id=7",
    ],
)
def test_a_crooked_form_is_read_or_said_to_be_unreadable(body: bytes) -> None:
    assert isinstance(read("thrivecart", body), Ignored | Unreadable)


def test_a_charge_without_a_name_is_called_as_in_the_purchase_map() -> None:
    order = told("order.success.json", lambda event: event["order"]["charges"][0].update(name="", label="null"))

    assert order.lines[0].description == "product-12"


def test_the_processors_ids_may_stand_in_a_plain_list() -> None:
    order = told("order.success.json", lambda event: event.update(transactions=["ch_1", "null", "ch_2"]))

    assert order.payment.references == ("ch_1", "ch_2", "thrivecart:41000556")


CHANGE = "order_rebill_cancelled.json"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("order.subscription_cancelled", "cancelled"),
        ("order.subscription_paused", "paused"),
        ("order.subscription_resumed", "active"),
        ("order_rebill_cancelled", "cancelled"),
        ("order_rebill_completed", "completed"),
        ("subscription_paused", "paused"),
        ("subscription_resumed", "active"),
    ],
)
def test_both_vocabularies_say_how_a_subscription_stands(name: str, status: str) -> None:
    change = told(CHANGE, lambda event: event.update(event=name))

    assert change.kind is Kind.SUBSCRIPTION_CHANGED
    assert change.subscription is not None
    assert change.subscription.status == status
    assert change.subscription.ref == "3200022:product-17"


@pytest.mark.parametrize("name", ["order.rebill_failed", "order_rebill_failed"])
def test_a_payment_that_failed_does_not_say_how_its_subscription_stands(name: str) -> None:
    failed = told(CHANGE, lambda event: event.update(event=name))

    assert failed.kind is Kind.PAYMENT_FAILED
    assert failed.subscription is not None
    assert failed.subscription.status is None


def test_a_change_speaks_of_the_subscription_that_its_payments_speak_of() -> None:
    paid, paused = told("order.subscription_payment.form"), told("order.subscription_paused.form")

    assert paid.subscription is not None
    assert paused.subscription is not None
    assert paid.subscription.ref == paused.subscription.ref


def test_a_second_pause_is_another_change() -> None:
    later = told(CHANGE, lambda event: event.update(date_unix="1796029201"))

    assert later.id != told(CHANGE).id
    assert told(CHANGE).test


def test_without_a_time_a_change_happened_when_it_came() -> None:
    assert told(CHANGE, lambda event: event.pop("date_unix")).occurred_at == RECEIVED_AT


def test_a_change_that_names_no_subscription_is_set_aside() -> None:
    reading = changed(CHANGE, lambda event: event.pop("subscription"))

    assert isinstance(reading, Unreadable)
    assert reading.field == "subscription.id"


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("order.success.json", "order_created.json"),
        ("order.subscription_payment.last_of_split.json", "order_rebill.last_of_split.json"),
    ],
)
def test_both_vocabularies_tell_one_thing(older: str, newer: str) -> None:
    assert told(older).id == told(newer).id
    assert fingerprint(told(older)) == fingerprint(told(newer))


@pytest.mark.parametrize("thing", ["product", "bump", "upsell", "downsell"])
def test_a_part_of_an_order_is_told_with_the_order(thing: str) -> None:
    reading = changed("order_payment_bump.json", lambda event: event.update(event=f"order_payment_{thing}"))

    assert reading == Ignored("order_created and order.success tell the whole order, this part of it too")


@pytest.mark.parametrize("name", ["order.refund", "order_refund", "order_refund_product", "order_refund_downsell"])
def test_a_refund_has_one_id_under_all_its_names(name: str) -> None:
    refund = told("order_refund_upsell.json", lambda event: event.update(event=name))

    assert (refund.id, refund.total, refund.refund_of) == ("41000556:refund:upsell-3:1325564399", 2500, "41000556")


def test_a_refund_may_name_its_thing_as_a_purchase() -> None:
    def as_purchase(event: Any) -> None:
        event["purchase"] = event.pop("refund") | {"id": None, "type": None}

    assert told("order_refund_upsell.json", as_purchase).id == told("order_refund_upsell.json").id
