"""One outgoing mail as a value, before it becomes bytes.

Rules:
- A message says everything that its bytes depend on: composing it twice gives the same bytes.
- The envelope (who really gets the mail, where bounces go) is not in here: it is never derived from headers.
- Names and subjects may hold anything; `compose` cleans what could harm.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name (may be empty) and the address it stands for."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class InlineImage:
    """A picture that travels inside the mail and is shown by `<img src="cid:{content_id}">`."""

    content_id: str
    mime_type: str
    data: bytes
    filename: str


@dataclass(frozen=True, slots=True)
class Message:
    """A mail to one recipient; `date` is UTC microseconds, `message_id` is written `<id@domain>`."""

    message_id: str
    date: int
    sender: Mailbox
    to: Mailbox
    reply_to: Mailbox | None
    subject: str
    text: str
    html: str | None
    images: tuple[InlineImage, ...] = ()
    auto_submitted: str = "auto-generated"
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
