"""What a mail is whichever way it comes: its Message-ID, date, sender, subject and words, but not the marks of the way.

Rules: hosts add lines at the top, change how lines end and cut white space off; they leave these headers and the words
as they are. A mail with neither Message-ID nor date says too little of itself: two of them may be two.
"""

import hashlib
from dataclasses import dataclass

from worker.mail.read import headers_of, ids_in

_FIELDS = ("message-id", "date", "from", "subject")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a mail calls itself, and the hash of what it is; either may be missing."""

    message_id: str | None
    essence: str | None


def identity_of(raw: bytes, role: str = "") -> Identity:
    """Of a mail as it came. In another `role`, say for other readers, the same mail counts as another."""
    headers = headers_of(raw)
    message_id = next(iter(ids_in(headers, "message-id")), None)
    if message_id is None and "date" not in headers:
        return Identity(None, None)
    said = [" ".join(value.split()) for name in _FIELDS for value in (*headers.get(name, ()), "")]
    digest = hashlib.sha256("\n".join([role, *said]).encode("utf-8", "replace"))
    digest.update(b"\0" + raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2].rstrip())
    return Identity(message_id, digest.hexdigest())
