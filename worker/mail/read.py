"""An inbound mail's bytes become values: who wrote, what it answers, whether a person's words are in it.

Rules:
- It never raises and takes time in proportion to the mail: caps first, then header by header; of the body only the
  beginning is looked at. The standard library's newer policy is not used: it fails on real mails, and turns quadratic.
- What isn't understood counts as malformed (the head) or as a person's words (the body): when in doubt, a person reads.
"""

import re
from dataclasses import dataclass
from email.header import decode_header
from email.utils import getaddresses

from worker.core.email_address import normalise
from worker.mail.own_words import body_text, own_words

LARGEST_HEAD = 64 * 1024
MOST_HEADER_LINES = 1_000
LONGEST_HEADER = 8 * 1024
_LONGEST_SUBJECT = 400
_MOST_IDS = 50
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_NAME = re.compile(r"[!-9;-~]{1,100}")
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_COMMENTED = re.compile(r"[()]")

Headers = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class InboundMail:
    """What a mail says. `fault` says why its head can't be trusted to mean anything; `sender` is who it says wrote it.

    `text` is the beginning of its words, `own_words` whether more than a quote or signature is in it.
    """

    headers: Headers
    sender: str | None
    fault: str | None
    subject: str
    message_id: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    text: str
    own_words: bool

    def header(self, name: str) -> str:
        """The first header of that (lower-case) name, empty if there is none."""
        return self.headers.get(name, ("",))[0]


def read(raw: bytes) -> InboundMail:
    """The mail's values."""
    head, body = _split(raw)
    fault = _over_caps(head)
    headers = _headers(head[:LARGEST_HEAD])
    sender, why = _sender(headers)
    text, sure = body_text(headers, body)
    subject = _subject(headers)
    ids = _ids(headers, "references")
    return InboundMail(
        headers=headers,
        sender=None if fault else sender,
        fault=fault or why,
        subject=subject,
        message_id=next(iter(_ids(headers, "message-id")), None),
        in_reply_to=next(iter(_ids(headers, "in-reply-to")), None),
        references=ids,
        text=text,
        own_words=not sure or own_words(subject, text),
    )


def message_id_of(raw: bytes) -> str | None:
    """What the mail calls itself, without reading the rest."""
    return next(iter(_ids(_headers(_split(raw)[0][:LARGEST_HEAD]), "message-id")), None)


def _split(raw: bytes) -> tuple[bytes, bytes]:
    if raw.startswith(b"\r\n"):
        return b"", raw[2:]
    head, gap, body = raw.partition(b"\r\n\r\n")
    return (head, body) if gap else (raw, b"")


def _over_caps(head: bytes) -> str | None:
    if len(head) > LARGEST_HEAD:
        return "its head is too large"
    if head.count(b"\n") > MOST_HEADER_LINES:
        return "its head has too many lines"
    return None


def _headers(head: bytes) -> Headers:
    """Names in lower case; values on one line, at most 8 KiB of each."""
    found: dict[str, list[str]] = {}
    for field in _unfolded(head):
        name, colon, value = field.partition(":")
        name = name.rstrip(" \t").lower()
        if colon and _NAME.fullmatch(name):
            found.setdefault(name, []).append(value.strip()[:LONGEST_HEADER])
    return {name: tuple(values) for name, values in found.items()}


def _unfolded(head: bytes) -> list[str]:
    fields: list[list[str]] = []
    for line in head.decode("utf-8", "replace").split("\r\n")[: MOST_HEADER_LINES + 1]:
        if line.startswith((" ", "\t")) and fields:
            fields[-1].append(line)
        elif line:
            fields.append([line])
    return ["".join(each) for each in fields]


def _sender(headers: Headers) -> tuple[str | None, str | None]:
    """The one address of the one From header, or why there is none."""
    values = headers.get("from", ())
    if len(values) != 1:
        return None, "it has no From header" if not values else "it has several From headers"
    if len(values[0]) >= LONGEST_HEADER or len(_COMMENTED.findall(values[0])) > 20:
        return None, "its From header is too long or too deep"
    try:
        addresses = [address for _, address in getaddresses([values[0]]) if address]
    except (ValueError, IndexError, RecursionError):
        addresses = []
    if len(addresses) != 1:
        return None, "its From header has not exactly one address"
    try:
        return normalise(addresses[0]), None
    except ValueError:
        return None, "its From header has no usable address"


def _ids(headers: Headers, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(" ".join(headers.get(name, ())))))[-_MOST_IDS:]


def _subject(headers: Headers) -> str:
    written = headers.get("subject", ("",))[0][:_LONGEST_SUBJECT]
    return " ".join(_UNWANTED.sub(" ", _decoded(written)).split())


def _decoded(written: str) -> str:
    try:
        return "".join(
            piece if isinstance(piece, str) else piece.decode(charset or "latin-1", "replace")
            for piece, charset in decode_header(written)
        )
    except Exception:  # the library has many ways to fail here, by the charset that a stranger names
        return written
