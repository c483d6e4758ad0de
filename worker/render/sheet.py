"""A document as words: everything of an invoice that a template shows, already said and formatted.

Rules: nothing is computed that the invoice doesn't say; where a provider's sums differ, what was told is shown, no
subtotal is made up, and a row of its own says how far the lines are from the total; where somebody else invoices,
nothing here claims to be an invoice.
"""

from dataclasses import dataclass
from decimal import Decimal

from worker.core.invoice import Invoice, InvoiceLine, TaxRow
from worker.render import formats, parties, sentences
from worker.render.sentences import Headline
from worker.render.voice import Voice


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One thing bought. `detail` is how its amount comes about, in one row; the other words are its parts."""

    description: str
    detail: str
    amount: str
    quantity: str = ""
    unit: str = ""
    discount: str = ""
    tax: str = ""
    access_url: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """`name` is what the document is called, with its own number; `quiet` is the row under the headline, `sums`
    are label and amount, `news` and `notes` are whole sentences."""

    headline: Headline
    quiet: tuple[str, ...]
    news: tuple[str, ...]
    lines: tuple[SheetLine, ...]
    more_lines: int
    sums: tuple[tuple[str, str], ...]
    total_label: str
    total: str
    notes: tuple[str, ...]
    next_payment: str | None
    seller: tuple[str, ...]
    buyer: tuple[str, ...]
    invoice_url: str | None
    name: str

    @property
    def has_parts(self) -> bool:
        """Whether any line says how its amount comes about."""
        return any(line.quantity for line in self.lines)

    @property
    def has_discount(self) -> bool:
        """Whether any line has a discount."""
        return any(line.discount for line in self.lines)

    @property
    def has_tax(self) -> bool:
        """Whether any line says its tax."""
        return any(line.tax for line in self.lines)

    @property
    def doors(self) -> int:
        """How many lines have something to open."""
        return sum(line.access_url is not None for line in self.lines)


def sheet(invoice: Invoice, voice: Voice) -> Sheet:
    """The invoice in that voice."""
    words, locale = voice.words, voice.locale
    return Sheet(
        headline=sentences.headline(invoice, words, locale),
        quiet=sentences.quiet_row(invoice, words, locale),
        news=sentences.news(invoice, words, locale),
        lines=_lines(invoice, voice),
        more_lines=max(0, len(invoice.lines) - voice.most_lines),
        sums=_sums(invoice, voice),
        total_label=sentences.total_label(invoice, words),
        total=voice.money(invoice.total, invoice.currency),
        notes=sentences.notes(invoice, words),
        next_payment=sentences.next_payment(invoice, words, locale),
        seller=parties.seller(invoice, voice),
        buyer=parties.buyer(invoice, voice),
        invoice_url=invoice.external_url,
        name=sentences.name(invoice, words),
    )


def _lines(invoice: Invoice, voice: Voice) -> tuple[SheetLine, ...]:
    if not invoice.lines:
        _ = voice.words.gettext
        bare = _("Refund") if sentences.gives_back(invoice) else _("Payment")
        return (SheetLine(bare, "", voice.money(invoice.total, invoice.currency)),)
    return tuple(_line(invoice, line, voice) for line in invoice.lines[: voice.most_lines])


def _line(invoice: Invoice, line: InvoiceLine, voice: Voice) -> SheetLine:
    quantity = formats.number(line.quantity, voice.locale)
    unit = voice.money(line.unit_amount, invoice.currency)
    discount = "−" + voice.money(line.discount_amount, invoice.currency) if line.discount_amount else ""
    tax = _tax(line, invoice, voice)
    return SheetLine(
        description=line.description,
        detail=_detail(voice, f"{quantity} × {unit}", discount, tax),
        amount=voice.money(line.gross if invoice.prices_include_tax else line.net, invoice.currency),
        quantity=quantity,
        unit=unit,
        discount=discount,
        tax=tax,
        access_url=line.access_url,
    )


def _detail(voice: Voice, count: str, discount: str, tax: str) -> str:
    """How the amount comes about: `2 × €24.50 · discount −€5.00 · tax 19% €9.31`."""
    _ = voice.words.gettext
    if discount:
        count += " · " + _("discount %(amount)s") % {"amount": discount}
    return count + (" · " + _("tax %(tax)s") % {"tax": tax} if tax else "")


def _tax(line: InvoiceLine, invoice: Invoice, voice: Voice) -> str:
    if line.tax_rate is None:
        return voice.money(line.tax, invoice.currency) if line.tax else ""
    return f"{formats.percent(line.tax_rate, voice.locale)} {voice.money(line.tax, invoice.currency)}"


def _sums(invoice: Invoice, voice: Voice) -> tuple[tuple[str, str], ...]:
    """Subtotal and tax by rate; with tax included in the prices only the tax, since the lines are already the total."""
    taxes = tuple(_tax_row(row, invoice, voice) for row in invoice.taxes)
    if invoice.sums_differ:
        return (*taxes, _difference(invoice, voice))
    if invoice.prices_include_tax or not taxes:
        return taxes
    return ((voice.words.gettext("Subtotal"), voice.money(invoice.net_total, invoice.currency)), *taxes)


def _difference(invoice: Invoice, voice: Voice) -> tuple[str, str]:
    """What the provider told no line of: lines left out, a balance that paid a part."""
    _ = voice.words.gettext
    amount = invoice.total - sum(line.gross for line in invoice.lines)
    said = voice.money(abs(amount), invoice.currency)
    return (_("Other items and adjustments"), said) if amount > 0 else (_("Credit or adjustment"), "−" + said)


def _tax_row(row: TaxRow, invoice: Invoice, voice: Voice) -> tuple[str, str]:
    _ = voice.words.gettext
    values = {"net": voice.money(row.net, invoice.currency)}
    tax = voice.money(row.tax, invoice.currency)
    if row.rate is None and row.tax:
        label = _("Includes tax on %(net)s") if invoice.prices_include_tax else _("Tax on %(net)s")
        return label % values, tax
    values["rate"] = formats.percent(row.rate or Decimal(0), voice.locale)
    label = _("Includes %(rate)s tax on %(net)s") if invoice.prices_include_tax else _("Tax %(rate)s on %(net)s")
    return label % values, tax
