"""Opens the stationery: templates are read, compiled and, where the merchant brings some, tried out.

Rules: whatever is wrong with a template stops the start with a message that names it, never a receipt at night.
"""

from decimal import Decimal
from pathlib import Path

from jinja2 import Template, TemplateError

from worker.core.alert import AlertKind
from worker.core.invoice import Credited, DocumentKind, Invoice, InvoiceLine, Seller, TaxRow
from worker.core.transaction import Address, Customer, Issuer, Payment, Style, Subscription
from worker.render.alerts import Alert, render_alert
from worker.render.brand import Brand
from worker.render.console.rehearsal import rehearse_console
from worker.render.forwards import ForwardMail, render_forward
from worker.render.pages import Occasion, notice_of, render_document, render_notice, render_stylesheet
from worker.render.receipts import Receipt, ReceiptLinks, render_receipt
from worker.render.rehearsal import rehearse
from worker.render.stationery import BadTemplate, Stationery, collect

__all__ = ["BadTemplate", "Stationery", "make_environment"]


def make_environment(override: Path | None = None, brand: Brand | None = None) -> Stationery:
    """The stationery with the merchant's folder `override` first, compiled for `brand`. Raises BadTemplate."""
    env, brand = collect(override), brand or Brand(name="Shop")
    env.compiled(brand, env.words("en"))
    if override is not None:
        _try_out(env, brand, override)
    return env


def _try_out(env: Stationery, brand: Brand, override: Path) -> None:
    """A misspelt variable shows only when a template is filled."""
    try:
        for kind in DocumentKind:
            document = _sample(kind)
            for style in (Style.INVOICE, Style.SIMPLE):
                render_receipt(env, brand, Receipt(document, style, ReceiptLinks("/", "/"), "en", True, True))
            render_document(env, brand, document)
        render_alert(env, brand, Alert(AlertKind.MAILS_FAILED, 1, ("ada@example.com",)))
        render_forward(env, brand, ForwardMail("ada@example.com", "access@example.org", "Hi", "Hello", 0, "words"))
        render_notice(env, brand, notice_of(env, Occasion.GONE))
        render_stylesheet(env, brand)
        rehearse(env, brand, _sample(DocumentKind.INVOICE))
        rehearse_console(env, brand)
    except (TemplateError, TypeError, ValueError) as error:
        raise BadTemplate(f"{_where(error, override)}: {error}") from None


def _where(error: Exception, override: Path) -> str:
    """The template and line in which it failed: the innermost frame that is a template's."""
    trace, where = error.__traceback__, str(override)
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template):
            where = f"{template.filename}, line {template.get_corresponding_lineno(trace.tb_lineno)}"
        trace = trace.tb_next
    return where


def _sample(kind: DocumentKind) -> Invoice:
    ours = kind in (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)
    gives_back = kind in (DocumentKind.CREDIT_NOTE, DocumentKind.REFUND_RECEIPT)
    address = Address(line1="1 High Street", city="Leeds", postal_code="LS1 1AA", country="GB")
    return Invoice(
        kind=kind,
        issuer=Issuer.US if ours else Issuer.PROVIDER,
        number="T-1",
        issued_at=0,
        supplied_at=0,
        timezone="UTC",
        locale="en",
        currency="EUR",
        total=119,
        seller=Seller("Shop", address, "DE1"),
        buyer=Customer(email="ada@example.com", name="Ada", address=address),
        lines=(InvoiceLine("Course", Decimal(1), 110, 10, 100, 19, Decimal(19), "S", "https://shop.example/"),),
        taxes=(TaxRow(Decimal(19), "S", 100, 19),),
        external_url=None if ours else "https://shop.example/",
        payment=Payment(method="card", brand="visa", last4="4242"),
        subscription=Subscription(ref="S-1", interval="month", next_payment_at=0, next_amount=119),
        credits=Credited("T-0", 0, 119) if gives_back else None,
        refunded=0 if gives_back else 19,
    )
