"""The merchant's own templates: used where they are good, and stopping the start where they are not."""

from pathlib import Path

import pytest

from render import papers
from worker import shipped
from worker.render.environment import BadTemplate, make_environment
from worker.render.receipts import render_receipt


def _own(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return folder


def test_an_own_template_takes_the_place_of_ours(tmp_path: Path) -> None:
    own = _own(tmp_path, "mail/receipt_invoice/subject.txt", "Danke! {{ sheet.total }}\n")
    rendered = render_receipt(make_environment(own), papers.BRAND, papers.receipt(papers.invoice(papers.sale())))
    assert rendered.subject == "Danke! €83.30"
    assert "Paid €83.30" in rendered.text


def test_own_styles_reach_every_element(tmp_path: Path) -> None:
    ours = shipped.path("templates", "mail", "styles.html").read_text()
    own = _own(tmp_path, "mail/styles.html", ours.replace("font-size:36px", "font-size:48px"))
    rendered = render_receipt(make_environment(own), papers.BRAND, papers.receipt(papers.invoice(papers.sale())))
    assert "font-size:48px" in rendered.html


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("mail/alert/body.txt", "line one\n{% if %}\n", r"alert/body\.txt, line 2: Expected an expression"),
        ("mail/alert/body.html", "{% frobnicate %}", r"alert/body\.html, line 1: Encountered unknown tag"),
        ("mail/alert/body.html", "{{ s.lable }}", r"alert/body\.html: there is no s\.lable"),
        ("mail/alert/body.html", "{{ x | frob }}", r"alert/body\.html, line 1: No filter named 'frob'"),
        ("mail/recipt_invoice/body.html", "x", r"the nearest is mail/receipt_invoice/body\.html"),
        (
            "mail/receipt_invoice/subject.txt",
            "{{ total }}",
            r"receipt_invoice/subject\.txt, line 1: 'total'",
        ),
        ("pages/document.html", "{{ sheet.sum }}", r"pages/document\.html, line 1: .*no attribute 'sum'"),
    ],
)
def test_a_bad_template_stops_the_start(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(BadTemplate, match=message):
        make_environment(_own(tmp_path, name, text))


def test_a_template_that_is_no_text_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "notice.html").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadTemplate, match="not written in UTF-8"):
        make_environment(tmp_path)


def test_a_missing_folder_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadTemplate, match="no folder"):
        make_environment(tmp_path / "nowhere")
