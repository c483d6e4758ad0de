"""Which subscriptions are one, told by two sources."""

from support.desk import rich
from worker.core.plans import Telling
from worker.core.transaction import Subscription
from worker.core.twins import hidden, twins_of


def telling(source: str, ref: str, payment: str) -> Telling:
    return Telling(source, payment, rich(f"{source}-{ref}-{payment}", subscription=Subscription(ref=ref)))


def test_a_shared_payment_makes_two_sources_tell_of_one_subscription() -> None:
    told = [telling("cart", "C-1", "p1"), telling("stripe", "sub_1", "p1"), telling("stripe", "sub_2", "p2")]
    assert twins_of(told) == [frozenset({("cart", "C-1"), ("stripe", "sub_1")})]
    assert hidden([("stripe", "sub_1"), ("cart", "C-1"), ("stripe", "sub_2")], twins_of(told)) == {("cart", "C-1")}


def test_later_payments_of_either_belong_to_the_same() -> None:
    told = [telling("cart", "C-1", "p1"), telling("stripe", "sub_1", "p1"), telling("paypal", "I-1", "p2")]
    told += [telling("cart", "C-1", "p2")]
    assert twins_of(told) == [frozenset({("cart", "C-1"), ("stripe", "sub_1"), ("paypal", "I-1")})]


def test_two_things_bought_at_one_source_are_two() -> None:
    assert twins_of([telling("stripe", "sub_1", "p1"), telling("stripe", "sub_2", "p1")]) == []


def test_a_bundle_of_one_source_stays_whole() -> None:
    told = [telling("stripe", "sub_1", "p1"), telling("stripe", "sub_2", "p1"), telling("cart", "C-1", "p1")]
    names = [("stripe", "sub_1"), ("stripe", "sub_2"), ("cart", "C-1")]
    assert hidden(names, twins_of(told)) == {("cart", "C-1")}
