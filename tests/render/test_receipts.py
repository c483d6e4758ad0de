"""What a receipt says, what it never says, and what no name can make it do."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from render import papers
from render.reading import read
from worker.core import instant
from worker.core.transaction import Customer, ExternalInvoice, Issuer, Line, Style
from worker.render import plain
from worker.render.brand import Brand
from worker.render.environment import Stationery
from worker.render.letter import Rendered
from worker.render.receipts import Receipt, ReceiptLinks, render_receipt

NASTY = [
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)" x=\'',
    "ليلى حداد",
    "\u202eevil\u202c reversed",
    "👩🏽‍🚀 Ana María",
    "Maximiliana " * 41,
    "Refund waiting at evil.com click",
    "https://evil.com/steal",
    "{{ 7 * 7 }} {% raw %}",
    "%(amount)s %s %d",
    "javascript:alert(1)",
    "=?utf-8?q?Bcc=3A?=",
]


def _all(stationery: Stationery, brand: Brand = papers.BRAND) -> dict[str, Rendered]:
    receipts = {
        "invoice": papers.receipt(papers.invoice(papers.sale())),
        "simple": papers.receipt(papers.invoice(papers.sale()), Style.SIMPLE),
        "credit": papers.receipt(papers.refund()),
        "provider": papers.receipt(papers.provided()),
        **papers.odd(),
    }
    return {name: render_receipt(stationery, brand, receipt) for name, receipt in receipts.items()}


def _render(stationery: Stationery, receipt: Receipt) -> Rendered:
    return render_receipt(stationery, papers.BRAND, receipt)


def test_invoice_style_shows_everything_in_both_parts(stationery: Stationery) -> None:
    told = papers.sale(subscription=papers.subscription())
    rendered = _render(stationery, papers.receipt(papers.invoice(told)))
    said = (
        "Paid €83.30 on 22 November 2026|Invoice HP-1042|Visa ending in 4242|Letterpress for beginners|€49.00|"
        "2 × €13.00|discount −€5.00|tax 19% €3.99|€70.00|€13.30|Your next payment is €58.31 on 22 December 2026|"
        "Tax ID DE287654321|Holtenauer Straße 12|24103 Kiel|LS1 1AA|reply to this mail|hello@harbourandpine.example"
    )
    text, html = " ".join(rendered.text.split()), read(rendered.html).text
    assert [part for part in said.split("|") if part not in text] == []
    assert [part for part in said.split("|") if part not in html] == []
    assert rendered.subject == "Harbour & Pine: your receipt (€83.30)"


def test_invoice_style_has_both_links_and_the_access_button(stationery: Stationery) -> None:
    rendered = _render(stationery, papers.receipt(papers.invoice(papers.sale())))
    for url in (papers.LINKS.foot, papers.LINKS.document, "https://learn.example/letterpress"):
        assert url in read(rendered.html).links
        assert url in rendered.text.splitlines()


def test_simple_style_has_no_way_into_the_hub(stationery: Stationery) -> None:
    rendered = _render(stationery, papers.receipt(papers.invoice(papers.sale()), Style.SIMPLE))
    assert "shop.example" not in rendered.text + rendered.html
    assert "reply" not in (rendered.text + rendered.html).lower()
    assert "€83.30" in rendered.text
    assert "Linen notebook" in rendered.text
    assert "hello@harbourandpine.example" in rendered.text


def test_without_links_nothing_promises_them(stationery: Stationery) -> None:
    receipt = papers.receipt(papers.invoice(papers.sale()), links=ReceiptLinks(), reply_opens_hub=False)
    rendered = _render(stationery, receipt)
    assert "See your purchases" not in rendered.text + rendered.html
    assert "View or print" not in rendered.text + rendered.html
    assert "reply" not in rendered.text


def test_a_provider_s_invoice_is_never_ours(stationery: Stationery) -> None:
    rendered = _render(stationery, papers.receipt(papers.provided()))
    assert "https://pay.example/invoice/981" in read(rendered.html).links
    assert "INV-2026-00981" in rendered.text
    for part in (rendered.text, rendered.html):
        assert "DE287654321" not in part
        assert re.search(r"Invoice (number )?\w*-\d", part) is None
        assert "The invoice for it comes from the payment provider." in part.replace("\n", " ")


def test_where_nobody_is_known_to_invoice_nothing_says_that_the_provider_does(stationery: Stationery) -> None:
    ours = replace(papers.invoice(papers.sale(), issuer=Issuer.PROVIDER, number=None), invoiced_there=False)
    refund = replace(papers.refund(2000, Issuer.PROVIDER), invoiced_there=False)
    said = {
        "This confirms your payment; it is no invoice.": papers.receipt(ours),
        "This confirms your refund; it is no credit note.": papers.receipt(refund),
    }
    for sentence, receipt in said.items():
        rendered = _render(stationery, receipt)
        for part in (rendered.text, rendered.html):
            assert sentence in part.replace("\n", " ")
            assert "payment provider" not in part


def test_a_refund_names_what_it_credits(stationery: Stationery) -> None:
    rendered = _render(stationery, papers.receipt(papers.refund(2000)))
    assert rendered.subject == "Harbour & Pine: €20.00 refunded"
    assert "Refunded €20.00 on 25 November 2026" in rendered.text
    assert "This credits invoice HP-1042 of 22 November 2026 over €83.30." in rendered.text
    theirs = _render(stationery, papers.receipt(papers.refund(2000, Issuer.PROVIDER)))
    assert "This refunds your payment of €83.30 on 22 November 2026." in theirs.text


def test_a_sale_refunded_before_its_receipt_says_so(stationery: Stationery) -> None:
    part = _render(stationery, papers.receipt(papers.invoice(papers.sale(), refunded=3000)))
    full = _render(stationery, papers.receipt(papers.invoice(papers.sale(), refunded=8330)))
    assert "€30.00 of this payment has already been refunded." in part.text
    assert "This payment has already been refunded in full." in full.text


@pytest.mark.parametrize("style", [Style.INVOICE, Style.SIMPLE])
@pytest.mark.parametrize(
    ("total", "row"),
    [(8300, "Credit or adjustment −€0.30"), (8830, "Other items and adjustments €5.00"), (8330, None)],
)
def test_sums_that_differ_are_shown_as_told_and_say_by_how_much(
    stationery: Stationery, style: Style, total: int, row: str | None
) -> None:
    rendered = _render(stationery, papers.receipt(papers.invoice(papers.sale(total=total)), style))
    for words in (" ".join(rendered.text.split()), read(rendered.html).text):
        assert f"Total paid €{total / 100:.2f}" in words
        assert ("Subtotal" in words) == (row is None)
        assert ("adjustment" in words) == (row is not None)
        assert (row or "") in words
        assert words.find(row or "") < words.index("Total paid")


def test_lines_without_tax_that_fall_short_say_so_too(stationery: Stationery) -> None:
    told = papers.sale(total=2000, lines=papers.simple_lines(("Pro", "1", 3000)))
    text = " ".join(_render(stationery, papers.receipt(papers.invoice(told))).text.split())
    assert "Credit or adjustment −€10.00 Total paid €20.00" in text


def test_our_day_does_not_stand_beside_somebody_else_s_number(stationery: Stationery) -> None:
    external = ExternalInvoice(issuer=Issuer.PROVIDER, number="INV-981")
    late = {"issued_at": papers.SOLD + 3 * instant.DAY}
    theirs = papers.invoice(papers.sale(invoice=external), issuer=Issuer.PROVIDER, number=None, **late)
    ours = papers.invoice(papers.sale(), **late)
    assert "issued on 25 November 2026" in _render(stationery, papers.receipt(ours)).text
    text = _render(stationery, papers.receipt(theirs)).text
    assert "Paid €83.30 on 22 November 2026" in text
    assert "25 November" not in text


def test_a_bare_charge_has_one_line(stationery: Stationery) -> None:
    rendered = _render(stationery, papers.odd()["bare"])
    assert re.search(r"^Payment +€58\.31$", rendered.text, re.MULTILINE)


@pytest.mark.parametrize(
    ("category", "sentence"),
    [
        ("AE", "Reverse charge: the customer accounts for the VAT."),
        ("K", "Intra-community supply, exempt from VAT"),
        ("G", "Export, exempt from VAT."),
        ("E", "Exempt from tax."),
        ("O", "Not subject to tax."),
    ],
)
def test_no_tax_has_a_reason(stationery: Stationery, category: str, sentence: str) -> None:
    line = Line(
        description="Course",
        quantity=Decimal(1),
        unit_amount=4900,
        tax_rate=Decimal(0),
        tax_category=category,  # type: ignore[arg-type]
    )
    rendered = _render(stationery, papers.receipt(papers.invoice(papers.sale(lines=(line,), total=4900))))
    assert sentence in rendered.text.replace("\n", " ")
    assert sentence in read(rendered.html).text


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (
            {"payments_made": 2, "payments_total": 6},
            "Payment 2 of 6. The next one, €58.31, is due on 22 December",
        ),
        ({"payments_made": 6, "payments_total": 6}, "This was the last payment; nothing more will be charged."),
        ({"status": "trialing"}, "Your trial runs until 22 December 2026; the first payment then is €58.31."),
        ({"interval": "year"}, "Your next payment is €58.31 on 22 December 2026, then every year."),
        ({"interval_count": 3}, "Your next payment is €58.31 on 22 December 2026, then every 3 months."),
        ({"next_amount": None}, "Your next payment is due on 22 December 2026."),
        ({"cancel_at": papers.SOLD}, "Your subscription ends on 22 November 2026; nothing more will be charged."),
    ],
)
def test_the_next_payment_in_one_sentence(stationery: Stationery, plan: dict[str, object], sentence: str) -> None:
    told = papers.sale(subscription=papers.subscription(**plan))
    rendered = _render(stationery, papers.receipt(papers.invoice(told)))
    assert sentence in rendered.text.replace("\n", " ")


def test_the_day_is_the_merchant_s(stationery: Stationery) -> None:
    rendered = _render(stationery, papers.receipt(papers.invoice(papers.sale(), timezone="Pacific/Auckland")))
    assert "on 23 November 2026" in rendered.text


def test_a_test_says_so_everywhere(stationery: Stationery) -> None:
    for style in (Style.INVOICE, Style.SIMPLE):
        rendered = _render(stationery, papers.receipt(papers.invoice(papers.sale()), style, test=True))
        assert rendered.subject.startswith("[TEST] ")
        assert "TEST" in rendered.text.splitlines()[0]
        assert "No money moved" in read(rendered.html).text


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("style", [Style.INVOICE, Style.SIMPLE])
def test_no_name_becomes_markup_or_a_link(stationery: Stationery, style: Style, name: str) -> None:
    buyer = Customer(email="ada@example.com", name=name[:500], company=name[:500])
    plain_receipt = papers.receipt(papers.invoice(papers.sale()), style)
    rendered = _render(stationery, papers.receipt(papers.invoice(papers.sale(customer=buyer)), style))
    before, after = read(_render(stationery, plain_receipt).html), read(rendered.html)
    assert after.links == before.links
    assert set(after.tags) == set(before.tags)
    for part in (rendered.text, after.text):
        assert "evil.com" not in part
        assert "\u202e" not in part
    assert "\n" not in rendered.subject


@pytest.mark.parametrize("name", NASTY)
def test_a_product_s_name_is_only_words(stationery: Stationery, name: str) -> None:
    told = papers.sale(lines=papers.simple_lines((name[:500], "1", 8330)))
    rendered = _render(stationery, papers.receipt(papers.invoice(told)))
    assert "script" not in read(rendered.html).tags
    words = name[:500].replace("\u202e", "").replace("\u202c", "").split()  # nothing turns the direction around
    assert " ".join(words) in read(rendered.html).text
    assert "\u202e" not in rendered.html + rendered.text


def test_a_shop_s_name_with_quotes_and_amps(stationery: Stationery) -> None:
    brand = replace(papers.BRAND, name='Fish & "Chips" <Ltd>', logo=papers.logo())
    rendered = render_receipt(stationery, brand, papers.receipt(papers.invoice(papers.sale())))
    assert rendered.subject == 'Fish & "Chips" <Ltd>: your receipt (€83.30)'
    assert 'See your purchases at Fish & "Chips" <Ltd>' in read(rendered.html).text
    assert 'alt="Fish &amp; &#34;Chips&#34; &lt;Ltd&gt;"' in rendered.html


def test_nothing_is_loaded_from_outside(stationery: Stationery) -> None:
    brand = replace(papers.BRAND, logo=papers.logo())
    for rendered in _all(stationery, brand).values():
        seen = read(rendered.html)
        assert seen.loads == ["cid:logo@letterkey"]
        assert not any("url(" in style or "@import" in style for style in seen.styles)
        assert not {"script", "link", "iframe", "form", "object"} & set(seen.tags)


def test_both_parts_name_the_same_amounts(stationery: Stationery) -> None:
    for name, rendered in _all(stationery).items():
        amount = re.compile(r"[€¥￥][\d.,]*\d")
        assert set(amount.findall(read(rendered.html).text)) == set(amount.findall(rendered.text)), name


def test_text_keeps_to_72_columns_and_addresses_stand_alone(stationery: Stationery) -> None:
    for name, rendered in _all(stationery).items():
        for line in rendered.text.splitlines():
            assert plain.width(line) <= plain.WIDTH or line.startswith("https://"), (name, line)
            assert "https://" not in line or line.startswith("https://"), (name, line)
            assert line == line.rstrip()
        assert not re.search("[\u00a0\u202f\u200e\u200f]", rendered.text)
        assert "\n\n\n" not in rendered.text


def test_a_mail_is_small(stationery: Stationery) -> None:
    assert max(len(rendered.html.encode()) for rendered in _all(stationery).values()) < 25_000
    many = papers.simple_lines(*((f"Thing {number}", "1", 100) for number in range(500)))
    huge = _render(stationery, papers.receipt(papers.invoice(papers.sale(lines=many, total=50_000))))
    assert len(huge.html.encode()) < 60_000  # Gmail clips at 102 kB
    assert "and 440 more lines, shown in the document" in huge.text
    assert "and 440 more lines, shown in the document" in read(huge.html).text


def test_a_right_to_left_locale_keeps_its_amounts_whole(stationery: Stationery) -> None:
    rendered = _render(stationery, papers.receipt(papers.membership("KWD", "ar", 12500), locale="ar"))
    assert "14.875" in rendered.text
    assert "14.875" in rendered.html


def test_an_unknown_locale_is_english(stationery: Stationery) -> None:
    rendered = _render(stationery, papers.receipt(papers.invoice(papers.sale()), locale="tlh-QO"))
    assert "Paid €83.30 on 22 November 2026" in rendered.text
