"""A message becomes the bytes that go to the relay.

Rules:
- Composing is pure and repeatable: every attempt of a mail has the same bytes, the boundaries come from its Message-ID.
- What the mails of a merchant share (sender, reply address, pictures) is written out once and remembered.
- What the fast path can't write, an address beyond plain ASCII, goes through the standard library.
- A mail has exactly the headers named here: no name, subject or value can add one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from worker.mail.attached import attached_mail
from worker.mail.bodies import text_part
from worker.mail.compose_library import compose_with_library
from worker.mail.headers import (
    date_line,
    extra_lines,
    is_plain_address,
    mailbox_line,
    subject_line,
)
from worker.mail.images import image_part
from worker.mail.message import InlineImage, Mailbox, Message

__all__ = ["compose", "compose_with_library"]


@dataclass(frozen=True, slots=True)
class _Skeleton:
    """What mails share, already written out."""

    head: str | None  # From and Reply-To; None when one of them needs the library
    parts: tuple[bytes, ...]  # the pictures' MIME parts


def compose(message: Message) -> bytes:
    """The whole mail, CRLF and 7-bit."""
    skeleton = _skeleton(message.sender, message.reply_to, message.images)
    if skeleton.head is None or not is_plain_address(message.to.address):
        if message.attachments:
            raise ValueError("a mail with attachments goes between plain addresses only")
        return compose_with_library(message)
    head = (skeleton.head, *_own_lines(message), *extra_lines(message), "MIME-Version: 1.0\r\n")
    body = b"".join(_body(message, skeleton.parts))
    return "".join(head).encode("ascii") + (_mixed(message, body) if message.attachments else body)


@functools.lru_cache(8)
def _skeleton(sender: Mailbox, reply_to: Mailbox | None, images: tuple[InlineImage, ...]) -> _Skeleton:
    people = [("From", sender)] + ([("Reply-To", reply_to)] if reply_to else [])
    plain = all(is_plain_address(mailbox.address) for _, mailbox in people)
    head = "".join(mailbox_line(field, mailbox) for field, mailbox in people) if plain else None
    return _Skeleton(head, tuple(map(image_part, images)))


def _own_lines(message: Message) -> Iterator[str]:
    yield mailbox_line("To", message.to)
    yield subject_line(message.subject)
    yield date_line(message.date)
    yield f"Message-ID: {message.message_id}\r\n"


def _mixed(message: Message, body: bytes) -> bytes:
    boundary = _boundary("m", message)
    parts = (body, *(attached_mail(each, boundary) for each in message.attachments))
    head = b'Content-Type: multipart/mixed; boundary="%b"\r\n\r\n' % boundary
    return head + b"".join(_multipart(boundary, parts))


def _body(message: Message, pictures: tuple[bytes, ...]) -> Iterator[bytes]:
    text = text_part(b"plain", message.text)
    if message.html is None:
        yield text
        return
    html = text_part(b"html", message.html)
    outer, inner = _boundary("a", message), _boundary("r", message)
    yield b'Content-Type: multipart/alternative; boundary="%b"\r\n\r\n' % outer
    yield from _multipart(outer, (text, b"".join(_related(inner, html, pictures)) if pictures else html))


def _boundary(kind: str, message: Message) -> bytes:
    # `=_` occurs neither in quoted-printable nor in base64, so no body can hold a boundary (RFC 2045 section 6.7).
    return f"=_{kind}.{sha256(message.message_id.encode('ascii')).hexdigest()[:24]}".encode("ascii")


def _related(boundary: bytes, html: bytes, pictures: tuple[bytes, ...]) -> Iterator[bytes]:
    yield b'Content-Type: multipart/related; type="text/html";\r\n boundary="%b"\r\n\r\n' % boundary
    yield from _multipart(boundary, (html, *pictures))


def _multipart(boundary: bytes, parts: tuple[bytes, ...]) -> Iterator[bytes]:
    for part in parts:
        yield b"--%b\r\n" % boundary
        yield part
        yield b"\r\n"
    yield b"--%b--\r\n" % boundary
