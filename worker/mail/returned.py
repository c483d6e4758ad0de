"""What a bounce or a complaint says, whatever its form: the standards first, then a library that knows free words.

Rules: it never raises; the library is asked last and guarded, for it raises on some real mails; what nobody understands
is *unclear* and leads to nothing.
"""

import email
import re
from collections.abc import Collection
from dataclasses import dataclass

from worker.core.bounce import MOST_REPORTS, Delivery, Happening, Reported, Returned, cleaned
from worker.mail.addresses import OurAddresses
from worker.mail.classify import Envelope
from worker.mail.dsn import address_of, read_dsn, returned_ids
from worker.mail.parts import Part, headers_of, parts_of

_READ_BY_LIBRARY = 128 * 1024
_LINES_BY_LIBRARY = 2_000
"""It tries each of its patterns on each line: 30,000 empty ones took it a second."""
_MOST_BOUNDARIES = 20
"""The library's parser takes time with the depth of what is nested."""
_OURS = re.compile(rb"(?im)^[ \t>]*message-id:[ \t]*(<[!-;=?-~]{1,250}>)")


@dataclass(frozen=True, slots=True)
class Notice:
    """What a mail tells of another; `delivery` is the one that our MAC in it names, None where there is none.

    `doubted`: it has no MAC of ours, though our mails go out with one.
    """

    returned: Returned
    delivery: Delivery | None
    doubted: bool = False


def read_notice(raw: bytes, envelope: Envelope, ours: OurAddresses) -> Notice | None:
    """What the mail tells, None where its word doesn't count.

    Mail servers write from the null sender alone (RFC 5321 section 4.5.5). Whoever got our mail knows its bounce
    address, and so does whoever it was shown to.
    """
    if envelope.bounced is not None and envelope.sender:
        return None
    returned = read_returned(raw)
    delivery = envelope.bounced or (ours.bounced(returned.envelope) if returned.envelope else None)
    return Notice(returned, delivery, doubted=delivery is None and ours.bounce is not None)


def read_returned(raw: bytes) -> Returned:
    """What the mail says became of another."""
    parts = parts_of(raw)
    return _feedback(parts) or read_dsn(parts) or _in_free_words(raw, parts)


def _feedback(parts: tuple[Part, ...]) -> Returned | None:
    """A complaint that a mailbox provider passes on (RFC 5965). Not all reports are one: `not-spam`, `auth-failure`."""
    part = next((each for each in parts if each.kind == "message/feedback-report"), None)
    if part is None:
        return None
    fields = headers_of(part.body.lstrip(b"\n"))
    kind = fields.get("feedback-type", ("",))[0].strip().lower()
    happening = Happening.COMPLAINT if kind in ("abuse", "opt-out") else Happening.UNCLEAR
    addresses = [address_of(each) for each in fields.get("original-rcpt-to", ())[:MOST_REPORTS]]
    reports = tuple(Reported(happening, each, words=cleaned(kind)) for each in addresses or [None])
    sender = address_of(fields.get("original-mail-from", ("",))[0])
    return Returned("feedback", reports, returned_ids(parts), envelope=sender)


def _in_free_words(raw: bytes, parts: tuple[Part, ...]) -> Returned:
    """Bounces of qmail, Exim, older Exchange and others that are by no standard."""
    start = b"\n".join(raw[:_READ_BY_LIBRARY].split(b"\n", _LINES_BY_LIBRARY)[:_LINES_BY_LIBRARY])
    soft, hard = _failures(start) if start.lower().count(b"boundary=") <= _MOST_BOUNDARIES else ((), ())
    reports = [*_reports(Happening.HARD, hard), *_reports(Happening.SOFT, soft)][:MOST_REPORTS]
    quoted = (each.decode("ascii") for each in _OURS.findall(raw[raw.find(b"\n\n") : _READ_BY_LIBRARY])[:MOST_REPORTS])
    ids = tuple(dict.fromkeys([*returned_ids(parts), *quoted]))
    return Returned("words", tuple(reports) or (Reported(Happening.UNCLEAR),), ids)


def _failures(raw: bytes) -> tuple[Collection[bytes], Collection[bytes]]:
    """Whom the library takes to have failed for now, and for good."""
    from flufl.bounce import all_failures  # here, in the thread that reads: its many patterns take a while to load

    try:
        return all_failures(email.message_from_bytes(raw))
    except Exception:  # it fails in many ways on what strangers write
        return (), ()


def _reports(happening: Happening, addresses: Collection[bytes]) -> list[Reported]:
    found = sorted(each.decode("utf-8", "replace") for each in addresses)
    return [Reported(happening, address) for each in found if (address := address_of(each))]
