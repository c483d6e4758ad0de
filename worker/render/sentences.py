"""What a document says in words: its name, its headline, the next payment, and the notes the law asks for."""

from collections.abc import Iterator
from dataclasses import dataclass

from worker.core.cancelling import ends_next
from worker.core.entry import Entry
from worker.core.invoice import DocumentKind, Invoice
from worker.core.transaction import Issuer, Payment, Subscription
from worker.render import formats
from worker.render.words import Words

_BRANDS = {
    "visa": "Visa",
    "mastercard": "Mastercard",
    "amex": "American Express",
    "american_express": "American Express",
    "discover": "Discover",
    "diners": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
    "cartes_bancaires": "CB",
    "paypal": "PayPal",
    "klarna": "Klarna",
    "ideal": "iDEAL",
    "bancontact": "Bancontact",
    "eps": "EPS",
    "blik": "BLIK",
    "apple_pay": "Apple Pay",
    "google_pay": "Google Pay",
    "amazon_pay": "Amazon Pay",
    "link": "Link",
}
"""Proper names: they are the same in every language."""


@dataclass(frozen=True, slots=True)
class Headline:
    """One sentence, taken apart where its amount stands, so that the amount can be the largest thing on the page."""

    before: str
    amount: str
    after: str

    @property
    def text(self) -> str:
        """The whole sentence."""
        return f"{self.before}{self.amount}{self.after}"


def name(invoice: Invoice, words: Words) -> str:
    """What the document is called: `Invoice HP-1042`, and `Receipt` where the number is somebody else's."""
    _ = words.gettext
    if is_invoice(invoice):
        bare = _("Invoice") if invoice.kind is DocumentKind.INVOICE else _("Credit note")
        return number(invoice, words) or bare
    return _("Refund") if gives_back(invoice) else _("Receipt")


def headline(invoice: Invoice, words: Words, locale: str) -> Headline:
    """`Paid €58.31 on 22 November 2026`."""
    _ = words.gettext
    if gives_back(invoice):
        sentence = _("Refunded %(amount)s on %(date)s")
    elif invoice.total == 0:
        sentence = _("Nothing to pay %(amount)s on %(date)s")
    else:
        sentence = _("Paid %(amount)s on %(date)s")
    date = formats.day(invoice.supplied_at, invoice.timezone, locale)
    before, _found, after = (sentence % {"amount": "\0", "date": date}).partition("\0")
    return Headline(before, formats.money(invoice.total, invoice.currency, locale), after)


def gives_back(document: Invoice | Entry) -> bool:
    """Whether money went back to the customer."""
    return document.kind in (DocumentKind.CREDIT_NOTE, DocumentKind.REFUND_RECEIPT)


def is_invoice(invoice: Invoice) -> bool:
    """Whether the document is one for the tax office: an invoice or credit note of the merchant's own."""
    return invoice.kind in (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)


def number(invoice: Invoice | Entry, words: Words) -> str | None:
    """`Invoice HP-1042`; a provider's number says whose it is."""
    _ = words.gettext
    if invoice.number is None:
        return None
    match invoice.kind:
        case DocumentKind.INVOICE:
            return _("Invoice %(number)s") % {"number": invoice.number}
        case DocumentKind.CREDIT_NOTE:
            return _("Credit note %(number)s") % {"number": invoice.number}
        case _:
            return _("Payment provider’s no. %(number)s") % {"number": invoice.number}


def quiet_row(invoice: Invoice, words: Words, locale: str) -> tuple[str, ...]:
    """The row under the headline: number, method, and our day of issue where it is another than that of payment.

    Beside somebody else's number our day would read as the day of their invoice.
    """
    _ = words.gettext
    issued = formats.day(invoice.issued_at, invoice.timezone, locale)
    same = issued == formats.day(invoice.supplied_at, invoice.timezone, locale)
    parts = (
        number(invoice, words),
        None if same or not is_invoice(invoice) else _("issued on %(date)s") % {"date": issued},
        method(invoice.payment, words),
    )
    return tuple(part for part in parts if part)


def method(payment: Payment, words: Words) -> str | None:
    """`Visa ending in 4242`, `PayPal`, `Bank transfer`."""
    _ = words.gettext
    name = _method_name(payment.brand or payment.method, words)
    if name and payment.last4:
        return _("%(method)s ending in %(digits)s") % {"method": name, "digits": payment.last4}
    return name


def _method_name(name: str | None, words: Words) -> str | None:
    _ = words.gettext
    key = (name or "").lower().replace(" ", "_")
    said = {
        "card": _("Card"),
        "credit_card": _("Card"),
        "sepa_debit": _("SEPA direct debit"),
        "bank_transfer": _("Bank transfer"),
        "customer_balance": _("Bank transfer"),
        "invoice": _("On account"),
        "cash": _("Cash"),
    }
    return _BRANDS.get(key) or said.get(key) or (name or "").replace("_", " ").strip() or None


def total_label(invoice: Invoice, words: Words) -> str:
    """What stands before the total."""
    return words.gettext("Total refunded") if gives_back(invoice) else words.gettext("Total paid")


def facts(invoice: Invoice, words: Words, locale: str) -> tuple[tuple[str, str], ...]:
    """The head of the document's page, label and value."""
    _ = words.gettext
    issued = formats.day(invoice.issued_at, invoice.timezone, locale)
    moved = formats.day(invoice.supplied_at, invoice.timezone, locale)
    own = is_invoice(invoice)
    rows = (
        (_("Payment provider’s no."), None if own else invoice.number),
        (_("Date of issue"), issued if own else None),
        (_("Date of refund") if gives_back(invoice) else _("Date of payment"), moved),
        (_("Method"), method(invoice.payment, words)),
        (_("Credits"), invoice.credits.number if invoice.credits else None),
    )
    return tuple((label, value) for label, value in rows if value)


def news(invoice: Invoice, words: Words, locale: str) -> tuple[str, ...]:
    """What else happened to this money: what is credited, what was given back already."""
    said = (_credits(invoice, words, locale), _refunded(invoice, words, locale))
    return tuple(sentence for sentence in said if sentence)


def notes(invoice: Invoice, words: Words) -> tuple[str, ...]:
    """What the law asks for: why there is no tax, and who invoices."""
    said = (*_tax_notes(invoice, words), _who_invoices(invoice, words))
    return tuple(sentence for sentence in said if sentence)


def _credits(invoice: Invoice, words: Words, locale: str) -> str | None:
    _ = words.gettext
    if invoice.credits is None:
        return None
    values = {
        "number": invoice.credits.number,
        "date": formats.day(invoice.credits.issued_at, invoice.timezone, locale),
        "total": formats.money(invoice.credits.total, invoice.currency, locale),
    }
    if invoice.credits.number is None:
        return _("This refunds your payment of %(total)s on %(date)s.") % values
    if invoice.kind is DocumentKind.CREDIT_NOTE:
        return _("This credits invoice %(number)s of %(date)s over %(total)s.") % values
    return _("This refunds your payment %(number)s of %(date)s over %(total)s.") % values


def _refunded(invoice: Invoice, words: Words, locale: str) -> str | None:
    _ = words.gettext
    if invoice.refunded <= 0:
        return None
    if invoice.refunded >= invoice.total:
        return _("This payment has already been refunded in full.")
    amount = formats.money(invoice.refunded, invoice.currency, locale)
    return _("%(amount)s of this payment has already been refunded.") % {"amount": amount}


def _tax_notes(invoice: Invoice, words: Words) -> Iterator[str]:
    """The sentence that EN 16931 and the VAT directive ask for where no tax is charged."""
    _ = words.gettext
    categories = {row.category for row in invoice.taxes}
    if "AE" in categories:
        yield _("Reverse charge: the customer accounts for the VAT.")
    if "K" in categories:
        yield _("Intra-community supply, exempt from VAT (Article 138 of Directive 2006/112/EC).")
    if "G" in categories:
        yield _("Export, exempt from VAT.")
    if "E" in categories:
        yield _("Exempt from tax.")
    if "O" in categories:
        yield _("Not subject to tax.")


def _who_invoices(invoice: Invoice, words: Words) -> str | None:
    _ = words.gettext
    if invoice.issuer is Issuer.US:
        return None
    if not invoice.invoiced_there:
        confirmed = (
            _("This confirms your refund; it is no credit note."),
            _("This confirms your payment; it is no invoice."),
        )
        return confirmed[0] if gives_back(invoice) else confirmed[1]
    if gives_back(invoice):
        return _("This confirms your refund. Documents for tax come from the payment provider.")
    return _("This confirms your payment. The invoice for it comes from the payment provider.")


def next_payment(invoice: Invoice, words: Words, locale: str) -> str | None:
    """The next payment, or that there is none, in one sentence; None where nothing recurs."""
    plan = invoice.subscription
    if plan is None or gives_back(invoice):
        return None
    _ = words.gettext
    if plan.cancel_at is not None and ends_next(plan.cancel_at, plan.next_payment_at):
        return _("Your subscription ends on %(date)s; nothing more will be charged.") % {
            "date": formats.day(plan.cancel_at, invoice.timezone, locale)
        }
    if plan.status == "completed" or _is_last(plan):
        return _("This was the last payment; nothing more will be charged.")
    if plan.next_payment_at is None or plan.status in ("paused", "cancelled"):
        return None
    return _coming(invoice, plan, words, locale)


def _is_last(plan: Subscription) -> bool:
    return (
        plan.payments_total is not None
        and plan.payments_made is not None
        and (plan.payments_made >= plan.payments_total)
    )


def _coming(invoice: Invoice, plan: Subscription, words: Words, locale: str) -> str:
    _ = words.gettext
    assert plan.next_payment_at is not None
    values: dict[str, object] = {"date": formats.day(plan.next_payment_at, invoice.timezone, locale)}
    if plan.next_amount is None:
        return _("Your next payment is due on %(date)s.") % values
    values["amount"] = formats.money(plan.next_amount, invoice.currency, locale)
    if plan.payments_total is not None and plan.payments_made is not None:
        values |= {"made": plan.payments_made, "all": plan.payments_total}
        return _("Payment %(made)s of %(all)s. The next one, %(amount)s, is due on %(date)s.") % values
    if plan.status == "trialing":
        return _("Your trial runs until %(date)s; the first payment then is %(amount)s.") % values
    if plan.interval is None:
        return _("Your next payment is %(amount)s on %(date)s.") % values
    values["every"] = every(plan, words)
    return _("Your next payment is %(amount)s on %(date)s, then %(every)s.") % values


def every(plan: Subscription, words: Words) -> str:
    """`every month`, `every 3 months`."""
    ngettext = words.ngettext
    num = plan.interval_count
    match plan.interval:
        case "day":
            said = ngettext("every day", "every %(num)d days", num)
        case "week":
            said = ngettext("every week", "every %(num)d weeks", num)
        case "year":
            said = ngettext("every year", "every %(num)d years", num)
        case _:
            said = ngettext("every month", "every %(num)d months", num)
    return said % {"num": num}
