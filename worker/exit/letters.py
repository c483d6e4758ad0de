"""Letters: outbox rows turned into the bytes that the relay gets.

A row holds intent only. Everything a mail says comes from frozen documents and rows, and its date from the row itself,
so every attempt has equal content under one Message-ID; only signatures differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from worker.core import tokens
from worker.core.access import Way, access_code, shown_code
from worker.core.bounce import Delivery
from worker.core.invoice import INVOICE, Invoice
from worker.core.transaction import Style
from worker.exit.alerts import gather_alert
from worker.exit.declared import ABOUT_DECLARATION, DeclarationNews, answered_to, declaration_letter, gather_declared
from worker.exit.dunned import Dunned, dunning_note, gather_dunned
from worker.exit.forwards import forward_of, gather_forwards
from worker.exit.news import News, Signing, gather_news, note_of
from worker.mail.classify import LOOP_MARK
from worker.mail.compose import compose
from worker.mail.dkim import DkimKey, sign
from worker.mail.envelope import bounce_envelope
from worker.mail.message import Mailbox, Message
from worker.render.access_mail import AccessMail, render_access_mail
from worker.render.alerts import Alert, render_alert
from worker.render.brand import Brand
from worker.render.console.mail import ConsoleMail, render_console_mail
from worker.render.letter import Rendered
from worker.render.lost_page import LOST
from worker.render.note_voice import Reader
from worker.render.notes import NoPurchases, render_note
from worker.render.receipts import Receipt, ReceiptLinks, render_receipt
from worker.render.stationery import Stationery
from worker.store import customers, invoices
from worker.store.engine import Tx
from worker.store.inbox import KeptMail
from worker.store.invoices import Purpose
from worker.store.outbox import MailKind, OutboxItem


@dataclass(frozen=True, slots=True)
class Writer:
    """All that composing needs and that stays the same from mail to mail."""

    stationery: Stationery
    brand: Brand
    sender: Mailbox
    reply_to: Mailbox | None
    reply_opens_hub: bool
    base_url: str
    locale: str
    secret_keys: tuple[str, ...] = field(repr=False)
    document_keys: tuple[str, ...] = field(repr=False)
    timezone: str = "UTC"
    code_minutes: int = 30
    bounce_address: str | None = None
    marks: tuple[str, ...] = ()
    """Headers in which the relay takes our id of a mail, to tell it again in its webhooks."""
    dkim: DkimKey | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What the rows of one claim are about, read from the database in one go."""

    invoices: dict[str, Invoice]
    links: dict[str, dict[Purpose, str]]
    alerts: dict[str, Alert]
    locales: dict[str, str]
    news: dict[str, News] = field(default_factory=dict)
    forwards: dict[str, KeptMail] = field(default_factory=dict)
    declared: dict[str, DeclarationNews] = field(default_factory=dict)
    dunned: dict[str, Dunned] = field(default_factory=dict)

    def has(self, item: OutboxItem) -> bool:
        """Whether this row can be composed now: large forwards take turns, and what is forgotten was mailed before."""
        if item.kind in ABOUT_DECLARATION:
            return item.id in self.declared
        return item.kind is not MailKind.FORWARD or item.id in self.forwards


@dataclass(frozen=True, slots=True)
class Letter:
    """Ready to go: envelope sender, recipient, and the message with CRLF line ends."""

    sender: str
    recipient: str
    raw: bytes


async def gather(tx: Tx, items: Sequence[OutboxItem], locale: str) -> Material:
    """Read what these rows are about."""
    ids = [item.invoice_id for item in items if item.invoice_id is not None]
    alerts = {item.id: await gather_alert(tx, item, locale) for item in items if item.kind is MailKind.ALERT}
    locales = {item.id: await _locale(tx, item, locale) for item in items if item.kind is MailKind.ACCESS}
    others = (
        await gather_news(tx, items),
        await gather_forwards(tx, items),
        await gather_declared(tx, items),
        await gather_dunned(tx, items),
    )
    if not ids:
        return Material({}, {}, alerts, locales, *others)
    return Material(await invoices.frozen(tx, ids), await invoices.links_of(tx, ids), alerts, locales, *others)


def write(writer: Writer, item: OutboxItem, material: Material, now: int) -> Letter:
    """Compose and sign one mail. `now` (UTC microseconds) is the signature's time alone."""
    raw = compose(_composed(writer, item, material))
    if writer.dkim is not None:
        raw = sign(raw, writer.dkim, now)
    return Letter(_envelope_sender(writer, item), item.recipient, raw)


def _composed(writer: Writer, item: OutboxItem, material: Material) -> Message:
    if item.id in material.declared:
        answered = answered_to(item, material.declared[item.id])
        message = _message(writer, item, rendered(writer, item, material))
        return message if answered is None else replace(message, reply_to=Mailbox("", answered))
    if item.kind is not MailKind.FORWARD:
        return _message(writer, item, rendered(writer, item, material))
    reader = (writer.locale, writer.timezone)
    forward = forward_of(writer.stationery, writer.brand, item, material.forwards[item.id], reader)
    message = _message(writer, item, forward.rendered)
    original = () if forward.original is None else (forward.original,)
    return replace(message, reply_to=forward.reply_to, attachments=original)


def rendered(writer: Writer, item: OutboxItem, material: Material) -> Rendered:
    """The words of a mail of ours; a forward has a person's."""
    if item.kind is MailKind.ALERT:
        return render_alert(writer.stationery, writer.brand, material.alerts[item.id])
    if item.id in material.declared or item.id in material.news or item.id in material.dunned:
        return _news(writer, item, material)
    if item.kind is MailKind.STRANGER:
        told = NoPurchases(f"{writer.base_url}{LOST}", item.recipient)
        return render_note(writer.stationery, writer.brand, told, Reader(writer.locale, writer.timezone))
    if item.kind is MailKind.CONSOLE:
        return render_console_mail(writer.stationery, writer.brand, _console(writer, item))
    if item.kind is MailKind.ACCESS:
        return render_access_mail(writer.stationery, writer.brand, _access(writer, item, material))
    return render_receipt(writer.stationery, writer.brand, _receipt(writer, item, material))


def _news(writer: Writer, item: OutboxItem, material: Material) -> Rendered:
    """What happened to an address, a subscription, a payment of it, or a declaration."""
    reader = Reader(writer.locale, writer.timezone)
    if item.id in material.declared:
        return declaration_letter(writer.stationery, writer.brand, item, material.declared[item.id], reader)
    signing = Signing(writer.base_url, writer.secret_keys, reader)
    if item.id in material.dunned:
        return render_note(writer.stationery, writer.brand, *dunning_note(item, material.dunned[item.id], signing))
    return render_note(writer.stationery, writer.brand, *note_of(item, material.news[item.id], signing))


def _access(writer: Writer, item: OutboxItem, material: Material) -> AccessMail:
    """The link is signed and its code derived only now: neither lies in the database."""
    link_id, request_id = str(item.params["link"]), str(item.params["request"])
    assert item.expires_at is not None, "a link's mail never goes later than the link lasts"
    token = tokens.sign(link_id, Purpose.ACCESS, writer.secret_keys)
    code = access_code(link_id, request_id, writer.secret_keys[-1]) if item.params["code"] else None
    return AccessMail(
        url=f"{writer.base_url}/access/{token}",
        expires_at=item.expires_at,
        way=Way(str(item.params["way"])),
        asked_at=item.created_at,
        code=shown_code(code) if code else None,
        code_minutes=writer.code_minutes,
        locale=material.locales[item.id],
        timezone=writer.timezone,
    )


def _console(writer: Writer, item: OutboxItem) -> ConsoleMail:
    assert item.expires_at is not None, "a link's mail never goes later than the link lasts"
    token = tokens.sign(str(item.params["link"]), Purpose.CONSOLE, writer.secret_keys)
    reader = Reader(writer.locale, writer.timezone)
    return ConsoleMail(f"{writer.base_url}/console/access/{token}", item.created_at, item.expires_at, reader)


def _receipt(writer: Writer, item: OutboxItem, material: Material) -> Receipt:
    style = Style(str(item.params["style"]))
    if item.invoice_id is None:
        invoice = INVOICE.validate_python(item.params["sample"])
        links = ReceiptLinks(foot=f"{writer.base_url}/updateinfo/")
    else:
        invoice = material.invoices[item.invoice_id]
        links = _links(writer, material.links.get(item.invoice_id, {}))
    return Receipt(
        invoice=invoice,
        style=style,
        links=links,
        locale=invoice.locale,
        reply_opens_hub=writer.reply_opens_hub,
        test=item.invoice_id is None,
    )


def _links(writer: Writer, ids: dict[Purpose, str]) -> ReceiptLinks:
    """The tokens are signed only now: no live one lies in the database."""
    foot, document = ids.get(Purpose.FOOT), ids.get(Purpose.DOCUMENT)
    return ReceiptLinks(
        foot=f"{writer.base_url}/updateinfo/?r={tokens.sign(foot, Purpose.FOOT, writer.secret_keys)}" if foot else None,
        document=f"{writer.base_url}/documents/{tokens.sign(document, Purpose.DOCUMENT, writer.document_keys)}"
        if document
        else None,
    )


def _message(writer: Writer, item: OutboxItem, rendered: Rendered) -> Message:
    logo, answered = writer.brand.logo, item.params.get("in_reply_to")
    references = item.params.get("references")
    return Message(
        message_id=item.message_id,
        date=item.created_at,
        sender=writer.sender,
        to=Mailbox("", item.recipient),
        reply_to=writer.reply_to,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        images=(logo,) if logo is not None else (),
        auto_submitted="auto-replied" if _answers(item) else "auto-generated",
        in_reply_to=str(answered) if answered else None,
        references=tuple(map(str, references)) if isinstance(references, list) else (),
        headers=(("X-Auto-Response-Suppress", "All"), (LOOP_MARK, "1"), *((mark, item.id) for mark in writer.marks)),
    )


def _answers(item: OutboxItem) -> bool:
    """Whether it answers a mail, which need not have had a Message-ID (RFC 3834 section 5)."""
    return item.kind is MailKind.STRANGER or item.params.get("way") in (Way.MAIL, Way.REPLY)


def _envelope_sender(writer: Writer, item: OutboxItem) -> str:
    if writer.bounce_address is None:
        return writer.sender.address
    delivery = Delivery(item.id, item.attempts + 1)
    return bounce_envelope(writer.bounce_address, delivery, writer.secret_keys[-1].encode())


async def _locale(tx: Tx, item: OutboxItem, otherwise: str) -> str:
    customer = await customers.by_id(tx, item.customer_id) if item.customer_id is not None else None
    return (customer and customer.locale) or otherwise
