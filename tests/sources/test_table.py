"""A table's rows as transactions: whose columns they are, what they hold, and which rows belong together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.transaction import Kind, Transaction, sums_match
from worker.sources.cells import Habits
from worker.sources.columns import FIELDS, Columns, recognise
from worker.sources.table import Nothing, Problem, Table, joined

CART = (
    "Date;Transaction type;Order ID;Invoice ID;Item name;Amount;Tax;Currency;Customer name;Customer email;"
    "Processor;Transaction ID"
).split(";")


def table(header: list[str], currency: str | None = None, **chosen: str) -> Table:
    columns = recognise(header, chosen)
    assert isinstance(columns, Columns), columns
    return Table(columns, Habits(), currency)


def told(header: list[str], row: list[str], **more: str) -> Transaction:
    found = table(header, **more).read(row)
    assert isinstance(found, Transaction), found
    return found


def cart(line: str) -> Transaction:
    return told(CART, line.split(";"))


def test_a_carts_order() -> None:
    order = cart(
        "2024-01-31 18:48:00;charge;3200022;000000141;Course;58.31;9.31;EUR;Ada L.;ada@example.com;stripe;ch_1"
    )
    assert (order.id, order.kind, order.total, order.currency) == ("3200022", Kind.SALE, 5831, "EUR")
    assert (order.customer.email, order.customer.name, order.invoice.number) == (
        "ada@example.com",
        "Ada L.",
        "000000141",
    )
    assert order.payment.references == ("ch_1", "thrivecart:3200022")
    assert (order.lines[0].description, order.lines[0].tax_amount, order.prices_include_tax) == ("Course", 931, True)
    assert sums_match(order)


def test_a_carts_recurring_payment_and_refund_have_the_ids_of_its_events() -> None:
    renewal = cart("2024-02-29;rebill;7;000000141-2;Course;58.31;;EUR;;ada@example.com;stripe;ch_2")
    assert (renewal.id, renewal.kind) == ("7:000000141-2", Kind.RENEWAL)
    unnamed = cart("2024-02-29;rebill;7;;Course;58.31;;EUR;;ada@example.com;stripe;ch_2")
    assert (unnamed.id, unnamed.kind) == ("7:1709164800", Kind.RENEWAL)
    refund = cart("2024-03-01;refund;7;000000141;Course;58.31;;EUR;;ada@example.com;stripe;re_1")
    assert (refund.kind, refund.total, refund.refund_of) == (Kind.REFUND, 5831, "7")
    negative = cart("2024-03-01;charge;7;000000141-2;Course;-58.31;;EUR;;ada@example.com;stripe;re_1")
    assert (negative.kind, negative.total, negative.refund_of) == (Kind.REFUND, 5831, "7:000000141-2")


def test_the_rows_of_an_order_are_its_lines() -> None:
    rows = [
        "2024-01-31;charge;7;1;Course;58.31;9.31;EUR;;ada@example.com;stripe;ch_1",
        "2024-01-31;charge;7;1;Bump;10.00;;EUR;;ada@example.com;stripe;ch_1",
        "2024-01-31;charge;8;2;Course;58.31;9.31;EUR;;bob@example.com;stripe;ch_2",
    ]
    found = list(joined((number, cart(row)) for number, row in enumerate(rows, 2)))
    assert [(line, each.id, each.total, len(each.lines)) for line, each in found] == [
        (2, "7", 6831, 2),
        (4, "8", 5831, 1),
    ]
    assert all(sums_match(each) for _, each in found)


@pytest.mark.parametrize(
    "header",
    [
        ["Datum", "Gesamtbetrag", "Währung", "E-Mail-Adresse", "Artikel", "Vorname", "Nachname"],
        ["Date de commande", "Montant", "Devise", "Courriel", "Produit", "Prénom", "Nom"],
        ["FECHA", "Importe", "moneda", "Correo electrónico", "Producto", "first_name", "last-name"],
    ],
)
def test_columns_are_known_in_several_languages(header: list[str]) -> None:
    sale = told(header, ["2024-01-31", "58,31", "EUR", "ada@example.com", "Course", "Ada", "Lovelace"])
    assert (sale.total, sale.currency, sale.customer.email) == (5831, "EUR", "ada@example.com")
    assert (sale.lines[0].description, sale.customer.name) == ("Course", "Ada Lovelace")


def test_the_merchants_word_for_a_column_wins() -> None:
    header = ["Date", "Net", "Amount", "Contact"]
    row = ["2024-01-31", "49.00", "58.31", "ada@example.com"]
    assert told(header, row, currency="EUR", email="Contact").total == 5831
    assert told(header, row, currency="EUR", email="contact", total="net").total == 4900


def test_what_is_missing_of_a_header_is_said_with_what_to_type() -> None:
    words = recognise(["When", "Amount", "Contact"], {})
    assert isinstance(words, str)
    assert "occurred_at and email" in words
    assert "When, Amount, Contact" in words
    assert "--column occurred_at=NAME" in words
    assert recognise(["Date"], {"email": "Contract"}) == "the table has no column 'Contract'"
    assert "did you mean 'Contact'" in str(recognise(["Contact"], {"email": "Contac"}))
    unused = recognise([*CART, "Affiliate"], {})
    assert isinstance(unused, Columns)
    assert unused.unknown == ("Affiliate",)


SIMPLE = ["date", "amount", "email", "id"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (["2024-01-31", "58.3x", "ada@example.com", "1"], "total: is no amount"),
        (["soon", "58.31", "ada@example.com", "1"], "occurred_at: is no date"),
        (["2024-01-31", "58.31", "", "1"], "email: is missing"),
        (["2024-01-31", "58.31", "no address", "1"], "email"),
        (["2024-01-31", "58.31"], "email: is missing"),
        (["2024-01-31"], "total: is no amount"),
        (["2024-01-31", "99999999999999", "ada@example.com", "1"], "total"),
        (["2024-01-31", "-58.31", "ada@example.com", ""], "refund_of: is not told"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_with_its_column(row: list[str], problem: str) -> None:
    found = table(SIMPLE, "EUR").read(row)
    assert isinstance(found, Problem)
    assert str(found).startswith(problem), str(found)


def test_a_currency_must_be_told_somewhere() -> None:
    row = ["2024-01-31", "58.31", "ada@example.com", "1"]
    assert "say --currency" in str(table(SIMPLE).read(row))
    assert told(SIMPLE, row, currency="EUR").currency == "EUR"


def test_a_row_without_an_id_is_known_by_its_content_and_its_place_among_equals() -> None:
    once, again = table(SIMPLE, "EUR"), table(SIMPLE, "EUR")
    row = ["2024-01-31", "58.31", "ada@example.com", ""]
    first, second, *others = [
        found.id for each in (once, once, again, again) if isinstance(found := each.read(row), Transaction)
    ]
    assert first != second
    assert others == [first, second]


def test_free_orders_and_cancellations_are_nothing() -> None:
    assert isinstance(table(SIMPLE, "EUR").read(["2024-01-31", "0", "ada@example.com", "1"]), Nothing)
    assert isinstance(
        table(CART).read("2024-01-31;cancelled;7;1;Course;58.31;;EUR;;a@b.example;stripe;".split(";")), Nothing
    )


def test_formulas_are_text_and_lose_the_apostrophe_of_exports() -> None:
    hostile = '=HYPERLINK("http://evil.example")'
    header = [*SIMPLE, "item name"]
    row = ["2024-01-31", "58.31", "ada@example.com", "1"]
    assert told(header, [*row, hostile], currency="EUR").lines[0].description == hostile
    assert told(header, [*row, "'" + hostile], currency="EUR").lines[0].description == hostile
    assert told(header, [*row, "'tis a course"], currency="EUR").lines[0].description == "'tis a course"


@given(st.lists(st.text(max_size=20), min_size=0, max_size=len(FIELDS)), st.permutations(FIELDS))
def test_whatever_a_row_holds_it_is_a_transaction_nothing_or_a_problem(row: list[str], order: list[str]) -> None:
    columns = Columns({field: place for place, field in enumerate(order)})
    assert isinstance(Table(columns, Habits(), "EUR").read(row), Transaction | Nothing | Problem)


@given(
    st.lists(
        st.sampled_from(["1", "2024-01-31", "58,31", "a@b.example", "refund", "rebill", "EUR", "\x00", "", "x-2"]),
        min_size=len(FIELDS),
        max_size=len(FIELDS),
    )
)
def test_whatever_is_read_adds_up(row: list[str]) -> None:
    columns = Columns({field: place for place, field in enumerate(FIELDS)})
    found = Table(columns, Habits(), "EUR").read(row)
    if isinstance(found, Transaction):
        assert sums_match(found)
