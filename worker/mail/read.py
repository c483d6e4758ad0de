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
from worker.mail.body_text import decoded, read_body
from worker.mail.own_words import own_words

LARGEST_HEAD = 64 * 1024
MOST_HEADER_LINES = 1_000
LONGEST_HEADER = 8 * 1024
LOOKED_AT = 128 * 1024
"""Of the body: all that a person writes stands at its beginning."""
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

    `text` is the beginning of its words, `own_words` whether more than a quote or signature is in it; `kinds` are the
    Content-Types of its parts, outermost first, in lower case.
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
    kinds: tuple[str, ...] = ("text/plain",)

    def header(self, name: str) -> str:
        """The first header of that (lower-case) name, empty if there is none."""
        return self.headers.get(name, ("",))[0]

    @property
    def thread(self) -> tuple[str, ...]:
        """The Message-IDs that an answer refers to (RFC 5322 section 3.6.4)."""
        return (*self.references, *([self.message_id] if self.message_id else []))


def read(raw: bytes) -> InboundMail:
    """The mail's values."""
    head, body, whole = _split(raw)
    headers = _headers(head[:LARGEST_HEAD])
    sender, why = _sender(headers)
    fault = _over_caps(head) or why
    found = read_body(headers, body)
    subject = _subject(headers)
    return InboundMail(
        headers=headers,
        sender=None if fault else sender,
        fault=fault,
        subject=subject,
        message_id=next(iter(_ids(headers, "message-id")), None),
        in_reply_to=next(iter(_ids(headers, "in-reply-to")), None),
        references=_ids(headers, "references"),
        text=found.text,
        own_words=not whole or not found.sure or own_words(subject, found.text),
        kinds=found.kinds,
    )


def headers_of(raw: bytes) -> Headers:
    """The headers alone, as far as the caps go."""
    return _headers(_split(raw)[0][:LARGEST_HEAD])


def ids_in(headers: Headers, name: str) -> tuple[str, ...]:
    """The Message-IDs in headers of that (lower-case) name."""
    return _ids(headers, name)


def sender_in(headers: Headers) -> str | None:
    """Who the headers say wrote the mail, None for nobody or several."""
    return _sender(headers)[0]


def _split(raw: bytes) -> tuple[bytes, bytes, bool]:
    """Head, the body's beginning, whether that is all of it; line ends become LF, whatever the mail's are."""
    start = _unix(raw[: LARGEST_HEAD + LOOKED_AT].removeprefix(b"\xef\xbb\xbf"))
    if start.startswith(b"\n"):
        return b"", start[1 : LOOKED_AT + 1], len(raw) <= LOOKED_AT
    head, _, body = start.partition(b"\n\n")
    return head, body[:LOOKED_AT], len(raw) <= LARGEST_HEAD + LOOKED_AT and len(body) <= LOOKED_AT


def _unix(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


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
    for line in _text(head).split("\n")[: MOST_HEADER_LINES + 1]:
        if line.startswith((" ", "\t")) and fields:
            fields[-1].append(line)
        elif line:
            fields.append([line])
    return ["".join(each) for each in fields]


def _text(head: bytes) -> str:
    """Headers in 8 bits are UTF-8 by RFC 6532; what isn't comes from before. No database takes NUL."""
    head = head.replace(b"\0", b" ")
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError:
        return head.decode("latin-1")


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
    if len(addresses) == 2 and _named_by_itself(values[0], addresses):
        addresses = addresses[1:]
    if len(addresses) != 1:
        return None, "its From header has not exactly one address"
    try:
        return normalise(addresses[0]), None
    except ValueError:
        return None, "its From header has no usable address"


def _named_by_itself(value: str, addresses: list[str]) -> bool:
    """`ada@example.com <ada@example.com>`, as many programs write; with two different ones, who knows which it is?"""
    return addresses[0] == addresses[1] and "," not in value


def _ids(headers: Headers, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(" ".join(headers.get(name, ())))))[-_MOST_IDS:]


def _subject(headers: Headers) -> str:
    written = headers.get("subject", ("",))[0][:_LONGEST_SUBJECT]
    return " ".join(_UNWANTED.sub(" ", _decoded(written)).split())


def _decoded(written: str) -> str:
    try:
        pieces = decode_header(written)
    except Exception:  # the library has many ways to fail here, by what a stranger writes
        return written
    return "".join(piece if isinstance(piece, str) else decoded(piece, charset) for piece, charset in pieces)
