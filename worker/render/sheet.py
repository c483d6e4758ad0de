"""A document as words: everything of an invoice that a template shows, already said and formatted.

Rules: nothing is computed that the invoice doesn't say; where a provider's sums differ, what was told is shown and no
subtotal is made up; where somebody else invoices, nothing here claims to be an invoice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from worker.core.invoice import DocumentKind, Invoice, InvoiceLine, TaxRow
from worker.render import formats, parties, sentences
from worker.render.sentences import Headline
from worker.render.words import Words

MOST_LINES = 60
"""A mail beyond 102 kB is clipped by Gmail; the document shows every line."""


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One thing bought: what it is, how its amount comes about, and the amount."""

    description: str
    detail: str
    amount: str
    access_url: str | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """`quiet` is the row under the headline; `sums` are label and amount; `notes` are whole sentences."""

    title: str
    headline: Headline
    number: str | None
    quiet: tuple[str, ...]
    lines: tuple[SheetLine, ...]
    more_lines: int
    sums: tuple[tuple[str, str], ...]
    total_label: str
    total: str
    notes: tuple[str, ...]
    next_payment: str | None
    seller: tuple[str, ...]
    buyer: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    invoice_url: str | None


@dataclass(frozen=True, slots=True)
class Voice:
    """How it is said: the words, the locale of amounts and dates, and how a stranger's name is shown."""

    words: Words
    locale: str
    name: Callable[[str], str]
    most_lines: int = MOST_LINES


def sheet(invoice: Invoice, voice: Voice) -> Sheet:
    """The invoice in that voice."""
    say, locale = voice.words, voice.locale
    return Sheet(
        title=sentences.title(invoice, say),
        headline=sentences.headline(invoice, say, locale),
        number=sentences.number(invoice, say),
        quiet=sentences.quiet_row(invoice, say, locale),
        lines=_lines(invoice, voice),
        more_lines=max(0, len(invoice.lines) - voice.most_lines),
        sums=_sums(invoice, voice),
        total_label=sentences.total_label(invoice, say),
        total=formats.money(invoice.total, invoice.currency, locale),
        notes=sentences.notes(invoice, say, locale),
        next_payment=sentences.next_payment(invoice, say, locale),
        seller=parties.seller(invoice, locale),
        buyer=parties.buyer(invoice, locale, voice.name),
        facts=sentences.facts(invoice, say, locale),
        invoice_url=invoice.external_url,
    )


def _lines(invoice: Invoice, voice: Voice) -> tuple[SheetLine, ...]:
    if not invoice.lines:
        payment = voice.words.gettext("Payment") if not _gives_back(invoice) else voice.words.gettext("Refund")
        return (SheetLine(payment, "", formats.money(invoice.total, invoice.currency, voice.locale), None),)
    return tuple(_line(invoice, line, voice) for line in invoice.lines[: voice.most_lines])


def _line(invoice: Invoice, line: InvoiceLine, voice: Voice) -> SheetLine:
    amount = line.gross if invoice.prices_include_tax else line.net
    return SheetLine(
        description=line.description,
        detail=_detail(invoice, line, voice),
        amount=formats.money(amount, invoice.currency, voice.locale),
        access_url=line.access_url,
    )


def _detail(invoice: Invoice, line: InvoiceLine, voice: Voice) -> str:
    """How the amount comes about: `2 × €24.50 · discount −€5.00 · tax 19% €9.31`."""
    _, currency, locale = voice.words.gettext, invoice.currency, voice.locale
    parts = [f"{formats.number(line.quantity, locale)} × {formats.money(line.unit_amount, currency, locale)}"]
    if line.discount_amount:
        parts.append(_("discount −%(amount)s") % {"amount": formats.money(line.discount_amount, currency, locale)})
    if line.tax or line.tax_rate is not None:
        parts.append(_line_tax(line, invoice, voice))
    return " · ".join(parts)


def _line_tax(line: InvoiceLine, invoice: Invoice, voice: Voice) -> str:
    _ = voice.words.gettext
    amount = formats.money(line.tax, invoice.currency, voice.locale)
    if line.tax_rate is None:
        return _("tax %(amount)s") % {"amount": amount}
    return _("tax %(rate)s %(amount)s") % {"rate": formats.percent(line.tax_rate, voice.locale), "amount": amount}


def _sums(invoice: Invoice, voice: Voice) -> tuple[tuple[str, str], ...]:
    """Subtotal and tax by rate; with tax included in the prices only the tax, since the lines are already the total."""
    if not invoice.taxes:
        return ()
    taxes = tuple(_tax_row(row, invoice, voice) for row in invoice.taxes)
    if invoice.prices_include_tax or invoice.sums_differ:
        return taxes
    subtotal = formats.money(invoice.net_total, invoice.currency, voice.locale)
    return ((voice.words.gettext("Subtotal"), subtotal), *taxes)


def _tax_row(row: TaxRow, invoice: Invoice, voice: Voice) -> tuple[str, str]:
    _ = voice.words.gettext
    net = formats.money(row.net, invoice.currency, voice.locale)
    label = _("Includes tax %(rate)s on %(net)s") if invoice.prices_include_tax else _("Tax %(rate)s on %(net)s")
    rate = row.rate if row.rate is not None or row.tax else Decimal(0)
    said = "" if rate is None else formats.percent(rate, voice.locale)
    return " ".join((label % {"rate": said, "net": net}).split(" ")), formats.money(
        row.tax, invoice.currency, voice.locale
    )


def _gives_back(invoice: Invoice) -> bool:
    return invoice.kind in (DocumentKind.CREDIT_NOTE, DocumentKind.REFUND_RECEIPT)
