"""Text and pictures as 7-bit MIME bodies with CRLF line ends.

Rules:
- Every body is 7-bit with lines of at most 76 characters, so no relay re-encodes it and breaks a DKIM signature.
- The output never holds `=_`, with which boundaries begin, and no line that mailbox files or SMTP would alter for
  beginning with `From ` or being a lone dot.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp

_CONTROLS = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\n\r")
_ABOVE_ASCII = bytes(range(0x80, 0x100))
# b2a_qp lets a line that ends in an escaped blank grow to 77 characters.
_OVERLONG = re.compile(rb"=(20|09)\r\n(?<=[^\r\n]{77}\r\n)")


def clean_body(text: str) -> bytes:
    """UTF-8 with LF line ends, ending in one; control characters are dropped, a lone surrogate becomes `?`."""
    raw = text.encode("utf-8", "replace").translate(None, _CONTROLS)
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return lines if lines.endswith(b"\n") else lines + b"\n"


def transfer_encoding(body: bytes) -> str:
    """Quoted-printable, which people can read, unless base64 is shorter: when more than 2 bytes of 11 aren't ASCII."""
    above_ascii = len(body) - len(body.translate(None, _ABOVE_ASCII))
    return "base64" if above_ascii * 11 > len(body) * 2 else "quoted-printable"


def text_part(subtype: bytes, text: str) -> bytes:
    """A whole text part: its two header lines, the empty line and the encoded text."""
    body = clean_body(text)
    if transfer_encoding(body) == "base64":
        return _part(subtype, b"base64", wrapped_base64(body.replace(b"\n", b"\r\n")))
    return _part(subtype, b"quoted-printable", _quoted_printable(body.replace(b"\n", b"\r\n")))


def wrapped_base64(data: bytes) -> bytes:
    return encodebytes(data).replace(b"\n", b"\r\n")


def _part(subtype: bytes, encoding: bytes, body: bytes) -> bytes:
    head = b'Content-Type: text/%b; charset="utf-8"\r\nContent-Transfer-Encoding: %b\r\n\r\n'
    return head % (subtype, encoding) + body


def _quoted_printable(lines: bytes) -> bytes:
    encoded = b2a_qp(lines)
    if b"=20\r\n" in encoded or b"=09\r\n" in encoded:
        encoded = _OVERLONG.sub(rb"=\r\n=\1\r\n", encoded)
    if encoded.startswith(b"From "):
        encoded = b"=46=\r\n" + encoded[1:]
    return encoded.replace(b"\r\nFrom ", b"\r\n=46=\r\nrom ")  # broken off, so that the escape can't overfill the line
