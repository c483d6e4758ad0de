"""A kept mail taken apart for reading: its headers, its text, and its HTML with the pictures put in."""

import base64
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

from worker.demo.sink import KeptMail

_SHOWN = ("From", "To", "Reply-To", "Date", "Message-ID")
_PICTURES = ("image/png", "image/jpeg", "image/gif")
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Letter:
    """What there is to see. `html` and `text` are None where the mail has no such part."""

    number: int
    at: float
    recipient: str
    subject: str
    headers: tuple[tuple[str, str], ...]
    html: str | None
    text: str | None
    source: str


def read_letter(mail: KeptMail) -> Letter:
    """The mail, readable. Any bytes make a letter: the port is open to every program of this machine."""
    message = BytesParser(_class=EmailMessage, policy=default).parsebytes(mail.raw)
    assert isinstance(message, EmailMessage), "the policy makes these"
    return Letter(
        number=mail.number,
        at=mail.at,
        recipient=", ".join(mail.recipients),
        subject=_header(message, "Subject") or "(no subject)",
        headers=tuple((name, value) for name in _SHOWN if (value := _header(message, name))),
        html=_with_pictures(message, _part(message, "html")),
        text=_part(message, "plain"),
        source=mail.raw.decode("utf-8", "replace").replace("\r\n", "\n"),
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except Exception:  # the library fails on some headers that it has parsed itself
        return "(can't be read)"


def _part(message: EmailMessage, kind: str) -> str | None:
    try:
        found = message.get_body((kind,))
        return None if found is None else str(found.get_content())
    except Exception:  # an unknown charset, a broken encoding
        return None


def _with_pictures(message: EmailMessage, html: str | None) -> str | None:
    """The inline pictures as data in the page, so that it needs nothing from anywhere; links open beside it."""
    if html is None:
        return None
    for part in message.walk():
        name, kind = _header(part, "Content-ID").strip("<> "), part.get_content_type()
        content = part.get_payload(decode=True) if name and kind in _PICTURES else None
        if isinstance(content, bytes):
            html = html.replace(f"cid:{name}", f"data:{kind};base64,{base64.b64encode(content).decode()}")
    return _HEAD.sub(lambda head: head[0] + '<base target="_blank">', html, count=1)
