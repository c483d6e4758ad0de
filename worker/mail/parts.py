"""The parts of a mail that machines read: their types, headers and bodies.

Rules: it never raises and takes time in proportion to the mail; beyond the caps parts are not there. Line ends become
LF, whatever the mail's are.
"""

import quopri
import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from dataclasses import dataclass

from worker.mail.read import LARGEST_HEAD, LONGEST_HEADER, MOST_HEADER_LINES, Headers

LOOKED_AT = 512 * 1024
"""Bytes of the mail: a report's parts stand before the mail that it returns."""
MOST_PARTS = 100
DEEPEST = 6
_BOUNDARY = re.compile(r""";\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))""", re.IGNORECASE)
_NAME = re.compile(r"[!-9;-~]{1,100}")


@dataclass(frozen=True, slots=True)
class Part:
    """One part that holds no others; `kind` is its type in lower case, `body` is decoded."""

    kind: str
    headers: Headers
    body: bytes


def parts_of(raw: bytes) -> tuple[Part, ...]:
    """The mail's parts in their order, as far as the caps let us look."""
    text = raw[:LOOKED_AT].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found: list[Part] = []
    for part in _parts(text, 0):
        found.append(part)
        if len(found) == MOST_PARTS:
            break
    return tuple(found)


def headers_of(text: bytes) -> Headers:
    """Header lines up to the first empty one: names in lower case, values on one line, at most 8 KiB of each."""
    return _headers(_split(text)[0])


def _parts(text: bytes, depth: int) -> Iterator[Part]:
    head, body = _split(text)
    headers = _headers(head)
    said = headers.get("content-type", ("text/plain",))[0]
    kind = said.partition(";")[0].strip().lower()
    boundary = _BOUNDARY.search(said)
    if kind.startswith("multipart/") and boundary is not None and depth < DEEPEST:
        for piece in _pieces(body, (boundary[1] or boundary[2]).encode("utf-8", "replace")):
            yield from _parts(piece, depth + 1)
    else:
        yield Part(kind, headers, _decoded(headers, body))


def _pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """What lies between the boundary's lines (RFC 2046 section 5.1.1); the end may be missing."""
    pieces = (b"\n" + body).split(b"\n--" + boundary, MOST_PARTS + 1)
    for piece in pieces[1 : MOST_PARTS + 1]:
        if piece.startswith(b"--"):
            return
        yield piece.partition(b"\n")[2]


def _split(text: bytes) -> tuple[bytes, bytes]:
    if text.startswith(b"\n"):
        return b"", text[1:]
    head, _, body = text.partition(b"\n\n")
    return head, body


def _headers(head: bytes) -> Headers:
    fields: list[list[str]] = []
    for line in head[:LARGEST_HEAD].decode("utf-8", "replace").split("\n")[:MOST_HEADER_LINES]:
        if line.startswith((" ", "\t")) and fields:
            fields[-1].append(line)
        elif line:
            fields.append([line])
    found: dict[str, list[str]] = {}
    for field in fields:
        name, colon, value = "".join(field).partition(":")
        if colon and _NAME.fullmatch(name.rstrip()):
            found.setdefault(name.rstrip().lower(), []).append(value.strip()[:LONGEST_HEADER])
    return {name: tuple(values) for name, values in found.items()}


def _decoded(headers: Headers, body: bytes) -> bytes:
    how = headers.get("content-transfer-encoding", ("",))[0].strip().lower()
    if how == "quoted-printable":
        return quopri.decodestring(body)
    if how == "base64":
        try:
            return b64decode(body)
        except Error:
            return body
    return body
