"""A picture as a MIME part that the HTML shows by its Content-ID."""

from __future__ import annotations

import re

from worker.mail.bodies import wrapped_base64
from worker.mail.message import InlineImage

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_HEAD = """\
Content-Type: {type}; name="{filename}"
Content-Transfer-Encoding: base64
Content-ID: <{content_id}>
Content-Disposition: inline; filename="{filename}"

"""


def image_part(image: InlineImage) -> bytes:
    """The whole part: headers, the empty line, the data in base64."""
    head = _HEAD.format(type=image.mime_type, content_id=image.content_id, filename=safe_filename(image.filename))
    return head.replace("\n", "\r\n").encode("ascii") + wrapped_base64(image.data)


def safe_filename(filename: str) -> str:
    """A merchant's file name, plain enough for any mail client; pictures are shown, nobody reads their names."""
    return _UNSAFE.sub("_", filename)[-40:] or "image"
