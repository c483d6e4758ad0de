"""A transaction is one value: its JSON is read back, its fingerprint says whether two are the same."""

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from worker.core import acceptance, money
from worker.core.acceptance import Problem
from worker.core.instant import LATEST
from worker.core.invoice import INVOICE, DocumentKind, Invoice, Issue, Seller, draw_up
from worker.core.policy import Policy, ReceiptPolicy, is_invoiced_there, issuer_of, style_of
from worker.core.transaction import (
    Customer,
    ExternalInvoice,
    Issuer,
    Kind,
    Line,
    Style,
    Transaction,
    fingerprint,
    from_json,
    sum_of_lines,
    sums_match,
    to_json,
)

texts = st.none() | st.text(max_size=30)
refs = st.from_regex(r"[\x21-\x7e]{1,20}( [\x21-\x7e]{1,5})?", fullmatch=True)
small = st.integers(0, 10**6)
quantities = st.integers(1, 1000) | st.decimals("0.000001", 1000, places=6).map(lambda d: format(d, "f"))
lines = st.fixed_dictionaries(
    {
        "description": st.text(min_size=1, max_size=30),
        "quantity": quantities,
        "unit_amount": st.integers(-(10**6), 10**6),
    },
    optional={
        "product": refs,
        "discount_amount": small,
        "tax_rate": st.none() | st.decimals(0, 100, places=3).map(str),
        "tax_amount": st.integers(-1000, 1000),
        "tax_category": st.sampled_from([None, "S", "Z", "AE"]),
        "access_url": st.just("https://shop.example/a?b=c"),
    },
)
items = st.fixed_dictionaries(
    {
        "id": refs,
        "kind": st.sampled_from(["sale", "renewal", "refund"]),
        "occurred_at": st.integers(0, LATEST).map(lambda micros: f"{1970 + micros % 200}-01-02T03:04:05.678901+02:00"),
        "currency": st.sampled_from(sorted(money.EXPONENTS)),
        "total": st.integers(0, money.MAX_AMOUNT),
        "lines": st.lists(lines, max_size=4),
        "customer": st.fixed_dictionaries(
            {"email": st.sampled_from(["a@example.com", "B@bücher.example"])},
            optional={"name": texts, "company": texts, "ref": refs, "address": st.fixed_dictionaries({"city": texts})},
        ),
    },
    optional={
        "test": st.booleans(),
        "prices_include_tax": st.booleans(),
        "payment": st.fixed_dictionaries({"references": st.lists(refs, max_size=3)}),
        "receipt_style": st.sampled_from([None, "none", "simple"]),
    },
)


def read(item: object) -> Transaction | None:
    """Without the checks for tellers who can correct themselves: as a provider's is read."""
    try:
        return from_json(json.dumps(item))
    except ValidationError:
        return None


@given(items)
def test_what_was_read_is_read_back_and_is_the_same(item: dict[str, Any]) -> None:
    told = read(item)
    if told is None:  # a description of nothing but blanks
        assert any(not line["description"].strip() or not line["description"].isprintable() for line in item["lines"])
        return
    again = from_json(to_json(told))
    assert again == told
    assert to_json(again) == to_json(told)
    assert fingerprint(again) == fingerprint(told)
    assert fingerprint(from_json(json.dumps(dict(reversed(item.items()))))) == fingerprint(told)


@pytest.mark.parametrize("turning", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", ids=ascii)
def test_no_text_turns_the_direction_of_what_follows(turning: str) -> None:
    assert Line(f"{turning}song{turning}3pm.exe", Decimal(1), 100).description == "song3pm.exe"
    with pytest.raises(ValidationError):
        Line(turning, Decimal(1), 100)


def test_the_marks_that_scripts_and_emoji_need_stay() -> None:
    kept = "\u200fשיעור\u200e می\u200cخواهم 👩\u200d🎓"
    assert Line(kept, Decimal(1), 100).description == kept


@pytest.mark.parametrize("description", ["", " ", "\n", "\x00", "\x85", "\u2003"], ids=ascii)
def test_a_line_says_what_was_bought(description: str) -> None:
    with pytest.raises(ValidationError):
        Line(description, Decimal(1), 100)


@pytest.mark.parametrize(
    "quantity",
    [
        "0",
        "-1",
        "1.0000001",
        "1." + "0" * 30 + "1",
        "1e-7",
        "NaN",
        "Infinity",
        "1000000001",
        "x",
        "",
        1.5,
        True,
        None,
        [],
    ],
)
def test_what_is_no_quantity_is_refused(quantity: object) -> None:
    with pytest.raises(ValidationError):
        Line("Course", quantity, 100)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", ["-1", "100.1", "1." + "0" * 30 + "1", "x", 19.5, False, "sNaN", "Infinity"])
def test_what_is_no_rate_is_refused(rate: object) -> None:
    with pytest.raises(ValidationError):
        Line("Course", Decimal(1), 100, tax_rate=rate)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", ["0", "-0", "0.00", 0, "0E+5"])
def test_nothing_is_nothing_however_it_is_written(rate: object) -> None:
    assert Line("Course", Decimal(1), 100, tax_rate=rate) == Line("Course", Decimal(1), 100, tax_rate=Decimal(0))  # type: ignore[arg-type]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_no_json_value_raises(item: object) -> None:
    assert isinstance(acceptance.read(item), Transaction | tuple)


@given(items, st.data())
def test_no_odd_field_raises_and_each_problem_has_words(item: dict[str, Any], data: st.DataObject) -> None:
    field = data.draw(st.sampled_from([*item, "nonsense"]))
    found = acceptance.read(item | {field: data.draw(json_values)})
    if isinstance(found, tuple):
        assert found
        assert all(problem.reason and str(problem) for problem in found)


def test_a_depth_bomb_is_refused() -> None:
    bomb: object = {}
    for _ in range(100_000):
        bomb = [bomb]
    found = acceptance.read({"id": "T-1", "lines": bomb})
    assert isinstance(found, tuple)
    while bomb:  # or the interpreter would unwind it by recursion
        bomb = bomb[0]  # type: ignore[index]


def test_more_levels_than_a_transaction_can_have_are_refused() -> None:
    def nested(levels: int) -> object:
        return [] if levels == 1 else [nested(levels - 1)]

    assert "nested" not in str(acceptance.read({"id": "T-1", "lines": nested(acceptance.MAX_DEPTH - 1)}))
    assert acceptance.read({"id": "T-1", "lines": nested(acceptance.MAX_DEPTH)}) == (
        Problem("", "is nested more than 8 levels deep; a transaction has 4"),
    )


def test_a_huge_number_is_refused() -> None:
    assert isinstance(acceptance.read({"id": "T-1", "total": 10**5000}), tuple)


SALE: dict[str, Any] = {
    "id": "T-1",
    "kind": "sale",
    "occurred_at": "2026-11-22T18:48:00Z",
    "currency": "EUR",
    "total": 4900,
    "customer": {"email": "ada@example.com"},
    "lines": [{"description": "Course", "quantity": 1, "unit_amount": 4900}],
}
REFUND = SALE | {"kind": "refund", "refund_of": "T-0"}
CHANGE = {"id": "T-1", "kind": "customer_changed", "occurred_at": "2026-11-22T18:48:00Z", "customer": {"ref": "c"}}
PROBLEMS = [
    ([], "", "must be a JSON object"),
    (SALE | {"customer": {}}, "customer.email", "is required"),
    (SALE | {"customer": {"ref": "c"}}, "customer.email", "is required"),
    (SALE | {"currency": None}, "currency", "is required"),
    (SALE | {"total": None}, "total", "is required"),
    (SALE | {"lines": []}, "lines", "must hold at least one line"),
    (SALE | {"total": 4901}, "total", "is 4901, but the lines come to 4900"),
    (SALE | {"total": 49.0}, "total", "must be a whole number (amounts: in minor units, such as 5831 for 58.31)"),
    (SALE | {"refund_of": "T-0"}, "refund_of", "belongs to refunds only"),
    (SALE | {"ammount": 1}, "ammount", "is no field of a transaction"),
    (SALE | {"totals": 1}, "totals", "is no field of a transaction; did you mean 'total'?"),
    (SALE | {"currency": "eur"}, "currency", "must be an ISO 4217 currency in capitals, such as EUR"),
    (SALE | {"lines": [{"description": "x", "unit_amount": 1}]}, "lines[0].quantity", "is required"),
    (SALE | {"lines": [SALE["lines"][0] | {"access_url": "javascript:x"}]}, "lines[0].access_url", "must be a web"),
    (SALE | {"occurred_at": 5}, "occurred_at", "must be a date and time such as 2026-11-22T18:48:00Z"),
    (REFUND | {"refund_of": None}, "refund_of", "is required: the id of the sale that is refunded"),
    (CHANGE | {"customer": {}}, "customer.email", "is required"),
    (CHANGE | {"kind": "subscription_changed"}, "subscription", "is required"),
    (CHANGE | {"total": 1}, "total", "does not belong to customer_changed"),
    (CHANGE | {"lines": SALE["lines"]}, "lines", "does not belong to customer_changed"),
]


@pytest.mark.parametrize(
    ("item", "path", "reason"), PROBLEMS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_problem_names_its_field_and_says_what_to_write(item: object, path: str, reason: str) -> None:
    found = acceptance.read(item)
    assert isinstance(found, tuple)
    assert any(problem.path == path and problem.reason.startswith(reason) for problem in found), found
    assert str(Problem("", "x")) == "x"


@pytest.mark.parametrize("item", [SALE, REFUND, REFUND | {"lines": []}, REFUND | {"customer": {"ref": "c"}}, CHANGE])
def test_what_is_right_is_taken(item: object) -> None:
    assert isinstance(acceptance.read(item), Transaction)


def drawn(told: Transaction, issuer: Issuer = Issuer.US) -> Invoice:
    buyer = Customer(email="ada@example.com")
    return draw_up(told, Issue(issuer, "R-1" if issuer is Issuer.US else None, 1, "UTC", "en", Seller("Shop"), buyer))


@given(items)
@settings(max_examples=200)
def test_a_document_adds_up_as_its_transaction_does(item: dict[str, Any]) -> None:
    told = read(item)
    if told is None:
        return
    invoice = drawn(told)
    assert sum(line.gross for line in invoice.lines) == sum_of_lines(told)
    assert invoice.sums_differ == (not sums_match(told))
    assert sum(row.tax for row in invoice.taxes) == invoice.tax_total == sum(line.tax for line in invoice.lines)
    said = [line for line in invoice.lines if line.tax_rate is not None or line.tax_category is not None]
    assert sum(row.net for row in invoice.taxes) >= 0 or said or invoice.tax_total
    assert len({(row.rate, row.category) for row in invoice.taxes}) == len(invoice.taxes)
    for row in invoice.taxes:
        same = [each for each in invoice.lines if (each.tax_rate, each.tax_category) == (row.rate, row.category)]
        assert (row.net, row.tax) == (sum(each.net for each in same), sum(each.tax for each in same))
    assert [row.rate or 0 for row in invoice.taxes] == sorted((row.rate or 0 for row in invoice.taxes), reverse=True)
    assert INVOICE.validate_json(INVOICE.dump_json(invoice)) == invoice


def test_a_providers_document_has_the_providers_number_and_link() -> None:
    external = ExternalInvoice(number="P-1", url="https://pay.example/P-1")
    told = from_json(json.dumps(SALE | {"invoice": {"number": "P-1", "url": "https://pay.example/P-1"}}))
    assert told.invoice == external
    theirs, ours = drawn(told, Issuer.PROVIDER), drawn(told)
    assert (theirs.kind, theirs.number, theirs.external_url) == (DocumentKind.RECEIPT, "P-1", "https://pay.example/P-1")
    assert (ours.kind, ours.number, ours.external_url) == (DocumentKind.INVOICE, "R-1", None)
    assert theirs.net_total == 4900


def test_who_invoices() -> None:
    sale = from_json(json.dumps(SALE))
    numbered = from_json(json.dumps(SALE | {"invoice": {"number": "P-1"}}))
    ours = from_json(json.dumps(SALE | {"invoice": {"number": "P-1", "issuer": "us"}}))
    told = (sale, numbered, ours)
    usual = Policy(Seller("Shop"), usual_issuers={"paddle": Issuer.PROVIDER})
    assert [issuer_of(each, "paddle", usual) for each in told] == ["provider", "provider", "us"]
    assert [issuer_of(each, "stripe", usual) for each in told] == ["us", "provider", "us"]
    assert [is_invoiced_there(each, "paddle", usual) for each in told] == [True, True, True]
    assert [is_invoiced_there(each, "stripe", usual) for each in told] == [False, True, True]
    decided = dataclasses.replace(usual, issuers={"paddle": Issuer.US, "stripe": Issuer.PROVIDER})
    assert [issuer_of(each, "paddle", decided) for each in told] == ["us", "us", "us"]
    assert [issuer_of(each, "stripe", decided) for each in told] == ["provider", "provider", "us"]


def told_in(style: str | None, *products: str, kind: str = "sale") -> Transaction:
    lines = [SALE["lines"][0] | {"product": product} for product in products] or SALE["lines"]
    return from_json(json.dumps(SALE | {"receipt_style": style, "lines": lines, "kind": kind}))


@pytest.mark.parametrize(
    ("told", "style"),
    [
        (told_in(None), Style.SIMPLE),
        (told_in("invoice", "quiet"), Style.INVOICE),
        (told_in("none", "full"), Style.NONE),
        (told_in(None, "quiet"), Style.NONE),
        (told_in(None, "quiet", "full", "plain"), Style.INVOICE),
        (told_in(None, "quiet", "plain"), Style.SIMPLE),
        (told_in(None, "unknown"), Style.SIMPLE),
        (told_in("invoice", kind="renewal"), Style.NONE),
    ],
)
def test_the_style_is_the_transactions_then_its_products_then_the_accounts(told: Transaction, style: Style) -> None:
    products = {"quiet": Style.NONE, "plain": Style.SIMPLE, "full": Style.INVOICE}
    receipts = ReceiptPolicy(Style.SIMPLE, product_styles=products)
    assert style_of(told, receipts) is style
    if told.kind is Kind.RENEWAL:
        assert style_of(told, ReceiptPolicy(Style.SIMPLE, recurring=True)) is Style.INVOICE
    assert Policy(Seller("Shop")).receipts == ReceiptPolicy()


@pytest.mark.parametrize(
    "said",
    [
        '{"id": "T-1"}',
        ' {"id": "T-1", "kind": "sale", "total": 1e3, "surprise": [1.5, -0, null]}',
        '{"id": "T-\\ud83d", "kind": "sale", "occurred_at": "2026-11-22T18:48:00Z"}',
        '{"id": "Ä", "customer": {"name": "Ω\\u0000", "email": "a@b"}, "total": 123456789012345678901234567890}',
        "[]",
        '"T-1"',
        "17",
    ],
)
def test_a_line_is_read_as_its_value_is(said: str) -> None:
    assert acceptance.read_line(said.encode(), 0) == acceptance.read_at(json.loads(said), 0)


@given(items)
def test_a_line_that_is_a_transaction_is_read_as_its_value_is(item: dict[str, Any]) -> None:
    ahead = 10**18
    for ascii_only in (True, False):
        line = json.dumps(item, ensure_ascii=ascii_only).encode()
        assert acceptance.read_line(line, ahead) == acceptance.read_at(item, ahead)
