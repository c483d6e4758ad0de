"""Somebody else's mail as a MIME part: as a mail where it can travel as it is, else as a file.

Rules: `message/rfc822` may be encoded in no way (RFC 2046 section 5.2.1), so only 7-bit lines of at most 998 characters
go as one; all else goes in base64, which every relay leaves alone.
"""

from __future__ import annotations

from worker.mail.bodies import wrapped_base64
from worker.mail.message import Attachment

LONGEST_LINE = 998
_HEAD = """\
Content-Type: {type}; name="{filename}"
Content-Transfer-Encoding: {encoding}
Content-Disposition: attachment; filename="{filename}"

"""


def attached_mail(attachment: Attachment, boundary: bytes) -> bytes:
    """The whole part: headers, the empty line, the mail. One that holds the `boundary` around it is encoded."""
    if _plain(attachment.data) and boundary not in attachment.data:
        return _head(attachment, "message/rfc822", "7bit") + attachment.data
    return _head(attachment, "application/octet-stream", "base64") + wrapped_base64(attachment.data)


def _head(attachment: Attachment, mime_type: str, encoding: str) -> bytes:
    filled = _HEAD.format(type=mime_type, encoding=encoding, filename=attachment.filename)
    return filled.replace("\n", "\r\n").encode("ascii")


def _plain(data: bytes) -> bool:
    """Whether it can travel as it is: ASCII, no NUL, only CRLF line ends, no overlong line."""
    if not data.isascii() or b"\0" in data or not data.count(b"\r\n") == data.count(b"\r") == data.count(b"\n"):
        return False
    return max(map(len, data.split(b"\r\n"))) <= LONGEST_LINE
