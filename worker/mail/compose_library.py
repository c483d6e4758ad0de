"""The slow way from message to bytes, through the standard library: for odd addresses, and as the tests' oracle.

Rules:
- An address beyond ASCII makes the whole head UTF-8 (RFC 6532): only a relay with SMTPUTF8 takes such a mail.
- Message-IDs of other mails and extra headers are written by our own lines: the library would turn a long
  Message-ID or URL into encoded words, which no reader of those headers decodes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from hashlib import sha256

from worker.mail.bodies import clean_body, transfer_encoding
from worker.mail.headers import extra_lines
from worker.mail.images import safe_filename
from worker.mail.message import InlineImage, Mailbox, Message
from worker.mail.names import clean_name, clean_subject

_FOREIGN = re.compile(r"""(?=.*[^\x00-\x7f])([^\s"(),:;<>@\[\]\\]+)@([^\s"(),:;<>@\[\]\\]+)""")


def compose_with_library(message: Message) -> bytes:
    """The whole mail with CRLF line ends; raises ValueError for an address that no header can carry."""
    policy = SMTP.clone(cte_type="7bit", utf8=not _ascii_addresses(message))
    mail = EmailMessage(policy)
    _fill_head(mail, message)
    body = clean_body(message.text)
    mail.set_content(body.decode(), "plain", "utf-8", transfer_encoding(body))
    if message.html is not None:
        mail.make_alternative(boundary=_boundary("a", message))
        _add_html(mail, message, message.html)
    return "".join(extra_lines(message)).encode("ascii") + mail.as_bytes()


def _ascii_addresses(message: Message) -> bool:
    mailboxes = (message.sender, message.to, message.reply_to)
    return all(mailbox.address.isascii() for mailbox in mailboxes if mailbox)


def _fill_head(mail: EmailMessage, message: Message) -> None:
    mail["From"] = _address(message.sender)
    if message.reply_to:
        mail["Reply-To"] = _address(message.reply_to)
    mail["To"] = _address(message.to)
    mail["Subject"] = clean_subject(message.subject)
    mail["Date"] = datetime.fromtimestamp(message.date // 1_000_000, UTC)
    mail["Message-ID"] = message.message_id


def _address(mailbox: Mailbox) -> Address:
    name = clean_name(mailbox.name)
    if foreign := _FOREIGN.fullmatch(mailbox.address):
        return Address(name, *foreign.groups())  # given as addr_spec, the library would refuse the local part
    try:
        return Address(name, addr_spec=mailbox.address)
    except (MessageError, ValueError, IndexError) as error:
        raise ValueError("a mailbox's address can't stand in a header") from error


def _add_html(mail: EmailMessage, message: Message, html: str) -> None:
    body = clean_body(html)
    mail.add_alternative(body.decode(), "html", "utf-8", transfer_encoding(body))
    if not message.images:
        return
    part = mail.get_body(("html",))
    assert part is not None
    part.make_related(boundary=_boundary("r", message))
    part.set_param("type", "text/html")
    for image in message.images:
        _add_image(part, image)


def _add_image(part: MIMEPart, image: InlineImage) -> None:
    subtype = image.mime_type.partition("/")[2]
    part.add_related(
        image.data,
        "image",
        subtype,
        cid=f"<{image.content_id}>",
        filename=safe_filename(image.filename),
        disposition="inline",
    )


def _boundary(kind: str, message: Message) -> str:
    return f"=_{kind}.{sha256(message.message_id.encode()).hexdigest()[:24]}"
