"""Pages that need no session: they load nothing from outside, run nothing, and say what to do next."""

import pytest

from render import papers
from render.reading import read
from worker.core.invoice import Invoice
from worker.render import pages
from worker.render.environment import Stationery


def _document(stationery: Stationery, document: Invoice) -> str:
    return pages.render_document(stationery, papers.BRAND, document)


def test_a_document_shows_every_detail(stationery: Stationery) -> None:
    seen = read(_document(stationery, papers.invoice(papers.sale())))
    said = (
        "Invoice HP-1042|Paid €83.30 on 22 November 2026|Visa ending in 4242|Harbour & Pine Studio GmbH|"
        "Tax ID DE287654321|Ada Lindqvist|Linen notebook|−€5.00|19% €3.99|€21.00|Tax 19% on €70.00|€13.30|€83.30"
    )
    assert [part for part in said.split("|") if part not in seen.text] == []


def test_a_document_shows_all_lines_of_a_long_sale(stationery: Stationery) -> None:
    many = papers.simple_lines(*((f"Thing no. {number};", "1", 100) for number in range(500)))
    text = read(_document(stationery, papers.invoice(papers.sale(lines=many, total=50_000)))).text
    assert all(f"Thing no. {number};" in text for number in range(500))


def test_a_provider_s_document_is_a_receipt(stationery: Stationery) -> None:
    seen = read(_document(stationery, papers.provided()))
    assert "Receipt" in seen.words
    assert "Invoice" not in seen.words
    assert "https://pay.example/invoice/981" in seen.links


def test_a_document_says_how_far_its_lines_are_from_its_total(stationery: Stationery) -> None:
    seen = read(_document(stationery, papers.invoice(papers.sale(total=8830))))
    assert "Other items and adjustments €5.00" in seen.text


def test_a_provider_s_document_has_the_day_of_the_payment_only(stationery: Stationery) -> None:
    ours = papers.invoice(papers.sale())
    assert "Date of issue" in read(_document(stationery, ours)).text
    theirs = read(_document(stationery, papers.provided())).text
    assert "Date of issue" not in theirs
    assert "Date of payment" in theirs


def test_pages_load_our_own_files_only_and_run_nothing(stationery: Stationery) -> None:
    for html in (
        _document(stationery, papers.invoice(papers.sale())),
        pages.render_notice(stationery, papers.BRAND, pages.notice_of(stationery, pages.Occasion.GONE)),
    ):
        seen = read(html)
        assert all(url.startswith("/static/") for url in seen.loads)
        assert "script" not in seen.tags
        assert seen.styles[1:] == []  # the title alone; a style attribute would need a weaker CSP


@pytest.mark.parametrize("occasion", pages.Occasion)
def test_every_notice_says_what_to_do(stationery: Stationery, occasion: pages.Occasion) -> None:
    notice = pages.notice_of(stationery, occasion)
    text = read(pages.render_notice(stationery, papers.BRAND, notice)).text
    assert notice.title in text
    assert notice.next_step is not None
    assert notice.next_step in text


def test_a_notice_escapes_and_has_one_button(stationery: Stationery) -> None:
    notice = pages.Notice("<b>No</b>", "a & b", action=("Go on", "/updateinfo/"))
    html = pages.render_notice(stationery, papers.BRAND, notice)
    assert "<b>" not in html
    assert '<a class="button" href="/updateinfo/">Go on</a>' in html


def test_the_style_sheet_has_the_merchant_s_colours_and_loads_nothing(stationery: Stationery) -> None:
    css = pages.render_stylesheet(stationery, papers.BRAND)
    assert "--fill: #1f5f4a;" in css
    assert "url(" not in css
    assert "@import" not in css
    assert "{{" not in css
