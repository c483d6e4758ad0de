"""The text that people see in a mail's body, and which kinds of parts it has.

Rules: line ends are LF; of the body only the beginning comes here, in steps that each take linear time; parts and
nesting are capped. A mail inside the mail is not looked into: it is what somebody passes on. "Sure" is said only where
everything was understood: a picture, a cut-off text or an odd part may hold what a person wants to say.
"""

import re
from base64 import b64decode
from binascii import Error, a2b_qp
from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.mail.html_text import html_text

MOST_PARTS = 100
DEEPEST = 20
LONGEST_TEXT = 20_000
_LONGEST_PART_HEAD = 8 * 1024
_LONGEST_KIND = 200

_CHARSET = re.compile(
    r"(utf-?8|us-ascii|iso-8859-\d{1,2}|windows-\d{3,4}|cp\d{3,4}|koi8-[ru]|gb\w{1,8}|big5\w*|shift_jis|euc-\w\w|iso-2022-\w\w)"
)
_PARAMETER = r"""(?:^|;)\s*{}\s*=\s*(?:"([^"]{{1,200}})"|([^\s;"]{{1,200}}))"""
_BOUNDARY = re.compile(_PARAMETER.format("boundary"), re.IGNORECASE)
_CHARSET_OF = re.compile(_PARAMETER.format("charset"), re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff\ud800-\udfff]")
_SIGNED = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")

Headers = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Body:
    """`kinds` are the Content-Types met, outermost first, in lower case; `sure`: the text is all that people see."""

    text: str
    kinds: tuple[str, ...]
    sure: bool


@dataclass(slots=True)
class _Found:
    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    sure: bool = True


def read_body(headers: Headers, body: bytes) -> Body:
    """What is in the body of a mail with these headers."""
    found = _Found()
    _look(headers, body, 0, found)
    text = "\n".join(found.plain)
    text = _CONTROLS.sub("", text if text.strip() else "\n".join(found.html)).replace("\xa0", " ")
    return Body(text[:LONGEST_TEXT].strip(), tuple(found.kinds), found.sure and len(text) <= LONGEST_TEXT)


def decoded(raw: bytes, charset: str | None) -> str:
    """The text in its charset, where that is one that mails are written in; never fails."""
    try:
        return raw.decode(charset.lower() if charset and _CHARSET.fullmatch(charset.lower()) else "utf-8", "replace")
    except (LookupError, ValueError):
        return raw.decode("latin-1")


def _look(headers: Headers, body: bytes, depth: int, found: _Found) -> None:
    if len(found.kinds) >= MOST_PARTS or depth > DEEPEST:
        found.sure = False
        return
    kind = headers.get("content-type", ("",))[0] or "text/plain"
    found.kinds.append(kind[:_LONGEST_KIND].lower())
    mime = kind.partition(";")[0].strip().lower()
    if mime.startswith("multipart/"):
        _look_inside(kind, body, depth, found)
    elif mime in ("text/plain", "text/html", "text") and not _attached(headers):
        text = decoded(_unwrapped(headers, body), _charset(kind))
        (found.html if mime == "text/html" else found.plain).append(html_text(text) if mime == "text/html" else text)
    elif not _belongs_to_looks(mime, headers):
        found.sure = False


def _belongs_to_looks(mime: str, headers: Headers) -> bool:
    """Pictures that the HTML shows, and signatures, say nothing by themselves."""
    return (mime.startswith("image/") and "content-id" in headers) or mime in _SIGNED


def _look_inside(kind: str, body: bytes, depth: int, found: _Found) -> None:
    match = _BOUNDARY.search(kind)
    if match is None:
        found.sure = False
        return
    boundary = (match[1] or match[2]).rstrip().encode("utf-8", "replace")
    pieces = (b"\n" + body).split(b"\n--" + boundary, MOST_PARTS + 1)
    if len(pieces) < 2 or len(pieces) > MOST_PARTS + 1:
        found.sure = False
    for piece in pieces[1 : MOST_PARTS + 1]:
        if piece.startswith(b"--"):
            break
        head, inside = _parted(piece)
        _look(_part_headers(head), inside, depth + 1, found)


def _parted(piece: bytes) -> tuple[bytes, bytes]:
    """Head and body of a part; it may have no headers at all: then an empty line follows its boundary."""
    _, _, rest = piece.partition(b"\n")
    if rest.startswith(b"\n"):
        return b"", rest[1:]
    head, _, inside = rest.partition(b"\n\n")
    return head, inside


def _part_headers(head: bytes) -> dict[str, tuple[str, ...]]:
    text = (
        head[:_LONGEST_PART_HEAD]
        .replace(b"\0", b" ")
        .decode("utf-8", "replace")
        .replace("\n ", " ")
        .replace("\n\t", " ")
    )
    found: dict[str, tuple[str, ...]] = {}
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        found.setdefault(name.strip().lower(), (value.strip(),))
    return found


def _attached(headers: Headers) -> bool:
    return headers.get("content-disposition", ("",))[0].strip().lower().startswith("attachment")


def _unwrapped(headers: Headers, body: bytes) -> bytes:
    encoding = headers.get("content-transfer-encoding", ("",))[0].strip().lower()
    if encoding == "base64":
        return _from_base64(body).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return a2b_qp(body) if encoding == "quoted-printable" else body


def _from_base64(body: bytes) -> bytes:
    packed = b"".join(body.split())
    try:
        return b64decode(packed[: len(packed) // 4 * 4])
    except (Error, ValueError):
        return body


def _charset(kind: str) -> str | None:
    match = _CHARSET_OF.search(kind)
    return (match[1] or match[2]) if match else None
