"""One outgoing mail as a value, before it becomes bytes.

Rules:
- A message says everything that its bytes depend on: composing it twice gives the same bytes.
- The envelope (who really gets the mail, where bounces go) is not in here: it is never derived from headers.
- Names, subjects and texts may hold anything, `compose` cleans what could harm. All else is ours to get right:
  a value that no mail can carry can't be built (ValueError, naming the field, never showing an address).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+=-]{1,64}@[A-Za-z0-9.-]{1,255}>")
_CONTENT_ID = re.compile(r"[A-Za-z0-9._@-]{1,100}")
_IMAGE_TYPE = re.compile(r"image/[a-z0-9.+-]{1,40}")
_FILENAME = re.compile(r"[A-Za-z0-9._-]{1,60}")
_FIELD = re.compile(r"[A-Za-z0-9-]{1,40}")
_AUTO_SUBMITTED = frozenset({"no", "auto-generated", "auto-replied"})  # RFC 3834 section 5
_OWN_FIELDS = frozenset(
    "from sender to cc bcc reply-to subject date message-id in-reply-to references auto-submitted mime-version".split()
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name (may be empty) and the address it stands for."""

    name: str
    address: str

    def __post_init__(self) -> None:
        if not self.address or _CONTROL.search(self.address):
            raise ValueError("a mailbox's address is empty or holds a line break or control character")


@dataclass(frozen=True, slots=True)
class InlineImage:
    """A picture that travels inside the mail and is shown by `<img src="cid:{content_id}">`."""

    content_id: str
    mime_type: str
    data: bytes
    filename: str

    def __post_init__(self) -> None:
        if not _CONTENT_ID.fullmatch(self.content_id):
            raise ValueError("an image's content_id may hold ASCII letters, digits and ._@- only")
        if not _IMAGE_TYPE.fullmatch(self.mime_type):
            raise ValueError("an image's mime_type looks like image/png")


@dataclass(frozen=True, slots=True)
class Attachment:
    """Somebody else's mail that travels with this one, byte for byte."""

    filename: str
    data: bytes

    def __post_init__(self) -> None:
        if not _FILENAME.fullmatch(self.filename):
            raise ValueError("an attachment's filename may hold ASCII letters, digits and ._- only")


@dataclass(frozen=True, slots=True)
class Message:
    """A mail to one recipient; `date` is UTC microseconds, `message_id` is written `<id@domain>`.

    Pictures belong to the HTML: without `html` none are sent.
    """

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
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        if not _MESSAGE_ID.fullmatch(self.message_id):
            raise ValueError("a message_id is written <id@domain>")
        if self.auto_submitted not in _AUTO_SUBMITTED:
            raise ValueError(f"auto_submitted is one of {', '.join(sorted(_AUTO_SUBMITTED))}")
        for field, _ in self.headers:
            if not _FIELD.fullmatch(field) or field.lower() in _OWN_FIELDS or field.lower().startswith("content-"):
                raise ValueError(f"{field!r} can't be an extra header")
