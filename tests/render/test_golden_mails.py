"""Mails as they were when somebody last looked at them. `UPDATE_GOLDEN=1 pytest tests/render` writes them anew."""

import os
from pathlib import Path

import pytest

from render import papers
from worker.core.alert import AlertKind
from worker.core.invoice import Invoice
from worker.core.transaction import Style
from worker.render.alerts import Alert, render_alert
from worker.render.environment import Stationery
from worker.render.letter import Rendered
from worker.render.receipts import render_receipt

GOLDEN = Path(__file__).with_name("golden")
EACH = {"EUR": 4900, "JPY": 5000, "KWD": 12500}


@pytest.mark.parametrize("currency", EACH)
@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize("style", [Style.INVOICE, Style.SIMPLE])
def test_receipt(stationery: Stationery, style: Style, locale: str, currency: str) -> None:
    document = papers.membership(currency, locale, EACH[currency])
    rendered = render_receipt(stationery, papers.BRAND, papers.receipt(document, style, locale))
    _same(f"receipt-{style}-{locale}-{currency}", rendered)


@pytest.mark.parametrize(
    ("name", "document"),
    [("two-things", papers.invoice(papers.sale())), ("credit-note", papers.refund()), ("provider", papers.provided())],
)
def test_other_documents(stationery: Stationery, name: str, document: Invoice) -> None:
    _same(name, render_receipt(stationery, papers.BRAND, papers.receipt(document)))


@pytest.mark.parametrize("kind", AlertKind)
def test_alert(stationery: Stationery, kind: AlertKind) -> None:
    alert = Alert(kind, 2, ("ada@example.com: 550 5.1.1 no such user", "grace@example.org: 451 try later"))
    _same(f"alert-{kind}", render_alert(stationery, papers.BRAND, alert))


def _same(name: str, rendered: Rendered) -> None:
    for ending, words in (("txt", f"Subject: {rendered.subject}\n\n{rendered.text}"), ("html", rendered.html)):
        file = GOLDEN / f"{name}.{ending}"
        if os.environ.get("UPDATE_GOLDEN"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(words, encoding="utf-8")
        assert words == file.read_text(encoding="utf-8"), f"{file.name} differs; look at it, then UPDATE_GOLDEN=1"
