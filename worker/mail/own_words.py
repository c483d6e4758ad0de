"""The words of an inbound mail: its text, and whether a person's own are in it.

Rules: only the beginning of a body is looked at, in steps that each take linear time; parts and nesting are capped.
"Sure" is said only where everything was understood: a picture, a cut-off text or an odd part may hold what a person
wants to say.
"""

import re
from base64 import b64decode
from binascii import Error, a2b_qp
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LOOKED_AT = 128 * 1024
MOST_PARTS = 100
DEEPEST = 20
LONGEST_TEXT = 20_000
_LONGEST_PART_HEAD = 8 * 1024

_CHARSET = re.compile(
    r"(utf-?8|us-ascii|iso-8859-\d{1,2}|windows-\d{3,4}|cp\d{3,4}|koi8-[ru]|gb\w{1,8}|big5\w*|shift_jis|euc-\w\w|iso-2022-\w\w)"
)
_PARAMETER = r"""(?:^|;)\s*{}\s*=\s*(?:"([^"]{{1,200}})"|([^\s;"]{{1,200}}))"""
_BOUNDARY = re.compile(_PARAMETER.format("boundary"), re.IGNORECASE)
_CHARSET_OF = re.compile(_PARAMETER.format("charset"), re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z!?][A-Za-z0-9]*)[^<>]*>")
_BREAKS = frozenset({"br", "p", "div", "tr", "li", "blockquote", "h1", "h2", "h3"})
_UNSEEN = frozenset({"style", "script", "head", "title"})
_ENTITY = re.compile(r"&(#?\w{1,10});")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff\ud800-\udfff]")

_SIGNATURE = re.compile(r"--\s?")
_QUOTE_BELOW = re.compile(
    r"-{2,}\s*(original message|ursprüngliche nachricht|message d.origine|mensaje original|messaggio originale)\s*-{2,}"
    r"|_{20,}",
    re.IGNORECASE,
)
_OUTLOOK_HEAD = re.compile(r"\*?(from|von|de|da|van|från|fra|od)\s?:\*?\s.*@", re.IGNORECASE)
_DEVICE = re.compile(
    r"(sent (from|with|via)|get outlook for|von meinem|gesendet (von|mit)|envoyé (de|depuis)|enviado (desde|do)"
    r"|inviato da|verzonden vanaf|skickat från|sendt fra|wysłane z)\b.{0,60}",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"^((re|aw|sv|antw|rv|vs|tr|fwd?|wg)\s*:\s*)+", re.IGNORECASE)
_ASKING = frozenset(
    "access,link,my link,login,log in,sign in,purchases,my purchases,your purchases,hub,orders,my orders".split(",")
)
"""Subjects that ask for the link and say nothing more."""


@dataclass(slots=True)
class _Found:
    plain: list[str]
    html: list[str]
    sure: bool = True
    parts: int = 0


def body_text(headers: Mapping[str, tuple[str, ...]], body: bytes) -> tuple[str, bool]:
    """The text people see first, and whether that is surely all they would see."""
    found = _Found([], [], sure=len(body) <= LOOKED_AT)
    _look(headers, body[:LOOKED_AT], 0, found)
    text = "\n".join(found.plain) or "\n".join(found.html)
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text[:LONGEST_TEXT].strip(), found.sure and len(text) <= LONGEST_TEXT


def answers(subject: str) -> bool:
    """Whether the subject is another mail's, answered or handed on."""
    return _ANSWER.match(subject) is not None


def own_words(subject: str, text: str) -> bool:
    """Whether these are more than a quoted mail, a signature and a subject that only asks for the link."""
    if any(character.isalnum() for line in _own_lines(text) for character in line):
        return True
    return not answers(subject) and subject.strip(" .!?").lower() not in _ASKING and any(c.isalnum() for c in subject)


def own_text(text: str) -> str:
    """The text without quotes and signatures."""
    return "\n".join(_own_lines(text))


def _own_lines(text: str) -> Iterator[str]:
    lines = [line.strip() for line in text.split("\n")]
    for at, line in enumerate(lines):
        if _SIGNATURE.fullmatch(line) or _QUOTE_BELOW.match(line) or _OUTLOOK_HEAD.match(line):
            return
        if not line.startswith(">") and not _introduces(lines, at) and not _DEVICE.fullmatch(line):
            yield line


def _introduces(lines: list[str], at: int) -> bool:
    """Whether the line belongs to "On Monday Ada wrote:" above a quote, which may take up to three lines."""
    for end in range(at, min(at + 3, len(lines))):
        if not lines[end] or lines[end].startswith(">"):
            return False
        if lines[end].endswith(":"):
            below = next((line for line in lines[end + 1 : end + 4] if line), "")
            return below.startswith(">")
    return False


def _look(headers: Mapping[str, tuple[str, ...]], body: bytes, depth: int, found: _Found) -> None:
    found.parts += 1
    if found.parts > MOST_PARTS or depth > DEEPEST:
        found.sure = False
        return
    kind = headers.get("content-type", ("text/plain",))[0]
    mime = kind.partition(";")[0].strip().lower()
    if mime.startswith("multipart/"):
        _look_inside(kind, body, depth, found)
    elif mime in ("text/plain", "text/html", "text", "") and not _attached(headers):
        text = _decoded(headers, kind, body)
        (found.html if mime == "text/html" else found.plain).append(_seen(text) if mime == "text/html" else text)
    elif not (mime.startswith("image/") and "content-id" in headers):  # those belong to the HTML's looks
        found.sure = False


def _look_inside(kind: str, body: bytes, depth: int, found: _Found) -> None:
    match = _BOUNDARY.search(kind)
    if match is None:
        found.sure = False
        return
    boundary = (match[1] or match[2]).encode("utf-8", "replace")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary, MOST_PARTS + 1)
    if len(pieces) < 2 or len(pieces) > MOST_PARTS + 1:
        found.sure = False
    for piece in pieces[1 : MOST_PARTS + 1]:
        if piece.startswith(b"--"):
            break
        head, _, inside = piece.partition(b"\r\n")[2].partition(b"\r\n\r\n") if not _bare(piece) else (b"", b"", piece)
        _look(_part_headers(head), inside, depth + 1, found)


def _bare(piece: bytes) -> bool:
    """A part may have no headers at all: an empty line follows its boundary."""
    return piece.startswith(b"\r\n\r\n")


def _part_headers(head: bytes) -> dict[str, tuple[str, ...]]:
    text = head[:_LONGEST_PART_HEAD].decode("utf-8", "replace").replace("\r\n ", " ").replace("\r\n\t", " ")
    found: dict[str, tuple[str, ...]] = {}
    for line in text.split("\r\n"):
        name, _, value = line.partition(":")
        found.setdefault(name.strip().lower(), (value.strip(),))
    return found


def _attached(headers: Mapping[str, tuple[str, ...]]) -> bool:
    return headers.get("content-disposition", ("",))[0].strip().lower().startswith("attachment")


def _decoded(headers: Mapping[str, tuple[str, ...]], kind: str, body: bytes) -> str:
    encoding = headers.get("content-transfer-encoding", ("",))[0].strip().lower()
    if encoding == "base64":
        body = _from_base64(body)
    elif encoding == "quoted-printable":
        body = a2b_qp(body)
    match = _CHARSET_OF.search(kind)
    charset = (match[1] or match[2]).lower() if match else "utf-8"
    try:
        return body.decode(charset if _CHARSET.fullmatch(charset) else "utf-8", "replace")
    except LookupError:
        return body.decode("latin-1")


def _from_base64(body: bytes) -> bytes:
    packed = b"".join(body.split())
    try:
        return b64decode(packed[: len(packed) // 4 * 4])
    except (Error, ValueError):
        return body


def _seen(html: str) -> str:
    """What HTML shows, as far as it matters here: quotes are left out."""
    shown: list[str] = []
    at, quoted, unseen = 0, 0, ""
    for tag in _TAG.finditer(html):
        closing, name = tag[1] == "/", tag[2].lower()
        if not unseen and not quoted:
            shown.append(html[at : tag.start()])
            shown.append("\n" if name in _BREAKS else "")
        at = tag.end()
        if name in _UNSEEN:
            unseen = "" if closing else unseen or name
        elif name == "blockquote":
            quoted = max(0, quoted + (-1 if closing else 1))
            shown.append("" if closing else "\n> \n")
    if not unseen and not quoted:
        shown.append(html[at:])
    return _ENTITY.sub(_character, "".join(shown).replace("\r\n", " "))


def _character(entity: re.Match[str]) -> str:
    from html import unescape

    return unescape(entity[0])
